"""Vector tiles over HTTP, read by another decoder and held against the items."""

import math
from typing import Any

import mapbox_vector_tile
import morecantile
import pytest
import shapely
from starlette.testclient import TestClient

QUAD = morecantile.tms.get("WebMercatorQuad")
HERE = "/collections/parcels/tiles/WebMercatorQuad"
Z = 15


@pytest.fixture(scope="module", params=[12, 13, Z])
def tile(request: pytest.FixtureRequest) -> morecantile.Tile:
    """Of levels that are drawn projected (12) and straight (13, 15)."""
    return QUAD.tile(112.145, 32.012, request.param)


@pytest.fixture(scope="module")
def features(client: TestClient, tile: morecantile.Tile) -> list[dict[str, Any]]:
    answer = client.get(f"{HERE}/{tile.z}/{tile.y}/{tile.x}").raise_for_status()
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    decoded = mapbox_vector_tile.decode(answer.content, default_options={"y_coord_down": True})
    assert list(decoded) == ["parcels"]
    return list(decoded["parcels"]["features"])


def items(client: TestClient, tile: morecantile.Tile, margin: float) -> dict[str, Any]:
    """Items in the box of the tile widened by a share of its size, by code."""
    west, south, east, north = QUAD.bounds(tile)
    x, y = margin * (east - west), margin * (north - south)
    box = f"{west - x},{south - y},{east + x},{north + y}"
    page = client.get(f"/collections/parcels/items?limit=10000&bbox={box}").json()
    return {feature["id"]: feature for feature in page["features"]}


def test_a_tile_has_the_items_of_its_box(
    client: TestClient, tile: morecantile.Tile, features: list[dict[str, Any]]
) -> None:
    found = {feature["properties"]["code"] for feature in features}
    assert set(items(client, tile, -0.001)) <= found <= set(items(client, tile, 0.02))
    assert len(found) > 50


def test_attributes_are_the_items_own(
    client: TestClient, tile: morecantile.Tile, features: list[dict[str, Any]]
) -> None:
    by_code = items(client, tile, 0.02)
    for feature in features:
        said = feature["properties"]
        expected = by_code[said["code"]]["properties"]
        assert {"parcel_code", "landuse", "area_m2"} <= set(said)
        assert all(expected[name] == value for name, value in said.items())


def test_shapes_lie_where_the_items_lie(
    client: TestClient, tile: morecantile.Tile, features: list[dict[str, Any]]
) -> None:
    """Within a unit of the tile, 30 cm at level 15."""
    bounds = QUAD.xy_bounds(tile)
    unit = (bounds.right - bounds.left) / 4096
    by_code = items(client, tile, 0.02)
    inside = shapely.box(*bounds).buffer(-20 * unit)
    checked = 0
    for feature in features:
        corners = shapely.get_coordinates(shapely.geometry.shape(feature["geometry"]))
        corners = corners * [unit, -unit] + [bounds.left, bounds.top]
        whole = shapely.geometry.shape(by_code[feature["properties"]["code"]]["geometry"])
        mercator = shapely.transform(whole, _mercator)
        if mercator.within(inside):
            distances = shapely.distance(shapely.points(corners), mercator.exterior)
            assert distances.max() <= unit
            checked += 1
    assert checked > 20


def _mercator(lonlat: Any) -> Any:
    moved = lonlat.copy()
    moved[:, 0] = [6378137 * math.radians(lon) for lon in lonlat[:, 0]]
    moved[:, 1] = [6378137 * math.asinh(math.tan(math.radians(lat))) for lat in lonlat[:, 1]]
    return moved


def test_tiles_of_nothing_and_no_tiles(client: TestClient) -> None:
    for path in ("0/1/0", "3/8/0", "25/0/0", f"{Z}/0/0"):
        answer = client.get(f"{HERE}/{path}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_tilesets_lead_to_tiles(client: TestClient, tile: morecantile.Tile) -> None:
    listed = client.get("/collections/parcels/tiles").raise_for_status().json()["tilesets"]
    whole = client.get(listed[0]["links"][0]["href"]).raise_for_status().json()
    template = next(link for link in whole["links"] if link["rel"] == "item")
    href = template["href"].replace("{tileMatrix}", str(tile.z))
    href = href.replace("{tileRow}", str(tile.y)).replace("{tileCol}", str(tile.x))
    assert client.get(href).status_code == 200
    assert whole["dataType"] == "vector"
