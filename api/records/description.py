"""What the OpenAPI description says of the records (元数据目录接口描述)."""

from __future__ import annotations

from typing import Any

from api.filters_description import FILTER
from api.openapi_shared import DEFAULT
from api.records.asked import CHOICES, DEFAULT_LIMIT, MAX_LIMIT
from cim.records import COLLECTION, TYPES, search
from cim.records.search import EQUAL

Json = dict[str, Any]

_TEXTS = {
    "catalogue": {"zh": "数据资源目录", "en": "The catalogue of data"},
    "records": {"zh": "检索元数据记录", "en": "Records that are asked for"},
    "record": {"zh": "一条元数据记录", "en": "One record"},
    "record_queryables": {"zh": "可过滤的属性", "en": "What filters records"},
    "record_sortables": {"zh": "可排序的属性", "en": "What sorts records"},
    "catalogue_dcat": {"zh": "DCAT-AP 目录（JSON-LD）", "en": "The records as DCAT-AP in JSON-LD"},
}
_HERE = f"/collections/{COLLECTION}"


def paths(language: str) -> Json:
    def get(name: str, parameters: list[Json], content: Json) -> Json:
        return {
            "get": {
                "operationId": name,
                "summary": _TEXTS[name][language],
                "parameters": [*parameters, *_COMMON],
                "responses": {"200": {"description": "OK", "content": content}, **DEFAULT},
            }
        }

    asked = [*_PARAMETERS, *_properties()]
    return {
        _HERE: get("catalogue", [], {**_JSON, **_LD, "text/html": {}}),
        f"{_HERE}/items": get("records", asked, _RECORDS),
        f"{_HERE}/items/{{recordId}}": get("record", [_RECORD_ID], _RECORDS),
        f"{_HERE}/queryables": get("record_queryables", [], _SCHEMA),
        f"{_HERE}/sortables": get("record_sortables", [], _SCHEMA),
        "/catalog.jsonld": get("catalogue_dcat", asked, _LD),
    }


def listed(name: str, description: str = "", **items: Any) -> Json:
    schema = {"type": "array", "items": {"type": "string", **items}}
    found = {"name": name, "in": "query", "schema": schema, "style": "form", "explode": False}
    return found | ({"description": description} if description else {})


def limit(most: int, default: int) -> Json:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return {"name": "limit", "in": "query", "schema": schema, "style": "form", "explode": False}


def _text(name: str, **schema: Any) -> Json:
    return {"name": name, "in": "query", "schema": {"type": "string", **schema}}


def _properties() -> list[Json]:
    return [
        _text(name, **({"enum": list(CHOICES[name])} if name in CHOICES else {})) for name in EQUAL
    ]


_JSON: Json = {"application/json": {"schema": {"type": "object"}}}
_LD: Json = {"application/ld+json": {"schema": {"type": "object"}}}
_SCHEMA: Json = {"application/schema+json": {"schema": {"type": "object"}}, "text/html": {}}
_GEOJSON: Json = {"application/geo+json": {"schema": {"$ref": "#/components/schemas/geojson"}}}
_RECORDS: Json = {**_GEOJSON, **_LD, "text/html": {}}
_COMMON = [{"$ref": f"#/components/parameters/{name}"} for name in ("f", "lang")]
_RECORD_ID: Json = {
    "name": "recordId",
    "in": "path",
    "required": True,
    "description": "Name of a layer, `element.{code}`, `{layer}.observations`, `service.api`",
    "schema": {"type": "string"},
}
_SORTED = "|".join(search.sortables("en"))
_PARAMETERS: list[Json] = [
    {"$ref": "#/components/parameters/bbox"},
    {**_text("datetime"), "description": "RFC 3339 instant, day or interval that the data meets"},
    limit(MAX_LIMIT, DEFAULT_LIMIT),
    listed("q", "Words; commas part alternatives. Chinese words may stand anywhere in a record"),
    listed("type", enum=list(TYPES)),
    listed("ids"),
    listed("externalIds", "`element:parcel`, `class:990101`, or the value alone"),
    listed("sortby", "Such as `-updated,title`", pattern=f"[+-]?({_SORTED})"),
    *FILTER,
    {**_text("token"), "description": "Place of the page, taken from a next or prev link"},
]
