"""What the OpenAPI document says of `POST /resolve` (批量解析接口描述)."""

from __future__ import annotations

from typing import Any

from api.openapi_shared import DEFAULT, PROBLEM
from api.resolve_bulk import TABLES
from cim.resolve_columns import FIELDS, STATES, STATUSES
from cim.schemes import SCHEMES

Json = dict[str, Any]

_SUMMARY = {"zh": "批量解析一张表的编码", "en": "What the codes of a table name, row by row"}


def operation(language: str) -> Json:
    """The operation, with its parameters and bodies."""
    refused = {
        status: {"description": words, "content": PROBLEM}
        for status, words in (
            ("413", "More bytes or rows than are read"),
            ("415", "A table of another type"),
            ("422", "The table cannot be read; the row is named where it is one"),
        )
    }
    return {
        "operationId": "resolve_table",
        "summary": _SUMMARY[language],
        "parameters": [*_PARAMETERS, _LANG],
        "requestBody": {"required": True, "content": _tables(_CODES, _GIVEN)},
        "responses": {
            "200": {
                "description": "The same table in its order, each row with what its code names",
                "content": _tables(_RESULTS, _ROW),
            },
            **refused,
            **DEFAULT,
        },
    }


def _tables(document: Json, line: Json) -> Json:
    schemas = {"application/json": document, "application/x-ndjson": line}
    binary: Json = {"type": "string", "format": "binary"}
    return {kind: {"schema": schemas.get(kind, binary)} for kind in TABLES}


def _query(name: str, description: str, schema: Json) -> Json:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
    }


_LANG: Json = {"$ref": "#/components/parameters/lang"}
_TEXT: Json = {"type": "string"}
_CODE: Json = {"type": "string", "nullable": True}
_PARAMETERS = [
    _query("column", "Column, or member, that has the codes", _TEXT | {"default": "code"}),
    _query("scheme", "The one scheme that is tried", _TEXT | {"enum": list(SCHEMES)}),
    _query("prefix", "What the names of the new columns begin with", _TEXT | {"default": ""}),
]
_NAMED: Json = {
    **dict.fromkeys(FIELDS.names, _CODE),
    "status": _TEXT | {"enum": list(STATUSES)},
    "state": _CODE | {"enum": [*STATES, None]},
    "successors": {
        "type": "array",
        "nullable": True,
        "items": _TEXT,
        "description": "Live ones alone; GET /id/{code} names those that have ended too",
    },
}
_ANY: Json = {"description": "A text; a number is read as its digits"}
_GIVEN: Json = {"type": "object", "properties": {"code": _ANY}}
_ROW: Json = {
    "type": "object",
    "description": "The row, and what its code names; `prefix` stands before the names of that",
    "properties": {"code": _ANY, **_NAMED},
}
_CODES: Json = {
    "type": "object",
    "required": ["codes"],
    "properties": {"codes": {"type": "array", "items": _ANY}},
}
_RESULTS: Json = {
    "type": "object",
    "required": ["results", "complete", "counts"],
    "properties": {
        "results": {"type": "array", "items": _ROW},
        "complete": {"type": "boolean", "description": "True, at the end of a whole answer"},
        "counts": {
            "type": "object",
            "properties": {name: {"type": "integer"} for name in ("rows", *STATUSES)},
        },
    },
}
