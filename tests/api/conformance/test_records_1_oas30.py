"""OGC API - Records 1 (20-004r1), OpenAPI 3.0."""

from documents import api, parameters
from openapi_spec_validator import validate
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/oas30"

CATALOG = "/collections/catalog"


def test_oas_definition(client: TestClient) -> None:
    """/conf/oas30/oas-definition-1, -2"""
    validate(api(client))
    assert {CATALOG, f"{CATALOG}/items", f"{CATALOG}/items/{{recordId}}"} <= api(client)[
        "paths"
    ].keys()


def test_completeness(client: TestClient) -> None:
    """/conf/oas30/completeness: what is described is taken"""
    values = {
        "bbox": "112,31,113,33", "datetime": "2024-01-01/..", "limit": "1", "q": "宗地",
        "type": "dataset", "ids": "parcels", "externalIds": "parcel", "sortby": "id",
        "filter": "id = 'parcels'", "filter-lang": "cql2-text", "f": "json", "lang": "en",
        "filter-crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    }  # fmt: skip
    found = parameters(client, f"{CATALOG}/items")
    assert values.keys() <= found.keys()
    for name, value in values.items():
        assert client.get(f"{CATALOG}/items", params={name: value}).status_code == 200, name
    operation = api(client)["paths"][f"{CATALOG}/items"]["get"]
    assert "application/problem+json" in operation["responses"]["default"]["content"]
