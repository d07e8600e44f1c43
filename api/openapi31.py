"""The same description as OpenAPI 3.1 (接口描述 3.1): schemas are those of JSON Schema 2020-12.

OpenAPI 3.0 has no type `null` but `nullable`, and says `format: binary` of bytes.

>>> convert({"type": "string", "nullable": True})
{'type': ['string', 'null']}
>>> convert({"allOf": [{"$ref": "#/a"}], "nullable": True})
{'anyOf': [{'allOf': [{'$ref': '#/a'}]}, {'type': 'null'}]}
>>> convert({"type": "string", "format": "binary"})
{'type': 'string', 'contentMediaType': 'application/octet-stream'}
"""

from __future__ import annotations

from typing import Any

VERSION = "3.1.1"
_BYTES = "application/octet-stream"
_DATA = {"example", "examples", "default", "enum"}


def convert(tree: Any) -> Any:
    """A description, or a part of one, of OpenAPI 3.0 as one of 3.1; data in it stays as it is."""
    if isinstance(tree, list):
        return [convert(each) for each in tree]
    if not isinstance(tree, dict):
        return tree
    made = {name: _member(name, value) for name, value in tree.items()}
    if made.get("format") == "binary":
        del made["format"]
        made["contentMediaType"] = _BYTES
    return _with_null(made) if made.pop("nullable", None) is True else made


def _member(name: str, value: Any) -> Any:
    if name in {"properties", "schemas"}:  # whatever they are called, they are no data
        return {each: convert(schema) for each, schema in value.items()}
    return value if name in _DATA else convert(value)


def _with_null(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    kept = ("description", "default", "example")
    told = {name: schema.pop(name) for name in kept if name in schema}
    return told | {"anyOf": [schema, {"type": "null"}]} if schema else told
