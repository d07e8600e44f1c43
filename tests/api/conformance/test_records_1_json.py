"""OGC API - Records 1 (20-004r1), JSON: records as GeoJSON."""

import jsonschema
from documents import get
from starlette.testclient import TestClient
from test_records import RECORD

CLASS = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/json"

ITEMS = "/collections/catalog/items"


def test_record_response(client: TestClient) -> None:
    """/conf/json/record-response, record-content: recordGeoJSON.yaml"""
    records = get(client, ITEMS, limit=1000)["features"]
    for record in {each["properties"]["type"]: each for each in records}.values():
        answer = client.get(f"{ITEMS}/{record['id']}", headers={"Accept": "application/geo+json"})
        assert answer.raise_for_status().headers["content-type"] == "application/geo+json"
        jsonschema.validate(answer.json(), RECORD)


def test_collection_response(client: TestClient) -> None:
    """/conf/json/collection-response, catalog-response"""
    page = client.get(ITEMS, headers={"Accept": "application/geo+json"}).raise_for_status()
    assert page.headers["content-type"] == "application/geo+json"
    assert page.json()["type"] == "FeatureCollection"
    catalog = client.get("/collections/catalog", headers={"Accept": "application/json"})
    assert catalog.headers["content-type"] == "application/json"
