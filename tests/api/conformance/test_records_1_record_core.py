"""OGC API - Records 1 (20-004r1), Record Core: what every record says."""

import jsonschema
from documents import get, walk
from starlette.testclient import TestClient
from test_records import RECORD

CLASS = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core"

ITEMS = "/collections/catalog/items"


def test_properties(client: TestClient) -> None:
    """/conf/record-core/mandatory-properties-record, types"""
    records = walk(client, ITEMS, limit=50)
    assert len(records) > 20
    assert len({record["id"] for record in records}) == len(records)
    for record in records:
        jsonschema.validate(record, RECORD)


def test_links_and_themes(client: TestClient) -> None:
    """/conf/record-core/links, themes, time: links lead somewhere, intervals are in order"""
    for name in ("parcels", "imagery", "element.parcel", "service.api"):
        record = get(client, f"{ITEMS}/{name}")
        for link in record["links"]:
            if not link.get("templated") and link["href"].startswith("http://testserver"):
                assert client.get(link["href"]).status_code == 200, link
        time = record["time"] or {"interval": ["..", ".."]}
        begin, end = time["interval"]
        assert ".." in {begin, end} or begin <= end
