"""OGC API - Features 1 (17-069r4), OpenAPI 3.0."""

from documents import api, collections, parameters
from openapi_spec_validator import validate
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30"


def test_oas_definition(client: TestClient) -> None:
    """/conf/oas30/oas-definition-1, -2, oas-impl"""
    validate(api(client))
    for each in collections(client):
        here = f"/collections/{each['id']}"
        assert {here, f"{here}/items", f"{here}/items/{{featureId}}"} <= api(client)["paths"].keys()


def test_completeness(client: TestClient) -> None:
    """/conf/oas30/completeness: each parameter that is described is taken, and no other"""
    values = {
        "bbox": "112,31,113,33", "limit": "1", "datetime": "2999-01-01", "f": "json", "lang": "en",
        "crs": "http://www.opengis.net/def/crs/EPSG/0/4490", "filter": "code IS NOT NULL",
        "bbox-crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84", "filter-lang": "cql2-text",
        "filter-crs": "http://www.opengis.net/def/crs/EPSG/0/4490", "sortby": "code",
        "token": "420602990101000000001", "properties": "code",
    }  # fmt: skip
    for each in collections(client):
        here = f"/collections/{each['id']}/items"
        for name, one in parameters(client, here).items():
            kinds = {"integer": "1", "number": "1.5", "boolean": "true"}
            formats = {"date": "2020-01-01", "date-time": "2020-01-01T00:00:00Z"}
            schema = one["schema"]
            plain = formats.get(schema.get("format", ""), kinds.get(schema.get("type", ""), "x"))
            answer = client.get(here, params={name: values.get(name, plain)})
            assert answer.status_code == 200, (here, name, answer.text)


def test_exception_codes_and_security(client: TestClient) -> None:
    """/conf/oas30/exception-codes, security"""
    for each in collections(client):
        operation = api(client)["paths"][f"/collections/{each['id']}/items"]["get"]
        assert "application/geo+json" in operation["responses"]["200"]["content"]
        assert "application/problem+json" in operation["responses"]["default"]["content"]
        assert "security" not in operation
