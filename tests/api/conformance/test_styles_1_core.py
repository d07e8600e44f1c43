"""OGC API - Styles 1 (draft 20-009), Core: styles, their stylesheets and metadata."""

from documents import collections, get, hrefs
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-styles-1/1.0/conf/core"


def test_styles(client: TestClient) -> None:
    """/req/core/styles-op, styles-success: identifiers, titles, ways to stylesheet and metadata"""
    body = get(client, "/styles")
    ids = [each["id"] for each in body["styles"]]
    assert len(ids) == len(set(ids)) > 10
    assert body["default"] in ids
    for each in body["styles"]:
        assert each["title"]
        assert hrefs(each, "stylesheet")
        assert hrefs(each, "describedby") == [f"/styles/{each['id']}/metadata"]


def test_style(client: TestClient) -> None:
    """/req/core/style-op, style-success: as each of the media types that are linked"""
    for each in get(client, "/styles")["styles"]:
        for link in each["links"]:
            if link["rel"] == "stylesheet":
                answer = client.get(link["href"]).raise_for_status()
                assert answer.headers["content-type"] == link["type"]
    assert client.get("/styles/nothing").status_code == 404
    assert client.get("/styles/parcels", params={"f": "nothing"}).status_code == 400


def test_metadata(client: TestClient) -> None:
    """/req/core/style-md-op, style-md-success"""
    names = {each["id"] for each in collections(client)}
    for each in get(client, "/styles")["styles"]:
        told = get(client, f"/styles/{each['id']}/metadata")
        assert told["id"] == each["id"]
        kinds = {sheet["link"]["type"] for sheet in told["stylesheets"]}
        assert kinds == {link["type"] for link in each["links"] if link["rel"] == "stylesheet"}
        assert {layer["id"] for layer in told["layers"]} <= names | {"imagery"}
