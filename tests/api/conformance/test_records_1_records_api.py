"""OGC API - Records 1 (20-004r1), Records API: where the records are."""

from documents import get, hrefs
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/records-api"

ITEMS = "/collections/catalog/items"


def test_records_access(client: TestClient) -> None:
    """/conf/records-api/mediatype, record-collections, records, record"""
    listed = get(client, "/collections")["collections"]
    assert [each["id"] for each in listed if each["itemType"] == "record"] == ["catalog"]
    page = client.get(ITEMS).raise_for_status()
    assert page.headers["content-type"] == "application/geo+json"
    body = page.json()
    assert body["type"] == "FeatureCollection"
    assert {"numberMatched", "numberReturned", "links"} <= body.keys()
    for record in body["features"]:
        alone = client.get(f"{ITEMS}/{record['id']}").raise_for_status()
        assert alone.headers["content-type"] == "application/geo+json"
        assert alone.json()["properties"] == record["properties"]
        assert hrefs(alone.json(), "collection") == ["/collections/catalog"]
    assert client.get(f"{ITEMS}/nothing").status_code == 404


def test_conformance_and_links(client: TestClient) -> None:
    """/conf/records-api/conformance, landing-page"""
    assert CLASS in get(client, "/conformance")["conformsTo"]
    catalog = "http://www.opengis.net/def/rel/ogc/1.0/ogc-catalog"
    assert hrefs(get(client, "/"), catalog) == [ITEMS]
