"""OGC API - Maps 1, class crs: maps in the CRSs of the collections, in their axis order."""

import numpy as np
import pictures
import pyproj
import pytest
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/crs"


@pytest.mark.parametrize("number", [4490, 4326, 4258, 3857, 4546, 4547])
def test_the_box_is_in_the_crs_and_its_axis_order(client: TestClient, number: int) -> None:
    uri = f"{pictures.EPSG}{number}"
    picture = pictures.ask(client, bbox=pictures.CITY, crs=uri, width=100)
    assert picture.crs == uri
    to = pyproj.Transformer.from_crs(4490, number)  # axes as they are registered
    corner = to.transform(32.01, 112.13)
    assert picture.bbox[:2] == pytest.approx(corner, abs=0.0003 if number < 4500 else 400)
    assert picture.drawn.any()


def test_the_ground_is_where_the_crs_has_it(client: TestClient) -> None:
    """A station, whose place is known, is drawn around the pixel of its coordinates."""
    items = client.get("/collections/hydro_stations/items?limit=100").json()["features"]
    x, y = min(item["geometry"]["coordinates"] for item in items)  # the one in the west, alone
    for number in (4490, 3857, 4547):
        picture = pictures.ask(
            client,
            "/collections/hydro_stations/map",
            bbox=f"{x - 0.02},{y - 0.03},{x + 0.04},{y + 0.01}",
            crs=f"{pictures.EPSG}{number}",
            width=300,
        )
        to = pyproj.Transformer.from_crs(4490, number, always_xy=True)
        east, north = to.transform(x, y)
        box = picture.bbox if number == 3857 else [picture.bbox[i] for i in (1, 0, 3, 2)]
        column = (east - box[0]) / (box[2] - box[0]) * picture.size[0]
        row = (box[3] - north) / (box[3] - box[1]) * picture.size[1]
        opaque = picture.pixels[..., 3] == 255
        rows, columns = np.nonzero(opaque)
        near = (np.abs(rows - row) < 9) & (np.abs(columns - column) < 9)
        assert near.sum() > 40
        assert columns[near].mean() + 0.5 == pytest.approx(column, abs=0.8)
        assert rows[near].mean() + 0.5 == pytest.approx(row, abs=0.8)


@pytest.mark.parametrize(
    ("number", "box"),
    [(4546, "3540000,604000,3542000,608000"), (3857, "12480000,3762000,12482000,3763000")],
)
def test_a_box_in_the_crs_of_the_map_is_drawn_as_it_is(
    client: TestClient, number: int, box: str
) -> None:
    uri = f"{pictures.EPSG}{number}"
    picture = pictures.ask(client, bbox=box, bbox_crs=uri, crs=uri, width=100)
    assert picture.answer.headers["content-bbox"] == box


def test_a_map_wider_than_the_world_tells_how_wide(client: TestClient) -> None:
    picture = pictures.ask(client, width=4096, height=1, crs="[OGC:CRS84]")
    west, _, east, _ = picture.bbox
    assert east - west > 360


def test_what_reaches_too_far_is_told_by_what_makes_it(client: TestClient) -> None:
    far = f"{pictures.EPSG}4534"  # of 75 degrees east
    assert "'crs'" in pictures.refused(client, crs=far)["detail"]
    around = {"center": "112.14,32.02", "width": 9}
    assert "'center'" in pictures.refused(client, crs=far, **around)["detail"]
    assert (
        "'scale-denominator'"
        in pictures.refused(client, crs=far, **around, **{"scale-denominator": 1e4})["detail"]
    )


def test_other_crss_are_refused(client: TestClient) -> None:
    for uri in (f"{pictures.EPSG}27700", "nowhere"):
        assert "'crs'" in pictures.refused(client, crs=uri)["detail"]


def test_a_box_where_the_crs_may_not_be_used_is_refused(client: TestClient) -> None:
    problem = pictures.refused(client, bbox="-180,-90,180,90", crs=f"{pictures.EPSG}4547")
    assert "'bbox'" in problem["detail"]
