"""OGC API - Common 2 (20-024), HTML: pages of collections."""

from documents import collections, html
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/html"


def test_definition(client: TestClient) -> None:
    """/conf/html/definition"""
    for each in collections(client, None):
        html(client, f"/collections/{each['id']}")
    html(client, "/collections")


def test_content(client: TestClient) -> None:
    """/conf/html/content: titles in the body, and a way to each collection and its items"""
    addresses, words = html(client, "/collections")
    below = {each.removeprefix("http://testserver").partition("?")[0] for each in addresses}
    for each in collections(client):
        assert each["title"] in words
        assert f"/collections/{each['id']}" in below
        own, said = html(client, f"/collections/{each['id']}")
        assert each["title"] in said
        assert any(href.partition("?")[0].endswith("/items") for href in own)
