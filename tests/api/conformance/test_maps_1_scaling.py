"""OGC API - Maps 1, class scaling: pixels, scale, and the shape of things."""

import math

import pictures
import pytest
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/scaling"
METRES = math.radians(6378137.0)  # of a degree


def test_width_and_height_are_pixels(client: TestClient) -> None:
    assert pictures.ask(client, bbox=pictures.CITY, width=300, height=100).size == (300, 100)


@pytest.mark.parametrize("side", ["width", "height"])
def test_the_other_side_keeps_the_shape_of_things(client: TestClient, side: str) -> None:
    picture = pictures.ask(client, bbox=pictures.CITY, **{side: 400})
    across = 0.02 * METRES * math.cos(math.radians(32.01))
    assert picture.size[0] / picture.size[1] == pytest.approx(across / (0.01 * METRES), rel=0.005)


def test_a_scale_tells_the_pixels_of_a_box(client: TestClient) -> None:
    """A pixel has 0.28 mm: at 1:10,000 it is 2.8 m of the ground."""
    picture = pictures.ask(client, bbox=pictures.CITY, scale_denominator=10_000)
    assert picture.size[1] == round(0.01 * METRES / 2.8)


def test_a_metre_of_web_mercator_is_not_one_of_the_ground(client: TestClient) -> None:
    picture = pictures.ask(
        client, crs=f"{pictures.EPSG}3857", bbox=pictures.CITY, scale_denominator=10_000
    )
    west, _, east, _ = picture.bbox
    metres = (east - west) * math.cos(math.radians(32.015))
    assert metres / picture.size[0] == pytest.approx(2.8, rel=0.005)


def test_what_does_not_fit_is_refused_by_its_name(client: TestClient) -> None:
    for name, value in (("width", "0"), ("width", "-5"), ("height", "1.5"), ("height", "x")):
        assert f"'{name}'" in pictures.refused(client, **{name: value})["detail"]
    for scale in ("0", "-1", "nan", "x"):
        problem = pictures.refused(client, scale_denominator=scale)
        assert "'scale-denominator'" in problem["detail"]
    both = pictures.refused(client, bbox=pictures.CITY, width=10, scale_denominator=1000)
    assert "'scale-denominator'" in both["detail"]


def test_the_limits_are_told_and_held(client: TestClient) -> None:
    limits = client.get("/api").json()["info"]["x-OGC-limits"]["maps"]
    for parameters in (
        {"width": limits["maxWidth"] + 1},
        {"height": 10**30},
        {"width": limits["maxWidth"], "height": limits["maxHeight"]},
        {"bbox": "0,0,90,80", "scale-denominator": 1},
    ):
        answer = client.get(pictures.PARCELS, params=parameters)
        assert answer.status_code == 413
        assert next(iter(parameters)) in answer.text or "scale-denominator" in answer.text
