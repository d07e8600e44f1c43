"""OGC API - Tiles 1 (20-057), OpenAPI Specification 3.0."""

from documents import api, collections, described, get, hrefs, parameters
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/oas30"


def test_completeness(client: TestClient) -> None:
    """/conf/oas30/completeness"""
    ways = ["/tiles"]
    ways += [f"/collections/{each['id']}/tiles" for each in collections(client)]
    ways += [f"/collections/{each['id']}/map/tiles" for each in collections(client, "coverage")]
    for path in ways:
        for tileset in get(client, path)["tilesets"]:
            for href in hrefs(tileset, "self"):
                assert described(client, href)
                for template in hrefs(get(client, href), "item"):
                    assert described(client, template.replace("{", "").replace("}", ""))
        tile = f"{path}/{{tileMatrixSetId}}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
        found = parameters(client, tile)
        assert {"tileMatrixSetId", "tileMatrix", "tileRow", "tileCol", "datetime"} <= found.keys()


def test_operation_id(client: TestClient) -> None:
    """/conf/oas30/operation-id: the endings of Table 11"""
    ids = [
        operation["operationId"]
        for methods in api(client)["paths"].values()
        for operation in methods.values()
    ]
    assert len(ids) == len(set(ids))
    for ending in (
        *(f".dataset.vector.{each}" for each in ("getTileSetsList", "getTileSet", "getTile")),
        *(f".collection.vector.{each}" for each in ("getTileSetsList", "getTileSet", "getTile")),
        *(f".collection.map.{each}" for each in ("getTileSetsList", "getTileSet", "getTile")),
        *("getTileMatrixSetsList", "getTileMatrixSet", "getLandingPage", "getConformance"),
        *("getCollectionsList", "getAPI"),
    ):
        assert any(each.endswith(ending) for each in ids), ending
