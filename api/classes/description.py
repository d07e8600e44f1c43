"""What the OpenAPI description says of the class table (分类接口描述)."""

from __future__ import annotations

from typing import Any

from api.classes.changes import LONGEST_REASON, MERGE_PATCH
from api.openapi_shared import COMMON, DEFAULT, LOCATION, PROBLEM
from cim.class_rules import CERTAINTIES, CHANGEABLE, GEOMETRIES, LONGEST, STATES
from cim.schemes import SCHEMES

Json = dict[str, Any]

_TEXTS = {
    "classes": {"zh": "实体分类表", "en": "The entity classes"},
    "class_add": {"zh": "新增分类", "en": "Add a class"},
    "class_show": {"zh": "一个分类", "en": "One class"},
    "class_change": {
        "zh": "改名、改容差、停用、恢复分类",
        "en": "Rename, adjust, deprecate or restore a class",
    },
    "class_remove": {"zh": "删除从未用过的分类", "en": "Remove a class that nothing ever used"},
    "class_history": {
        "zh": "分类的变更历史，含已删除者",
        "en": "What became of a class, also of one that was removed",
    },
}
_REASONS = {
    "401": "The token is missing or not known",
    "403": "Only this machine may write",
    "404": "No such class",
    "409": "The class is there already, is in use, or is deprecated",
    "422": "A code or value that a class cannot have",
}


def paths(language: str) -> Json:
    """The operations, with their parameters, bodies and examples."""

    def operation(name: str, parameters: list[Json], *answers: Json, **more: Json) -> Json:
        return {
            "operationId": name,
            "summary": _TEXTS[name][language],
            "parameters": parameters,
            "responses": {code: value for answer in answers for code, value in answer.items()},
            **more,
        }

    added = {"code": "990799", "name_zh": "直饮水点", "name_en": "drinking tap"} | _ADDED
    shown = {**_SHOWN, **added}
    patches = {
        "rename": _example("改名", "Rename", language, {"name_zh": "饮水点"}),
        "deprecate": _example("停用", "Deprecate", language, _DEPRECATED),
        "restore": _example("恢复", "Restore", language, {"state": "active"}),
    }
    patch = {"schema": {"$ref": _PATCH}, "examples": patches}
    new = _json({"$ref": _NEW}, {"add": _example("新增", "Add", language, added)})
    one = _json({"$ref": _CLASS}, {"class": _example("分类", "Class", language, shown)})
    return {
        "/classes": {
            "get": operation("classes", [_STATE, *COMMON], _ok(_LIST), DEFAULT),
            "post": operation(
                "class_add",
                [],
                _ok(one, "201", "Added", headers=LOCATION),
                _refused("401", "403", "409", "422"),
                requestBody={"required": True, "content": new},
            ),
        },
        "/classes/{code}": {
            "get": operation("class_show", [_CODE, *COMMON], _ok(one | _HTML), _refused("404")),
            "patch": operation(
                "class_change",
                [_CODE],
                _ok(one),
                _refused("401", "403", "404", "409", "422"),
                requestBody={
                    "required": True,
                    "content": {MERGE_PATCH: patch, "application/json": patch},
                },
            ),
            "delete": operation(
                "class_remove",
                [_CODE, _WHY],
                {"204": {"description": "Removed"}},
                _refused("401", "403", "404", "409"),
            ),
        },
        "/classes/{code}/history": {
            "get": operation("class_history", [_CODE, *COMMON], _ok(_CHANGES), _refused("404")),
        },
    }


def _example(zh: str, en: str, language: str, value: Json) -> Json:
    return {"summary": {"zh": zh, "en": en}[language], "value": value}


def _json(schema: Json, examples: Json | None = None) -> Json:
    return {"application/json": {"schema": schema, **({"examples": examples} if examples else {})}}


def _ok(content: Json, status: str = "200", words: str = "OK", **more: Json) -> Json:
    return {status: {"description": words, "content": content, **more}}


def _refused(*statuses: str) -> Json:
    found = {s: {"description": _REASONS[s], "content": PROBLEM} for s in statuses}
    return found | DEFAULT


def _nullable(schema: Json) -> Json:
    return {**schema, "nullable": True}


_HTML: Json = {"text/html": {}}
_CODE_SCHEMA: Json = {"type": "string", "pattern": "^[0-9]{6}$"}
_CODE: Json = {"name": "code", "in": "path", "required": True, "schema": _CODE_SCHEMA}
_REASON: Json = {"type": "string", "maxLength": LONGEST_REASON}
_WHY: Json = {"name": "why", "in": "query", "schema": _REASON}
_STATE: Json = {"name": "state", "in": "query", "schema": {"type": "string", "enum": list(STATES)}}

_NAME: Json = {"type": "string", "minLength": 1, "maxLength": LONGEST}
_TEXT: Json = _nullable({"type": "string", "maxLength": LONGEST})
_COLUMNS: Json = {
    "name_zh": _NAME,
    "name_en": _NAME,
    "geometry": {"type": "string", "enum": list(GEOMETRIES)},
    "gbt13923": _nullable(
        {"type": "string", "pattern": "^([0-9]{6})?$", "description": "Class of GB/T 13923"}
    ),
    "cim_big": _TEXT,
    "cim_middle": _TEXT,
    "cim_small": _TEXT,
    "key_scheme": _nullable({"type": "string", "enum": [*SCHEMES, None]}),
    "tolerance": _nullable(
        {
            "type": "number",
            "description": "Metres apart (points), Hausdorff metres (lines), shared part of the "
            "area (polygons); null where several things may share a place",
        }
    ),
    "conf": _nullable(
        {"type": "string", "enum": [*CERTAINTIES, None], "description": "How sure it is"}
    ),
}
assert tuple(_COLUMNS) == CHANGEABLE
_SOURCE: Json = {
    "source": {
        "type": "string",
        "nullable": True,
        "maxLength": LONGEST,
        "default": "local99",
        "description": "local99 under major 99; else the table that the class is taken from, such "
        "as cjt553, and then conf is required",
    }
}
_OF_STATE: Json = {
    "state": {"type": "string", "enum": list(STATES)},
    "replaced_by": _nullable(_CODE_SCHEMA),
}
_SAID: Json = {"why": _nullable(_REASON)}


def _object(properties: Json, *required: str) -> Json:
    return {"type": "object", "properties": properties} | (
        {"required": list(required)} if required else {}
    )


SCHEMAS: Json = {
    "class": _object(
        {
            "code": _CODE_SCHEMA,
            **_COLUMNS,
            **_SOURCE,
            "version": {"type": "integer", "minimum": 1},
            **_OF_STATE,
            "links": {"type": "array", "items": {"type": "object"}},
        },
        "code",
        "version",
        "state",
    ),
    "newClass": _object(
        {"code": _CODE_SCHEMA, **_COLUMNS, **_SOURCE, **_SAID},
        "code",
        "name_zh",
        "name_en",
        "geometry",
    ),
    "classPatch": _object({**_COLUMNS, **_OF_STATE, **_SAID}),
}
_CLASS, _NEW, _PATCH = (f"#/components/schemas/{name}" for name in SCHEMAS)
_LIST: Json = {
    **_json(_object({"classes": {"type": "array", "items": {"$ref": _CLASS}}}, "classes")),
    **_HTML,
}
_CHANGE: Json = _object(
    {
        "kind": {
            "type": "string",
            "enum": ["brought", "added", "changed", "deprecated", "restored", "removed"],
        },
        "who": {"type": "string"},
        "why": _nullable({"type": "string"}),
        "recorded_at": {"type": "string", "format": "date-time"},
        "version": {"type": "integer"},
        "changed": {"type": "array", "items": {"type": "string"}},
        "class": {"$ref": _CLASS},
    },
    "kind",
    "who",
    "recorded_at",
    "version",
    "class",
)
_CHANGES: Json = {
    **_json(_object({"changes": {"type": "array", "items": _CHANGE}}, "changes")),
    **_HTML,
}

_ADDED: Json = {"geometry": "point", "tolerance": 2.0}
_DEPRECATED: Json = {"state": "deprecated", "replaced_by": "990703", "why": "并入消防栓"}
_SHOWN: Json = {
    **dict.fromkeys(_COLUMNS),
    "source": "local99",
    "conf": "L",
    "version": 1,
    "state": "active",
    "replaced_by": None,
    "links": [],
}
