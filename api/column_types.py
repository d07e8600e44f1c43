"""The types of columns as JSON Schema has them (字段类型).

>>> is_value("date", "2026-05-01"), is_value("date", "soon")
(True, False)
>>> is_value("integer", "7"), is_value("integer", "7.5"), is_value("text", "7.5")
(True, False, True)
"""

import re
from datetime import date, datetime
from math import isfinite
from typing import Any

_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_BITS = {"integer": 31, "bigint": 63}

_TYPES: dict[str, dict[str, Any]] = {
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer", "format": "int32"},
    "bigint": {"type": "integer", "format": "int64"},
    "double precision": {"type": "number", "format": "double"},
    "numeric": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "timestamptz": {"type": "string", "format": "date-time"},
    "timestamp": {"type": "string"},
    "jsonb": {"oneOf": [{"type": "object"}, {"type": "array", "items": {}}]},
}


def schema_of(column_type: str | None) -> dict[str, Any]:
    """The JSON Schema of a PostgreSQL type; what has no other is a text."""
    if column_type and column_type.endswith("[]"):
        return {"type": "array", "items": schema_of(column_type[:-2])}
    return _TYPES.get(column_type or "", {"type": "string"})


def is_value(column_type: str, text: str) -> bool:
    """Whether a text is a value of a PostgreSQL type, written as its schema has it.

    PostgreSQL reads a value where a row needs it: without rows, or behind a condition that none
    fulfils, it would take anything.
    """
    if column_type in _BITS:
        least = -(1 << _BITS[column_type])
        return bool(_WHOLE.fullmatch(text)) and least <= int(text) < -least
    if column_type in {"double precision", "numeric"}:
        return bool(_NUMBER.fullmatch(text)) and isfinite(float(text))
    if column_type == "boolean":
        return text in {"true", "false"}
    return _is_time(column_type, text)


def _is_time(column_type: str, text: str) -> bool:
    try:
        if column_type == "date":
            date.fromisoformat(text)
        elif column_type == "timestamptz":
            datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
