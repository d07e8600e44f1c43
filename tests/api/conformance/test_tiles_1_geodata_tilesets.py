"""OGC API - Tiles 1 (20-057), GeoData Tilesets: those of a collection."""

from documents import OGC, collections, get, hrefs
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets"


def test_desc_links(client: TestClient) -> None:
    """/conf/geodata-tilesets/desc-links"""
    for kind, item_type in (("vector", "feature"), ("map", "coverage")):
        found = collections(client, item_type)
        assert found
        for each in found:
            [href] = hrefs(each, f"{OGC}tilesets-{kind}", "application/json")
            assert href.endswith("/tiles")
            assert get(client, href)["tilesets"]


def test_operation(client: TestClient) -> None:
    """/conf/geodata-tilesets/operation: …/tiles of each, about that collection alone"""
    for each in collections(client):
        for tileset in get(client, f"/collections/{each['id']}/tiles")["tilesets"]:
            assert [layer["id"] for layer in tileset["layers"]] == [each["id"]]
            assert tileset["title"] == each["title"]
