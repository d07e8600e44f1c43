"""OGC API - Styles 1 (draft 20-009), HTML: pages of styles."""

from documents import get, html
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-styles-1/1.0/conf/html"


def test_list(client: TestClient) -> None:
    """/req/html/content: titles, and ways to each style"""
    addresses, words = html(client, "/styles")
    for each in get(client, "/styles")["styles"]:
        assert each["title"] in words
        assert any(f"/styles/{each['id']}" in href for href in addresses)


def test_style(client: TestClient) -> None:
    """/req/html/definition: every style"""
    for each in get(client, "/styles")["styles"]:
        _, words = html(client, f"/styles/{each['id']}")
        assert each["title"] in words
    html(client, "/collections/parcels/styles")
