"""OGC API - Tiles 1 (20-057), Dataset Tilesets."""

import mapbox_vector_tile
import morecantile
from documents import OGC, collections, get, hrefs
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/dataset-tilesets"


def test_landingpage(client: TestClient) -> None:
    """/conf/dataset-tilesets/landingpage"""
    [href] = hrefs(get(client, "/"), f"{OGC}tilesets-vector", "application/json")
    assert href == "/tiles"
    [schemes] = hrefs(get(client, "/"), f"{OGC}tiling-schemes", "application/json")
    assert len(get(client, schemes)["tileMatrixSets"]) >= 3


def test_operation(client: TestClient) -> None:
    """/conf/dataset-tilesets/operation: a tile has a layer of each collection that is there"""
    names = {each["id"] for each in collections(client)}
    for each in get(client, "/tiles")["tilesets"]:
        assert {layer["id"] for layer in each["layers"]} == names
    found = morecantile.tms.get("WebMercatorQuad").tile(112.145, 32.012, 12)
    body = client.get(f"/tiles/WebMercatorQuad/12/{found.y}/{found.x}").raise_for_status().content
    assert {"parcels", "buildings", "divisions"} <= set(mapbox_vector_tile.decode(body)) <= names
