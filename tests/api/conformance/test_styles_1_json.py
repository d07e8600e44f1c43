"""OGC API - Styles 1 (draft 20-009), JSON: lists and metadata."""

from typing import Any

import jsonschema
import pytest
from documents import JSON
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-styles-1/1.0/conf/json"

_LINK = {"type": "object", "required": ["href", "rel"]}
_STYLES: dict[str, Any] = {
    "type": "object",
    "required": ["styles"],
    "properties": {
        "default": {"type": "string"},
        "styles": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "links"],
                "properties": {
                    "id": {"type": "string"},
                    "title": {"type": "string"},
                    "links": {"type": "array", "minItems": 1, "items": _LINK},
                },
            },
        },
    },
}
_METADATA: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string"},
        "title": {"type": ["string", "null"]},
        "stylesheets": {
            "type": "array",
            "items": {
                "required": ["link"],
                "properties": {"native": {"type": "boolean"}, "link": _LINK},
            },
        },
        "layers": {
            "type": "array",
            "items": {"required": ["id"], "properties": {"id": {"type": "string"}}},
        },
        "links": {"type": "array", "items": _LINK},
    },
}


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/styles", _STYLES),
        ("/collections/parcels/styles", _STYLES),
        ("/styles/parcels/metadata", _METADATA),
        ("/styles/one-map/metadata", _METADATA),
    ],
)
def test_content(client: TestClient, path: str, schema: dict[str, Any]) -> None:
    """/req/json/content, definition"""
    answer = client.get(path, headers=JSON).raise_for_status()
    assert answer.headers["content-type"] == "application/json"
    jsonschema.validate(answer.json(), schema)
