"""Filters, orders and schemas in the OpenAPI description (过滤与排序描述)."""

from typing import Any

from api.filters import LANGUAGES, MOST_KEYS
from api.openapi_shared import DEFAULT
from cim import crs

Json = dict[str, Any]

PARAMETERS: Json = {
    "filter": {
        "name": "filter",
        "in": "query",
        "description": "CQL2: properties of queryables, functions of /functions",
        "schema": {"type": "string"},
    },
    "filter-lang": {
        "name": "filter-lang",
        "in": "query",
        "description": "Encoding of filter",
        "schema": {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]},
    },
    "filter-crs": {
        "name": "filter-crs",
        "in": "query",
        "description": "CRS of geometries in filter, in its registered axis order; else CRS84",
        "schema": {"type": "string", "format": "uri", "enum": list(crs.offered())},
    },
    "sortby": {
        "name": "sortby",
        "in": "query",
        "description": "Properties of sortables; - before one turns it round. Nulls come last",
        "schema": {
            "type": "array",
            "minItems": 1,
            "maxItems": MOST_KEYS,
            "items": {"type": "string", "pattern": "^[+-]?[^+\\-\\s].*$"},
        },
        "style": "form",
        "explode": False,
    },
}
FILTER = [{"$ref": f"#/components/parameters/{name}"} for name in PARAMETERS if name != "sortby"]
_WORDS = {
    "schema": {"zh": "属性模式", "en": "Schema"},
    "queryables": {"zh": "可查询属性", "en": "Queryables"},
    "sortables": {"zh": "可排序属性", "en": "Sortables"},
    "functions": {"zh": "过滤函数", "en": "Functions of filters"},
}
_OBJECT: Json = {"schema": {"type": "object"}}
_SCHEMA: Json = {"application/schema+json": _OBJECT, "application/json": _OBJECT, "text/html": {}}
_JSON: Json = {"application/json": _OBJECT, "text/html": {}}
_COMMON = [{"$ref": "#/components/parameters/f"}, {"$ref": "#/components/parameters/lang"}]


def paths(language: str) -> Json:
    return {"/functions": _operation("functions", _WORDS["functions"][language], _JSON)}


def of_layer(name: str, language: str) -> Json:
    """The three schemas of a collection."""
    return {
        f"/collections/{name}/{kind}": _operation(f"{kind}_{name}", _WORDS[kind][language], _SCHEMA)
        for kind in ("schema", "queryables", "sortables")
    }


def _operation(name: str, summary: str, content: Json) -> Json:
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "parameters": _COMMON,
            "responses": {
                "200": {"description": "OK", "content": content},
                **DEFAULT,
            },
        }
    }
