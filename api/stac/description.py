"""What the OpenAPI description says of STAC (影像检索接口描述)."""

from __future__ import annotations

from typing import Any

from api.filters_description import FILTER
from api.openapi_shared import DEFAULT
from api.records.description import limit, listed
from api.stac.asked import DEFAULT_LIMIT, MAX_LIMIT
from cim.layer import Layer
from cim.scene_search import SORTABLES

Json = dict[str, Any]

_TEXTS = {
    "search": {"zh": "检索影像景（STAC）", "en": "Scenes that are asked for (STAC)"},
    "search_body": {"zh": "以 JSON 检索影像景", "en": "The same, asked for in JSON"},
    "stac_queryables": {"zh": "可过滤的影像属性", "en": "What filters scenes"},
}


def paths(language: str) -> Json:
    get = _operation("search", _TEXTS["search"][language], _parameters(), _GEOJSON)
    post = _operation("search_body", _TEXTS["search_body"][language], [], _GEOJSON)
    post["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": _BODY, "example": _EXAMPLE}},
    }
    told = _operation("stac_queryables", _TEXTS["stac_queryables"][language], [_LANG], _SCHEMA)
    return {"/search": {"get": get, "post": post}, "/queryables": {"get": told}}


def of_layer(layer: Layer, here: str, title: str) -> Json:
    """The paths of a collection of scenes."""
    scene = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
    pages = {**_GEOJSON, "text/html": {}}
    shown = [{"$ref": "#/components/parameters/f"}, _LANG]
    return {
        f"{here}/items": {
            "get": _operation(f"items_{layer.name}", title, [*_parameters(), *shown], pages)
        },
        f"{here}/items/{{featureId}}": {
            "get": _operation(f"item_{layer.name}", title, [scene, *shown], pages)
        },
        f"{here}/queryables": {
            "get": _operation(f"queryables_{layer.name}", title, [_LANG], _SCHEMA)
        },
    }


def _operation(name: str, summary: str, parameters: list[Json], content: Json) -> Json:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": parameters,
        "responses": {"200": {"description": "OK", "content": content}, **DEFAULT},
    }


def _parameters() -> list[Json]:
    return [
        {"$ref": "#/components/parameters/bbox"},
        {
            "name": "intersects",
            "in": "query",
            "description": "GeoJSON geometry",
            "schema": {"type": "string"},
        },
        {
            "name": "datetime",
            "in": "query",
            "description": "RFC 3339 instant, day or interval in which a scene was acquired",
            "schema": {"type": "string"},
        },
        listed("collections"),
        listed("ids"),
        limit(MAX_LIMIT, DEFAULT_LIMIT),
        listed("sortby", "Such as `-datetime,eo:cloud_cover`"),
        listed("fields", "Such as `-assets` or `properties.gsd`"),
        *FILTER,
        {
            "name": "token",
            "in": "query",
            "description": "Place of the page, taken from a next or prev link",
            "schema": {"type": "string"},
        },
    ]


_LANG: Json = {"$ref": "#/components/parameters/lang"}
_GEOJSON: Json = {"application/geo+json": {"schema": {"$ref": "#/components/schemas/geojson"}}}
_SCHEMA: Json = {"application/schema+json": {"schema": {"type": "object"}}}
_STRINGS: Json = {"type": "array", "items": {"type": "string"}}
_BODY: Json = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "bbox": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6},
        "intersects": {"type": "object", "description": "GeoJSON geometry, in place of bbox"},
        "datetime": {"type": "string"},
        "collections": _STRINGS,
        "ids": _STRINGS,
        "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT},
        "sortby": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field"],
                "properties": {
                    "field": {"type": "string", "enum": list(SORTABLES)},
                    "direction": {"type": "string", "enum": ["asc", "desc"]},
                },
            },
        },
        "fields": {"type": "object", "properties": {"include": _STRINGS, "exclude": _STRINGS}},
        "filter": {"description": "CQL2 JSON; CQL2 text where filter-lang says so"},
        "filter-lang": {"type": "string", "enum": ["cql2-json", "cql2-text"]},
        "filter-crs": {"type": "string", "format": "uri"},
        "token": {"type": "string"},
    },
}
_EXAMPLE: Json = {
    "collections": ["imagery"],
    "datetime": "2025-01-01/..",
    "filter": {"op": "<", "args": [{"property": "eo:cloud_cover"}, 20]},
}
