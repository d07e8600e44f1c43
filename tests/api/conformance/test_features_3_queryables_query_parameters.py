"""OGC API - Features 3 (19-079r2), Queryables as Query Parameters."""

from typing import Any

import pytest
from documents import collections, get, parameters, walk
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters"


def _simple(client: TestClient, name: str) -> dict[str, Any]:
    found = get(client, f"/collections/{name}/queryables")["properties"]
    return {
        each: schema
        for each, schema in found.items()
        if isinstance(schema.get("type"), str) and schema["type"] != "array"
    }


def test_parameters_are_described(client: TestClient) -> None:
    """/conf/queryables-query-parameters/query-param: each queryable of a simple type"""
    for each in collections(client):
        described = parameters(client, f"/collections/{each['id']}/items")
        for name, schema in _simple(client, each["id"]).items():
            assert described[name]["in"] == "query"
            assert described[name]["schema"]["type"] == schema["type"]


@pytest.mark.parametrize("layer", ["places", "streets", "areas"])
def test_parameters_select(model: TestClient, layer: str) -> None:
    """/conf/queryables-query-parameters/query-param: all with that value, and no other"""
    here = f"/collections/{layer}/items"
    every = walk(model, here, limit=1000)
    for name in _simple(model, layer):
        for value in {str(f["properties"].get(name)): None for f in every[:6]}:
            if value == "None":
                continue
            text = value.lower() if value in {"True", "False"} else value
            want = [f["id"] for f in every if str(f["properties"].get(name)) == value]
            found = walk(model, here, limit=1000, **{name: text})
            assert [f["id"] for f in found] == want, (name, text)


def test_several_are_and(model: TestClient) -> None:
    found = walk(model, "/collections/places/items", active="true", pop_min="920000")
    assert [f["properties"]["name"] for f in found] == ["kobenhavn"]


@pytest.mark.parametrize(
    "query", ["n=x", "share=many", "active=2", "founded=x", "start=soon", "nn=1"]
)
def test_values_of_another_type_are_refused(model: TestClient, query: str) -> None:
    assert model.get(f"/collections/places/items?{query}").status_code == 400
