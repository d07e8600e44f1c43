"""The types of columns as JSON Schema has them (字段类型)."""

from typing import Any

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
