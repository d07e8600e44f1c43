"""OGC API - Common 1 (19-072), JSON."""

import jsonschema
import pytest
from documents import JSON
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json"

_LINK = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": {
        "href": {"type": "string", "pattern": "^http://testserver/|^https://"},
        "rel": {"type": "string"},
        "type": {"type": "string"},
        "title": {"type": "string"},
        "hreflang": {"type": "string"},
    },
}
_LANDING = {
    "type": "object",
    "required": ["links"],
    "properties": {
        "title": {"type": "string"},
        "description": {"type": "string"},
        "links": {"type": "array", "items": _LINK, "minItems": 1},
    },
}
_CONFORMANCE = {
    "type": "object",
    "required": ["conformsTo"],
    "properties": {"conformsTo": {"type": "array", "items": {"type": "string"}}},
}


@pytest.mark.parametrize(("path", "schema"), [("/", _LANDING), ("/conformance", _CONFORMANCE)])
def test_content(client: TestClient, path: str, schema: dict[str, object]) -> None:
    """/conf/json/content: the documents fit the schemas of the standard"""
    answer = client.get(path, headers=JSON).raise_for_status()
    assert answer.headers["content-type"] == "application/json"
    jsonschema.validate(answer.json(), schema)


@pytest.mark.parametrize("query", ["", "?f=json"])
@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/html;q=0.5,application/json"])
def test_definition(client: TestClient, query: str, accept: str) -> None:
    """/conf/json/definition: every resource can be had as JSON"""
    for path in ("/", "/conformance", "/collections", "/collections/parcels"):
        answer = client.get(path + query, headers={"Accept": accept}).raise_for_status()
        assert answer.headers["content-type"] == "application/json"
        assert isinstance(answer.json(), dict)
