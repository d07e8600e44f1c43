"""OGC API - Maps 1, class spatial-subsetting: boxes, subsets and middles, and their CRSs."""

import numpy as np
import pictures
import pytest
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/spatial-subsetting"
EPSG = pictures.EPSG
SIZE = {"width": 200, "height": 100}


def same(one: pictures.Picture, other: pictures.Picture) -> bool:
    return one.answer.content == other.answer.content


@pytest.mark.parametrize(
    "place",
    [
        {"bbox": "32.01,112.13,32.02,112.15", "bbox-crs": f"{EPSG}4490"},
        {"bbox": "32.01,112.13,32.02,112.15", "bbox-crs": "[EPSG:4326]"},
        {"bbox": "112.13,32.01,0,112.15,32.02,9"},
        {"bbox": pictures.CITY, "bbox-crs": "[OGC:CRS84]"},
        {"subset": "Lat(32.01:32.02),Lon(112.13:112.15)"},
        {"subset": ["lon(112.13:112.15)", "lat(32.01:32.02)"]},
        {"subset": "Lat(32.01:32.02),Lon(112.13:112.15)", "subset-crs": f"{EPSG}4490"},
    ],
)
def test_one_box_in_many_words(client: TestClient, place: dict[str, str]) -> None:
    plain = pictures.ask(client, bbox=pictures.CITY, **SIZE)
    assert plain.drawn.any()
    assert same(pictures.read(client.get(pictures.PARCELS, params={**SIZE, **place})), plain)


def test_a_box_in_metres(client: TestClient) -> None:
    """X of a Gauss-Kruger zone is its northing, as it is registered; E and N say it plainly."""
    crs = f"{EPSG}4546"
    for place in (
        {"bbox": "3540000,604000,3542000,608000", "bbox-crs": crs},
        {"subset": "X(3540000:3542000),Y(604000:608000)", "subset-crs": crs},
        {"subset": "E(604000:608000),N(3540000:3542000)", "subset-crs": crs},
        {"center": "3541000,606000", "center-crs": crs, "scale-denominator": 20 / 0.00028},
    ):
        picture = pictures.read(client.get(pictures.PARCELS, params={"crs": crs, **SIZE, **place}))
        assert picture.bbox == pytest.approx((3_540_000, 604_000, 3_542_000, 608_000))


def test_a_middle_and_a_scale(client: TestClient) -> None:
    picture = pictures.ask(client, center="112.14,32.015", scale_denominator=10_000, **SIZE)
    south, west, north, east = picture.bbox
    assert ((west + east) / 2, (south + north) / 2) == pytest.approx((112.14, 32.015))
    assert (north - south) * 111_319.49 == pytest.approx(100 * 2.8, rel=1e-4)


def test_open_ends_are_those_of_the_data(client: TestClient) -> None:
    whole = pictures.ask(client, width=100)
    half = pictures.ask(client, subset="Lat(32.01:*)", width=100)
    assert half.bbox == pytest.approx((32.01, *whole.bbox[1:]))


def test_across_the_antimeridian(client: TestClient) -> None:
    """Two halves of the world side by side; China stands right of the Americas."""
    picture = pictures.ask(
        client, "/collections/divisions/map", bbox="-90,-80,-100,80", width=700, crs="[OGC:CRS84]"
    )
    assert picture.bbox == (-90, -80, -100, 80)
    columns = np.flatnonzero(picture.drawn.any(axis=0))
    assert columns.size
    assert columns.mean() == pytest.approx(700 * (112 + 90) / 350, abs=3)
    east = pictures.ask(
        client, "/collections/divisions/map", subset="Lon(100:-100),Lat(-80:80)", width=320
    )
    assert np.flatnonzero(east.drawn.any(axis=0)).mean() == pytest.approx(320 * 12 / 160, abs=3)


def test_what_lies_outside_of_the_world_has_no_map(client: TestClient) -> None:
    for subset in ("Lat(91:95)", "Lon(200:210)"):
        answer = client.get(pictures.PARCELS, params={"subset": subset})
        assert answer.status_code == 204


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("bbox", {"bbox": "112,32,113"}),
        ("bbox", {"bbox": "112,33,113,32"}),
        ("bbox", {"bbox": "112,32,112,33"}),
        ("bbox", {"bbox": "112,32,113,nan"}),
        ("bbox", {"bbox": "604000,3540000,600000,3542000", "bbox-crs": f"{EPSG}3857"}),
        ("bbox-crs", {"bbox": pictures.CITY, "bbox-crs": f"{EPSG}27700"}),
        ("subset", {"subset": "Lat(31)"}),
        ("subset", {"subset": "x(1:2)"}),
        ("subset", {"subset": "Lat(31:32),Lat(31:32)"}),
        ("subset", {"subset": "Lat 31"}),
        ("subset", {"subset": "Lat(32:31)"}),
        ("subset", {"subset": "Lat(a:b)"}),
        ("subset", {"subset": "Lat(31:32)", "bbox": pictures.CITY}),
        ("center", {"center": "112.1,32.1", "bbox": pictures.CITY}),
        ("center", {"center": "112.1"}),
        ("center", {"center": "1e300,1", "center-crs": f"{EPSG}4547"}),
        ("bbox", {"bbox": "-1e300,0,1e300,1", "bbox-crs": f"{EPSG}3857"}),
        ("scale-denominator", {"crs": f"{EPSG}3857", "center": "1,1", "scale-denominator": "1e12"}),
        ("center", {"center": "32.1,112.1"}),
    ],
)
def test_places_that_are_none_are_refused(
    client: TestClient, name: str, place: dict[str, str]
) -> None:
    answer = client.get(pictures.PARCELS, params=place)
    assert answer.status_code == 400
    assert f"'{name}'" in answer.json()["detail"]
