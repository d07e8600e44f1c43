"""Texts of the OpenAPI description in the language that is asked for (接口描述的中英文).

Families write English beside what they describe, or both languages where a text is put together;
`openapi.zh.json` has the Chinese of every English text; `{}` stands for what differs by settings.

>>> in_language({"description": "OK"}, "zh")
{'description': '成功'}
>>> in_language({"description": "More than 7 values"}, "zh")
{'description': '超过 7 个值'}
>>> in_language({"description": {"zh": "每页个数", "en": "So many a page"}}, "en")
{'description': 'So many a page'}
>>> in_language({"responses": {"default": {"description": "OK"}}}, "zh")
{'responses': {'default': {'description': '成功'}}}
"""

from __future__ import annotations

import importlib.resources
import re
from functools import cache
from typing import Any

import orjson

_TEXTS = {"summary", "description"}
_DATA = {"example", "default", "enum", "value"}
_NAMED = {"parameters", "properties", "responses", "schemas"}
"""Whose members are described, whatever they are called: `default` is also an answer."""


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
    if name in _NAMED and isinstance(value, dict):
        return {each: in_language(described, language) for each, described in value.items()}
    if name in _TEXTS and isinstance(value, str):
        return _chinese(value) if language == "zh" else value
    return value if name in _DATA else in_language(value, language)


def _chinese(text: str) -> str:
    whole, patterns = _table()
    if text in whole:
        return whole[text]
    found = ((pattern.fullmatch(text), chinese) for pattern, chinese in patterns)
    return next((chinese.replace("{}", m[1]) for m, chinese in found if m), text)


@cache
def _table() -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """The Chinese of each English text, and of those that differ in one place."""
    told = importlib.resources.files("api").joinpath("openapi.zh.json").read_bytes()
    table: dict[str, str] = orjson.loads(told)
    patterns = [
        (re.compile(re.escape(english).replace(r"\{\}", "(.*)"), re.DOTALL), chinese)
        for english, chinese in table.items()
        if "{}" in english
    ]
    return table, patterns
