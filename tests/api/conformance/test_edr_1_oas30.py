"""OGC API - EDR 1.1 (19-086r6), OpenAPI 3.0: the queries and their parameters."""

import pytest
from documents import api, collections, described, parameters
from openapi_spec_validator import validate
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/oas30"

STATIONS = "/collections/hydro_stations"
COMMON = ("parameter-name", "datetime", "crs", "f")
QUERIES = {
    "locations": COMMON,
    "locations/{locationId}": COMMON,
    "position": ("coords", *COMMON),
}


def test_oas_definition(client: TestClient) -> None:
    """/conf/oas30/oas-definition-1, -2, oas-impl"""
    validate(api(client))
    for each in collections(client):
        for query in each.get("data_queries", {}).values():
            assert described(client, query["link"]["href"].removeprefix("http://testserver"))


@pytest.mark.parametrize("query", QUERIES)
def test_completeness(client: TestClient, query: str) -> None:
    """/conf/oas30/completeness; /conf/edr/rc-coords-definition and the others of a query"""
    found = parameters(client, f"{STATIONS}/{query}")
    for name in QUERIES[query]:
        assert found[name]["in"] == "query"
        assert found[name].get("required", False) is (name == "coords")
        assert found[name]["schema"]["type"] in {"string", "array"}


def test_exception_codes(client: TestClient) -> None:
    """/conf/oas30/exception-codes"""
    for query in QUERIES:
        told = api(client)["paths"][f"{STATIONS}/{query}"]["get"]["responses"]
        assert "application/problem+json" in told["default"]["content"]
