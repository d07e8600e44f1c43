"""Coordinates in other CRSs, in the axis order registered for each; against pyproj."""

import numpy as np
import pyproj
import pytest
import shapely
from starlette.testclient import TestClient

ITEMS = "/collections/parcels/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


@pytest.mark.parametrize("number", [4490, 4326, 4258, 3857, 4546, 4547, 4525])
def test_items_in_another_crs(client: TestClient, number: int) -> None:
    plain = client.get(f"{ITEMS}?limit=5").json()["features"]
    answer = client.get(f"{ITEMS}?limit=5&crs={EPSG}{number}")
    assert answer.headers["content-crs"] == f"<{EPSG}{number}>"
    moved = answer.json()["features"]
    transformer = pyproj.Transformer.from_crs(4490, number)  # axis order as registered
    for before, after in zip(plain, moved, strict=True):
        lon, lat = shapely.get_coordinates(
            shapely.from_geojson(str(before["geometry"]).replace("'", '"'))
        ).T
        expected = np.column_stack(transformer.transform(lat, lon))
        found = shapely.get_coordinates(
            shapely.from_geojson(str(after["geometry"]).replace("'", '"'))
        )
        np.testing.assert_allclose(
            found, expected, rtol=0, atol=1e-3 if number > 4500 or number == 3857 else 2e-8
        )
        one = client.get(f"{ITEMS}/{after['id']}?crs={EPSG}{number}").json()
        assert one["geometry"] == after["geometry"]


@pytest.mark.parametrize("number", [4490, 3857, 4546, 4547])
def test_the_same_box_in_another_crs(client: TestClient, number: int) -> None:
    first = client.get(f"{ITEMS}?limit=1").json()["features"][0]
    west, south = first["geometry"]["coordinates"][0][0][:2]
    east, north = west + 0.004, south + 0.004
    plain = client.get(f"{ITEMS}?limit=1000&bbox={west},{south},{east},{north}").json()
    transformer = pyproj.Transformer.from_crs(4490, number)
    box = transformer.transform_bounds(south, west, north, east)
    moved = client.get(
        f"{ITEMS}?limit=1000&bbox={','.join(map(str, box))}&bbox-crs={EPSG}{number}"
    ).json()
    found = {f["id"] for f in moved["features"]}
    expected = {f["id"] for f in plain["features"]}
    assert found >= expected  # the other CRS's box holds ours, and is hardly larger
    assert len(found) <= len(expected) * 1.1 + 1


def test_an_unknown_crs_is_a_bad_question(client: TestClient) -> None:
    for name in ("crs", "bbox-crs"):
        answer = client.get(f"{ITEMS}?bbox=112,32,113,33&{name}={EPSG}27700")
        assert answer.status_code == 400
        assert name in answer.json()["detail"]


def test_the_collection_lists_its_crs(client: TestClient) -> None:
    body = client.get("/collections/parcels").json()
    assert body["crs"][0] == "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    assert {EPSG + n for n in ("4326", "4490", "4546", "4547")} <= set(body["crs"])
    assert body["storageCrs"] == EPSG + "4490"
