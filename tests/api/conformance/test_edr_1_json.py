"""OGC API - EDR 1.1 (19-086r6), JSON: documents of collections with data queries."""

from typing import Any

import jsonschema
from documents import JSON, get
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/json"

_PARAMETER: dict[str, Any] = {
    "type": "object",
    "required": ["type", "observedProperty"],
    "properties": {
        "type": {"const": "Parameter"},
        "observedProperty": {"type": "object", "required": ["label"]},
        "unit": {"type": "object", "required": ["symbol"]},
    },
}
_QUERY: dict[str, Any] = {
    "type": "object",
    "required": ["link"],
    "properties": {
        "link": {
            "type": "object",
            "required": ["href", "rel"],
            "properties": {
                "variables": {
                    "properties": {
                        "query_type": {"type": "string"},
                        "output_formats": {"type": "array", "items": {"type": "string"}},
                        "crs_details": {
                            "type": "array",
                            "items": {"required": ["crs", "wkt"]},
                        },
                    }
                }
            },
        }
    },
}
# What collection.yaml of the standard demands.
COLLECTION: dict[str, Any] = {
    "type": "object",
    "required": ["links", "id", "extent", "data_queries", "parameter_names"],
    "properties": {
        "extent": {"required": ["spatial"]},
        "data_queries": {"type": "object", "minProperties": 1, "additionalProperties": _QUERY},
        "parameter_names": {"type": "object", "additionalProperties": _PARAMETER},
        "output_formats": {"type": "array", "items": {"type": "string"}},
        "crs": {"type": "array", "items": {"type": "string"}},
    },
}


def test_definition(client: TestClient) -> None:
    """/conf/json/definition"""
    for path in ("/", "/conformance", "/collections", "/collections/hydro_stations"):
        answer = client.get(path, headers=JSON).raise_for_status()
        assert answer.headers["content-type"] == "application/json"


def test_content(client: TestClient) -> None:
    """/conf/json/content"""
    told = [each for each in get(client, "/collections")["collections"] if "data_queries" in each]
    assert [each["id"] for each in told] == ["hydro_stations"]
    for each in (*told, get(client, "/collections/hydro_stations")):
        jsonschema.validate(each, COLLECTION)
        for name, query in each["data_queries"].items():
            assert query["link"]["variables"]["query_type"] == name
            assert query["link"]["href"].endswith(f"/{name}")
