"""OGC API - Common 1 (19-072), HTML."""

import pytest
from documents import get, html
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/html"


@pytest.mark.parametrize("path", ["/", "/conformance", "/api", "/collections"])
def test_definition(client: TestClient, path: str) -> None:
    """/conf/html/definition: every resource can be had as HTML, by Accept and by `f`"""
    html(client, path)
    named = client.get(path, params={"f": "html"}, headers={"Accept": "application/json"})
    assert named.raise_for_status().headers["content-type"] == "text/html; charset=utf-8"


def test_content(client: TestClient) -> None:
    """/conf/html/content: what the JSON says is in the body, links can be followed"""
    addresses, words = html(client, "/")
    landing = get(client, "/")
    assert landing["title"] in words
    assert landing["description"] in words
    below = {each.removeprefix("http://testserver").partition("?")[0] for each in addresses}
    assert {"/conformance", "/collections", "/api"} <= below
    _, said = html(client, "/conformance")
    assert all(uri in said for uri in get(client, "/conformance")["conformsTo"])
