"""OGC API - Common 3 (23-058r1), Schemas."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from documents import OGC, collections, get, hrefs
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/schemas"

_KEYWORDS = set(Draft202012Validator.META_SCHEMA["properties"]) | {
    "$schema", "$id", "type", "title", "description", "format", "properties", "items", "oneOf",
    "additionalProperties", "enum", "minimum", "maximum", "pattern", "required", "maxLength",
    "readOnly", "writeOnly",
}  # fmt: skip


@pytest.fixture(scope="module")
def schemas(client: TestClient, model: TestClient) -> list[tuple[TestClient, str, dict[str, Any]]]:
    """Every schema of every collection of features, where it is."""
    found = []
    for service in (client, model):
        for each in collections(service):
            for kind in ("schema", "queryables", "sortables"):
                [path] = hrefs(each, f"{OGC}{kind}")
                found.append((service, path, get(service, path)))
    return found


def _properties(schemas: list[tuple[Any, str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((f"{p}#{name}", each) for _, p, s in schemas for name, each in s["properties"].items())


def test_basic_schema_inspection(schemas: list[tuple[TestClient, str, dict[str, Any]]]) -> None:
    """/conf/schemas/basic-schema-inspection: the document"""
    for service, path, schema in schemas:
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["$id"] == f"http://testserver{path}"
        answer = service.get(schema["$id"], headers={"Accept": "application/schema+json"})
        assert (answer.status_code, answer.headers["content-type"]) == (
            200,
            "application/schema+json",
        )
        assert schema["type"] == "object"
        Draft202012Validator.check_schema(schema)
        assert all(name in _KEYWORDS or name.startswith("x-") for name in schema)


def test_properties(schemas: list[tuple[TestClient, str, dict[str, Any]]]) -> None:
    """/conf/schemas/basic-schema-inspection: each property has a type, or is a geometry"""
    for where, each in _properties(schemas):
        assert ("type" in each) != each.get("format", "").startswith("geometry-"), where
        assert "$ref" not in each
        assert all(name in _KEYWORDS or name.startswith("x-") for name in each), where
    formats = {each.get("format") for _, each in _properties(schemas)}
    assert {"date", "date-time", "geometry-point", "geometry-linestring", "double"} <= formats


def test_role_and_role_id(schemas: list[tuple[TestClient, str, dict[str, Any]]]) -> None:
    """/conf/schemas/role, role-id"""
    for _, path, schema in schemas:
        roles = [each.get("x-ogc-role") for each in schema["properties"].values()]
        assert all(role is None or isinstance(role, str) for role in roles)
        assert roles.count("id") == 1, path
    for where, each in _properties(schemas):
        if each.get("x-ogc-role") == "id":
            assert each["type"] in {"string", "integer"}, where


def test_property_seq_and_unit(schemas: list[tuple[TestClient, str, dict[str, Any]]]) -> None:
    """/conf/schemas/property-seq, unit"""
    units = set()
    for where, each in _properties(schemas):
        assert isinstance(each["x-ogc-propertySeq"], int)
        if "x-ogc-unit" in each:
            assert each["type"] in {"number", "integer"}, where
            units.add(each["x-ogc-unit"])
    assert units
    assert all(isinstance(unit, str) and unit.isascii() for unit in units)  # UCUM c/s


def test_features_fit_their_schema(client: TestClient, model: TestClient) -> None:
    """What is promised holds: features are valid against it, but for nulls."""
    for service in (client, model):
        for each in collections(service):
            schema = get(service, f"/collections/{each['id']}/schema")
            page = get(service, f"/collections/{each['id']}/items", limit=50)
            validator = Draft202012Validator(
                {**schema, "properties": {**schema["properties"]}},
                format_checker=jsonschema.FormatChecker(),
            )
            assert page["features"]
            for feature in page["features"]:
                members = {**feature["properties"], "geometry": feature["geometry"]}
                known = {name: value for name, value in members.items() if value is not None}
                validator.validate(known)
