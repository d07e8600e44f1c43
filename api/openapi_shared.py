"""What every family of the OpenAPI description refers to (接口描述公用部分)."""

from typing import Any

from api.items_asked import DEFAULT_LIMIT, MAX_LIMIT
from cim import crs

Json = dict[str, Any]

PROBLEM: Json = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}}
DEFAULT: Json = {"default": {"description": "Problem details (RFC 9457)", "content": PROBLEM}}
LOCATION: Json = {"Location": {"schema": {"type": "string", "format": "uri"}}}
COMMON = [{"$ref": f"#/components/parameters/{each}"} for each in ("f", "lang")]

PARAMETERS: Json = {
    "bbox": {
        "name": "bbox",
        "in": "query",
        "description": "west,south,east,north in degrees (CRS84)",
        "schema": {
            "type": "array",
            "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
            "items": {"type": "number"},
        },
        "style": "form",
        "explode": False,
    },
    "bbox-crs": {
        "name": "bbox-crs",
        "in": "query",
        "description": "CRS of bbox, in the axis order registered for it; CRS84 without it",
        "schema": {"type": "string", "format": "uri", "enum": list(crs.offered())},
    },
    "crs": {
        "name": "crs",
        "in": "query",
        "description": "CRS of the coordinates in the answer; CRS84 without it",
        "schema": {"type": "string", "format": "uri", "enum": list(crs.offered())},
    },
    "limit": {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "style": "form",
        "explode": False,
    },
    "datetime": {
        "name": "datetime",
        "in": "query",
        "description": "RFC 3339 instant, day or interval: features as they were then, "
        "of an interval their last state in it; without it as they are now",
        "schema": {"type": "string"},
        "style": "form",
        "explode": False,
    },
    "token": {
        "name": "token",
        "in": "query",
        "description": "Place of the page, taken from a next link",
        "schema": {"type": "string", "pattern": "^[0-9A-Za-z_-]{21,}$"},
    },
    "featureId": {
        "name": "featureId",
        "in": "path",
        "required": True,
        "description": "21-digit code of the feature (CJ/T 553-2024)",
        "schema": {"type": "string"},
    },
    "f": {
        "name": "f",
        "in": "query",
        "description": "Format, in place of the Accept header",
        "schema": {"type": "string", "enum": ["json", "geojson", "html"]},
    },
    "lang": {
        "name": "lang",
        "in": "query",
        "description": "Language, in place of the Accept-Language header",
        "schema": {"type": "string", "enum": ["zh", "en"]},
    },
}

SCHEMAS: Json = {
    "geojson": {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}},
    "problem": {
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
            "requestId": {"type": "string"},
            "errors": {
                "type": "array",
                "description": "Places that do not fit: in the body (JSONPath), or in a filter "
                "(its character, counted from 1, or JSON pointer)",
                "items": {
                    "type": "object",
                    "properties": {"path": {"type": "string"}, "detail": {"type": "string"}},
                },
            },
        },
    },
}
