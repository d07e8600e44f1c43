"""Texts of the OpenAPI description in the language that is asked for (接口描述的中英文).

Families write English beside what they describe, or both languages where a text is put together;
`openapi.zh.json` has the Chinese of every English text.

>>> in_language({"description": "OK"}, "zh")
{'description': '成功'}
>>> in_language({"description": {"zh": "每页个数", "en": "So many a page"}}, "en")
{'description': 'So many a page'}
"""

from __future__ import annotations

import importlib.resources
from functools import cache
from typing import Any

import orjson

_TEXTS = {"summary", "description"}
_DATA = {"example", "default", "enum", "value"}


def in_language(tree: Any, language: str) -> Any:
    """The same tree, its texts in Chinese (`zh`) or English; data in it stays as it is."""
    if isinstance(tree, list):
        return [in_language(each, language) for each in tree]
    if not isinstance(tree, dict):
        return tree
    if tree.keys() == {"zh", "en"}:
        return tree[language]
    return {name: _member(name, value, language) for name, value in tree.items()}


def _member(name: str, value: Any, language: str) -> Any:
    if name == "properties":  # whatever they are called, they are no data
        return {each: in_language(schema, language) for each, schema in value.items()}
    if name in _TEXTS and isinstance(value, str):
        return chinese().get(value, value) if language == "zh" else value
    return value if name in _DATA else in_language(value, language)


@cache
def chinese() -> dict[str, str]:
    """The Chinese of each English text."""
    text = importlib.resources.files("api").joinpath("openapi.zh.json").read_bytes()
    found: dict[str, str] = orjson.loads(text)
    return found
