"""OGC API - Records 1 (20-004r1), Sorting: what `sortby` of records may name, and does."""

from typing import Any

import pytest
from documents import get, parameters, walk
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/sorting"

ITEMS = "/collections/catalog/items"


def _value(record: dict[str, Any], name: str) -> Any:
    return record["id"] if name == "id" else record["properties"].get(name)


def test_param_sortby_definition(client: TestClient) -> None:
    """/conf/sorting/param-sortby-definition, sortables"""
    one = parameters(client, ITEMS)["sortby"]
    assert one["in"] == "query"
    answer = client.get("/collections/catalog/sortables").raise_for_status()
    assert answer.headers["content-type"] == "application/schema+json"
    Draft202012Validator.check_schema(answer.json())


@pytest.mark.parametrize("name", ["id", "title", "updated", "type", "grade"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_param_sortby_response(client: TestClient, name: str, sign: str) -> None:
    """/conf/sorting/param-sortby-response"""
    assert name in get(client, "/collections/catalog/sortables")["properties"]
    values = [_value(record, name) for record in walk(client, ITEMS, sortby=f"{sign}{name}")]
    known = [each for each in values if each is not None]
    assert len(known) > 3
    if name != "grade":  # which has an order of its own
        assert known == sorted(known, reverse=sign == "-")
    none = [None] * (len(values) - len(known))
    assert values in ([*known, *none], [*none, *known])


def test_what_is_no_sortable_is_refused(client: TestClient) -> None:
    assert client.get(ITEMS, params={"sortby": "this_is_not_a_sortable"}).status_code == 400
