"""OGC API - Features 1 (17-069r4), HTML."""

from documents import collections, get, html
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html"


def test_definition(client: TestClient) -> None:
    """/conf/html/definition: every resource of Features"""
    for each in collections(client):
        here = f"/collections/{each['id']}"
        [first] = get(client, f"{here}/items", limit=1)["features"]
        for path in (here, f"{here}/items", f"{here}/items/{first['id']}"):
            html(client, path)


def test_content(client: TestClient) -> None:
    """/conf/html/content: the properties are in the body, `next` and the items can be followed"""
    page = get(client, "/collections/parcels/items", limit=3)
    addresses, words = html(client, "/collections/parcels/items?limit=3")
    for feature in page["features"]:
        assert str(feature["properties"]["parcel_code"]) in words
        assert any(f"/items/{feature['id']}" in href for href in addresses)
    assert any("token=" in href for href in addresses)
    [first, *_] = page["features"]
    _, said = html(client, f"/collections/parcels/items/{first['id']}")
    known = [str(v) for v in first["properties"].values() if isinstance(v, str)]
    assert all(value in said for value in known)
