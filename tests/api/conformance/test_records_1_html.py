"""OGC API - Records 1 (20-004r1), HTML: pages of the catalogue and its records."""

from documents import get, html
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/html"

ITEMS = "/collections/catalog/items"


def test_definition(client: TestClient) -> None:
    """/conf/html/definition"""
    records = get(client, ITEMS, limit=20)["features"]
    paths = (f"{ITEMS}/{record['id']}" for record in records)
    for path in ("/collections/catalog", ITEMS, *paths):
        html(client, path)


def test_content(client: TestClient) -> None:
    """/conf/html/content"""
    addresses, words = html(client, f"{ITEMS}?q=宗地")
    for record in get(client, ITEMS, q="宗地")["features"]:
        assert record["properties"]["title"] in words
        assert any(f"{ITEMS}/{record['id']}" in href for href in addresses)
