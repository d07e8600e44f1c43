"""OGC API - Records 1 (20-004r1), Record Collection: what the catalogue says of itself."""

from documents import CRS84, get, hrefs
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-collection"


def test_mandatory_properties(client: TestClient) -> None:
    """/conf/record-collection/mandatory-properties-record-collection"""
    body = get(client, "/collections/catalog")
    assert (body["id"], body["itemType"]) == ("catalog", "record")
    assert {"title", "description", "language", "languages", "recordLanguages"} <= body.keys()
    assert {each["code"] for each in body["languages"]} == {"zh", "en"}
    assert body["crs"] == [CRS84]


def test_links(client: TestClient) -> None:
    """/conf/record-collection/links: to itself in its formats, and to its records"""
    body = get(client, "/collections/catalog")
    for rel, kind in (
        ("self", "application/json"),
        ("alternate", "text/html"),
        ("items", "application/geo+json"),
    ):
        for href in hrefs(body, rel, kind):
            assert client.get(href).headers["content-type"].startswith(kind)
        assert hrefs(body, rel, kind)


def test_extent(client: TestClient) -> None:
    west, south, east, north = get(client, "/collections/catalog")["extent"]["spatial"]["bbox"][0]
    for name in ("parcels", "divisions", "imagery"):
        box = get(client, f"/collections/{name}")["extent"]["spatial"]["bbox"][0]
        assert west <= box[0]
        assert south <= box[1]
        assert box[2] <= east
        assert box[3] <= north
