"""What the OpenAPI description says of the label routes (标签接口描述)."""

from __future__ import annotations

from typing import Any

from api.labels.asked import MOST_CODES
from api.labels.label import DEFAULT_SIZE, LARGEST, SMALLEST
from api.labels.png import DEFAULT_DPI, HIGHEST_DPI, LOWEST_DPI
from api.labels.sheet import (
    DEFAULT_COLUMNS,
    DEFAULT_MARGIN,
    DEFAULT_PAPER,
    DEFAULT_ROWS,
    MOST_CELLS,
    PAPERS,
)
from api.openapi_shared import DEFAULT, PROBLEM

Json = dict[str, Any]

_TEXTS = {
    "label": {"zh": "实体的二维码标签", "en": "QR label of an entity"},
    "label_sheets": {"zh": "成批二维码标签（PDF 版面）", "en": "Sheets of QR labels as PDF"},
}


def paths(language: str) -> Json:
    """The operations, with their parameters and bodies."""
    one = {
        "operationId": "label",
        "summary": _TEXTS["label"][language],
        "parameters": [_CODE, _FORMAT, _SIZE, _DPI, _LANG],
        "responses": _responses({"image/svg+xml": {}, "image/png": {}}),
    }
    sheets = {
        "operationId": "label_sheets",
        "summary": _TEXTS["label_sheets"][language],
        "parameters": [_LANG],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}},
        "responses": _responses({"application/pdf": {}}),
    }
    return {"/id/{code}/label": {"get": one}, "/labels": {"post": sheets}}


def _responses(content: Json) -> Json:
    return {
        "200": {"description": "OK", "content": content},
        "404": {"description": "No such entity", "content": PROBLEM},
        "409": {"description": "The entity is neither active nor reserved", "content": PROBLEM},
        "422": {"description": "Not a code", "content": PROBLEM},
        **DEFAULT,
    }


_LANG: Json = {"$ref": "#/components/parameters/lang"}
_MILLIMETRES: Json = {"type": "number", "minimum": SMALLEST, "maximum": LARGEST}
_MARGIN: Json = {"type": "number", "minimum": 0, "maximum": 100}
_CODE: Json = {
    "name": "code",
    "in": "path",
    "required": True,
    "description": "Unified identification code, 21 or 22 characters (CJ/T 553-2024)",
    "schema": {"type": "string"},
}
_FORMAT: Json = {
    "name": "f",
    "in": "query",
    "description": "Format, in place of the Accept header",
    "schema": {"type": "string", "enum": ["svg", "png"], "default": "svg"},
}
_SIZE: Json = {
    "name": "size",
    "in": "query",
    "description": "Width of the label in millimetres",
    "schema": {**_MILLIMETRES, "default": DEFAULT_SIZE},
}
_DPI: Json = {
    "name": "dpi",
    "in": "query",
    "description": "Pixels per inch of the PNG",
    "schema": {
        "type": "integer",
        "minimum": LOWEST_DPI,
        "maximum": HIGHEST_DPI,
        "default": DEFAULT_DPI,
    },
}
_BODY: Json = {
    "type": "object",
    "required": ["codes"],
    "additionalProperties": False,
    "properties": {
        "codes": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "maxItems": MOST_CODES,
        },
        "size": {
            **_MILLIMETRES,
            "nullable": True,
            "description": "As large as the cells allow by default",
        },
        "sheet": {"type": "string", "enum": list(PAPERS), "default": DEFAULT_PAPER},
        "columns": {
            "type": "integer",
            "minimum": 1,
            "maximum": MOST_CELLS,
            "default": DEFAULT_COLUMNS,
        },
        "rows": {"type": "integer", "minimum": 1, "maximum": MOST_CELLS, "default": DEFAULT_ROWS},
        "margins": {
            "description": "Millimetres of all sides, or above, right, below and left",
            "oneOf": [
                {**_MARGIN, "default": DEFAULT_MARGIN},
                {"type": "array", "items": _MARGIN, "minItems": 4, "maxItems": 4},
            ],
        },
        "lang": {"type": "string", "enum": ["zh", "en"]},
    },
}
