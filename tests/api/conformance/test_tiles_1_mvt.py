"""OGC API - Tiles 1 (20-057), Mapbox Vector Tiles; and TileJSON, which leads MapLibre to them."""

import mapbox_vector_tile
import morecantile
import pytest
from documents import get
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt"

MVT = "application/vnd.mapbox-vector-tile"
QUAD = morecantile.tms.get("WebMercatorQuad")


@pytest.mark.parametrize("layer", ["places", "streets", "areas"])
def test_content(model: TestClient, layer: str) -> None:
    """/conf/mvt/content: MVT 2.1, its features at their place with their attributes"""
    found = QUAD.tile(112.025, 32.015, 9)
    path = f"/collections/{layer}/tiles/WebMercatorQuad/9/{found.y}/{found.x}"
    for query, accept in (({}, MVT), ({"f": "mvt"}, "*/*")):
        answer = model.get(path, params=query, headers={"Accept": accept}).raise_for_status()
        assert answer.headers["content-type"] == MVT
    [(name, drawn)] = mapbox_vector_tile.decode(answer.content).items()
    assert (name, drawn["version"], drawn["extent"]) == (layer, 2, 4096)
    items = get(model, f"/collections/{layer}/items", limit=100)["features"]
    told = {f["properties"]["code"]: f["properties"]["n"] for f in drawn["features"]}
    assert told == {f["id"]: f["properties"]["n"] for f in items}
    kinds = {"places": {"Point"}, "streets": {"LineString"}, "areas": {"Polygon"}}
    assert {f["geometry"]["type"] for f in drawn["features"]} == kinds[layer]


def test_other_formats_are_refused(model: TestClient) -> None:
    path = "/collections/places/tiles/WebMercatorQuad/0/0/0"
    assert model.get(path, params={"f": "png"}).status_code == 400
    assert model.get(path, headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize("path", ["/tiles", "/collections/areas/tiles"])
def test_tile_json(model: TestClient, path: str) -> None:
    """TileJSON 3.0: what it demands, and a template that leads to tiles"""
    answer = model.get(f"{path}/WebMercatorQuad", params={"f": "tilejson"}).raise_for_status()
    assert answer.headers["content-type"] == "application/vnd.mapbox.tilejson+json"
    body = answer.json()
    assert body["tilejson"] == "3.0.0"
    assert 0 <= body["minzoom"] <= body["maxzoom"] <= 30
    west, south, east, north = body["bounds"]
    assert -180 <= west < east <= 180
    assert -90 <= south < north <= 90
    for layer in body["vector_layers"]:
        assert layer["id"]
        assert set(layer["fields"].values()) <= {"String", "Number", "Boolean"}
    at = QUAD.tile((west + east) / 2, (south + north) / 2, 12)
    [template] = body["tiles"]
    href = template.format(z=12, x=at.x, y=at.y)
    assert mapbox_vector_tile.decode(model.get(href).raise_for_status().content)
