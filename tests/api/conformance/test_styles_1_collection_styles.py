"""OGC API - Styles 1 (draft 20-009), Collection Styles: those that draw a collection."""

from documents import OGC, collections, get, hrefs
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-styles-1/1.0/conf/collection-styles"


def test_links(client: TestClient) -> None:
    """/req/collection-styles/link, op: from each collection to its styles"""
    for each in (*collections(client), *collections(client, "coverage")):
        [href] = hrefs(each, f"{OGC}styles", "application/json")
        assert href == f"/collections/{each['id']}/styles"
        body = get(client, href)
        assert body["default"] in [style["id"] for style in body["styles"]]


def test_they_draw_that_collection_alone(client: TestClient) -> None:
    for each in collections(client):
        for style in get(client, f"/collections/{each['id']}/styles")["styles"]:
            drawn = get(client, f"/collections/{each['id']}/styles/{style['id']}")
            sources = {layer.get("source-layer") for layer in drawn["layers"]}
            assert sources - {None} == {each["id"]}
    assert client.get("/collections/rivers/styles/nothing").status_code == 404
