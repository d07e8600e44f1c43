"""OGC API - Common 2 (20-024), JSON: documents of collections."""

from typing import Any

import jsonschema
from documents import JSON, collections
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/json"

_TIME = {"type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
COLLECTION: dict[str, Any] = {
    "type": "object",
    "required": ["id", "links"],
    "properties": {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "itemType": {"type": "string"},
        "crs": {"type": "array", "items": {"type": "string", "format": "uri"}},
        "links": {"type": "array", "items": {"required": ["href", "rel"]}},
        "extent": {
            "properties": {
                "spatial": {
                    "properties": {
                        "bbox": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "array", "minItems": 4, "maxItems": 4,
                                      "items": {"type": "number"}},
                        }
                    }
                },
                "temporal": {
                    "properties": {
                        "interval": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "array", "minItems": 2, "maxItems": 2,
                                      "items": _TIME},
                        }
                    }
                },
            }
        },
    },
}  # fmt: skip


def test_definition(client: TestClient) -> None:
    """/conf/json/definition"""
    for path in ("/collections", "/collections/parcels", "/collections/imagery"):
        answer = client.get(path, headers=JSON).raise_for_status()
        assert answer.headers["content-type"] == "application/json"


def test_content(client: TestClient) -> None:
    """/conf/json/content"""
    found = collections(client, None)
    assert len(found) > 10
    for each in found:
        jsonschema.validate(each, COLLECTION)
