"""What the OpenAPI description says of the catalog (目录接口描述)."""

from __future__ import annotations

from typing import Any

from api.catalog.said import LONGEST_REASON
from api.openapi_shared import COMMON, DEFAULT, PROBLEM
from cim.catalog import model
from cim.catalog.grades import GRADES
from cim.catalog.model import TABLES, Element, Field, Head

Json = dict[str, Any]

_TEXTS = {
    "catalog": {"zh": "数据要素目录", "en": "The data element catalog"},
    "catalog_element": {
        "zh": "一个要素及其数据项、图层",
        "en": "An element, its fields, its layers",
    },
    "catalog_field": {"zh": "一个数据项", "en": "One field"},
    "catalog_list": {"zh": "一个代码表", "en": "One code list"},
    "catalog_versions": {"zh": "目录的各版本", "en": "Versions of catalogs"},
    "catalog_load": {"zh": "载入一个目录版本", "en": "Load a version of a catalog"},
    "catalog_version": {"zh": "一个目录版本的全文", "en": "A version, whole"},
    "catalog_use": {"zh": "启用一个目录版本", "en": "Put a version to use"},
    "catalog_diff": {
        "zh": "比对两个目录版本，列出涉及的图层",
        "en": "What differs between two versions, and which layers that touches",
    },
    "binding": {"zh": "图层与目录的绑定", "en": "What a layer is in the catalog"},
    "binding_set": {"zh": "绑定图层到要素", "en": "Bind a layer to an element"},
    "binding_remove": {"zh": "解除绑定", "en": "Take the binding away"},
    "binding_suggestions": {"zh": "绑定建议及理由", "en": "Suggested bindings, and why"},
    "binding_history": {"zh": "绑定的变更历史", "en": "What became of the binding"},
}
_REASONS = {
    "400": "A parameter or the body cannot be read",
    "401": "The token is missing or not known",
    "403": "Only this machine may write",
    "404": "There is no such thing",
    "409": "Another layer owns the field; or layers are bound to what the version has no more",
    "422": "A version, binding or grade that cannot be",
}
_WRITING = ("401", "403", "422")


def paths(language: str) -> Json:
    """The operations, with their parameters, bodies and examples."""

    def one(name: str, parameters: list[Json], *answers: Json, **more: Json) -> Json:
        return {
            "operationId": name,
            "summary": _TEXTS[name][language],
            "parameters": parameters,
            "responses": {code: value for answer in answers for code, value in answer.items()},
            **more,
        }

    element, field = _ok(_ref("catalogElement")), _ok(_ref("catalogField"))
    told, whole = _ok(_ref("catalogVersionHead")), _ref("catalogVersion")
    bound, here = _ok(_ref("binding")), "/collections/{collectionId}/binding"
    shown = [*COMMON]
    return {
        "/catalog": {"get": one("catalog", shown, _ok(_OBJECT), DEFAULT)},
        "/catalog/elements/{code}": {
            "get": one("catalog_element", [_CODE, *shown], element, _refused("404"))
        },
        "/catalog/fields/{code}": {
            "get": one("catalog_field", [_CODE, *shown], field, _refused("404"))
        },
        "/catalog/lists/{code}": {
            "get": one("catalog_list", [_CODE, *shown], _ok(_OBJECT), _refused("404"))
        },
        "/catalog/versions": {
            "get": one("catalog_versions", shown, _ok(_OBJECT), DEFAULT),
            "post": one(
                "catalog_load",
                [],
                told,
                _ok(_ref("catalogVersionHead"), "201", "Loaded"),
                _refused(*_WRITING, "409"),
                requestBody=_body(whole, "a new version", _VERSION),
            ),
        },
        "/catalog/versions/{reference}": {
            "get": one("catalog_version", [_REFERENCE], _ok(whole), _refused("404")),
            "patch": one(
                "catalog_use",
                [_REFERENCE],
                told,
                _refused(*_WRITING, "404", "409"),
                requestBody=_body(_OBJECT, "put to use", {"current": True, "why": "标准更新"}),
            ),
        },
        "/catalog/diff": {
            "get": one(
                "catalog_diff",
                [_query("from"), _query("to"), *shown],
                _ok(_OBJECT),
                _refused("400", "404"),
            )
        },
        here: {
            "get": one("binding", [_COLLECTION, *shown], bound, _refused("404")),
            "put": one(
                "binding_set",
                [_COLLECTION],
                bound,
                _refused(*_WRITING, "404", "409"),
                requestBody=_body(_ref("newBinding"), "parcels", _BINDING),
            ),
            "delete": one(
                "binding_remove",
                [_COLLECTION, _reason("why"), _reason("document")],
                {"204": {"description": "Unbound"}},
                _refused(*_WRITING, "404"),
            ),
        },
        f"{here}/suggestions": {
            "get": one("binding_suggestions", [_COLLECTION, *shown], _ok(_OBJECT), _refused("404"))
        },
        f"{here}/history": {
            "get": one("binding_history", [_COLLECTION, *shown], _ok(_OBJECT), _refused("404"))
        },
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _ok(schema: Json, status: str = "200", words: str = "OK") -> Json:
    content: Json = {"application/json": {"schema": schema}, "text/html": {}}
    return {status: {"description": words, "content": content}}


def _body(schema: Json, name: str, example: Json) -> Json:
    examples = {name.partition(" ")[0]: {"summary": name, "value": example}}
    content = {"schema": schema, "examples": examples}
    return {"required": True, "content": {"application/json": content}}


def _refused(*statuses: str) -> Json:
    found = {s: {"description": _REASONS[s], "content": PROBLEM} for s in statuses}
    return found | DEFAULT


def _path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _query(name: str) -> Json:
    words = "A version such as cim@1; a catalog alone is its current version"
    schema = {"type": "string", "minLength": 1}
    return {"name": name, "in": "query", "required": True, "schema": schema, "description": words}


def _reason(name: str) -> Json:
    return {"name": name, "in": "query", "schema": _REASON}


_REASON: Json = {"type": "string", "maxLength": LONGEST_REASON}
_OBJECT: Json = {"type": "object"}
_CODE, _REFERENCE, _COLLECTION = _path("code"), _path("reference"), _path("collectionId")

_TEXT: Json = {"type": "string", "nullable": True}
_CHOICES: dict[str, tuple[str, ...]] = {
    "type": model.TYPES,
    "mandatory": model.MANDATORY,
    "update_cycle": model.CYCLES,
    "sharing": model.SHARING,
    "opening": model.OPENING,
    "grade": GRADES,
    "certainty": model.CERTAINTIES,
}


def _property(name: str) -> Json:
    if name == "aliases":
        return {"type": "array", "items": {"type": "string"}}
    if name == "length":
        return {"type": "integer", "minimum": 1, "nullable": True}
    if name in _CHOICES:
        return {"type": "string", "enum": [*_CHOICES[name], None], "nullable": True}
    return _TEXT


def _row(kind: type[Any], **more: Json) -> Json:
    return {"type": "object", "properties": {n: _property(n) for n in kind._fields} | more}


_STRINGS: Json = {"type": "array", "items": {"type": "string"}}
_OBJECTS: Json = {"type": "array", "items": _OBJECT}
_MORE: Json = {"unknown": _STRINGS, "catalog": {"type": "string"}, "links": _OBJECTS}
_GRADE: Json = {"type": "string", "enum": list(GRADES)}
_FIELDS: Json = {
    "type": "object",
    "nullable": True,
    "description": "For each column the code of its field, or an object with `field` and `unit`",
    "additionalProperties": {
        "oneOf": [
            {"type": "string"},
            {
                "type": "object",
                "required": ["field"],
                "properties": {"field": {"type": "string"}, "unit": {"type": "string"}},
            },
        ]
    },
}
_UNREAD: Json = {"description": "Links, which are not read"}
_TABLES: Json = {
    name: {"type": "array", "nullable": True, "items": _row(kind)} for name, kind in TABLES.items()
}

SCHEMAS: Json = {
    "catalogElement": _row(
        Element, **_MORE, domain=_OBJECT, category=_OBJECT, layers=_OBJECTS, fields=_OBJECTS
    ),
    "catalogField": _row(Field, **_MORE, element_zh=_TEXT, element_en=_TEXT, columns=_OBJECTS),
    "catalogVersionHead": _row(
        Head,
        reference={"type": "string"},
        current={"type": "boolean"},
        elements={"type": "integer"},
        fields={"type": "integer"},
        loaded_by={"type": "string"},
        loaded_at={"type": "string", "format": "date-time"},
        why=_TEXT,
        href={"type": "string", "format": "uri"},
    ),
    "catalogVersion": _row(Head, **_TABLES, why=_TEXT, document=_TEXT, links=_UNREAD),
    "newBinding": {
        "type": "object",
        "required": ["element", "department", "grade"],
        "properties": {
            "element": {"type": "string"},
            "department": {"type": "string"},
            "grade": _GRADE,
            "authoritative": {"type": "boolean", "default": False},
            "fields": _FIELDS,
            "why": _TEXT,
            "document": _TEXT,
        },
    },
    "binding": {
        "type": "object",
        "properties": {
            "layer": {"type": "string"},
            "element": {"type": "string"},
            "element_zh": {"type": "string"},
            "element_en": {"type": "string"},
            "department": {"type": "string"},
            "authoritative": {"type": "boolean"},
            "declared_grade": _GRADE,
            "grade": _GRADE,
            "confirmed_by": {"type": "string"},
            "confirmed_at": {"type": "string", "format": "date-time"},
            "columns": _OBJECTS,
            "missing": _STRINGS,
            "links": _OBJECTS,
        },
    },
}

_BINDING: Json = {
    "element": "parcel",
    "department": "自然资源和规划局",
    "grade": "general2",
    "authoritative": True,
    "fields": {"parcel_code": "parcel.code", "area_m2": {"field": "parcel.area", "unit": "m2"}},
    "why": "业务处室确认",
}
_VERSION: Json = {
    "catalog": "water",
    "version": "1",
    "name_zh": "水利数据目录",
    "name_en": "Catalogue of water data",
    "domains": [
        {
            "code": "water",
            "name_zh": "水利",
            "name_en": "water",
            "source": "local",
            "certainty": "L",
        }
    ],
}
