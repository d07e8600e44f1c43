"""A long list in a JSON body, read in pieces (JSON 分段读取).

>>> import io
>>> list(elements(io.BytesIO(b'{"codes": ["a", null, "b,\\\\"c"]}'), "codes"))
['a', None, 'b,"c']
>>> list(elements(io.BytesIO(b'{"codes": ["a", "b"'), "codes"))
Traceback (most recent call last):
...
api.errors.BadTable: the body does not end with its list: it breaks off, or has other members
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any

import orjson

from api.errors import BadTable

__all__ = ["elements"]

_PIECE = 1 << 20
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_SPACE = b" \t\r\n"


def elements(source: IO[bytes], name: str) -> Iterator[Any]:
    """The elements of the list that is the one member of an object; BadTable."""
    text = source.read(_PIECE)
    begin = re.match(rb'\s*\{\s*"%s"\s*:\s*\[' % name.encode(), text)
    if begin is None:
        raise BadTable(f'the body is not {{"{name}": […]}}, with that member alone')
    text, several = text[begin.end() :], False
    while piece := source.read(_PIECE):
        text += piece
        cut = _last_comma(text)
        if cut < 0 and len(text) > 2 * _PIECE:
            raise BadTable(f"an element of the list is longer than {_PIECE} bytes")
        if cut >= 0:
            yield from _loaded(text[:cut], may_be_empty=False)
            text, several = text[cut + 1 :], True
    yield from _loaded(_before_end(text), may_be_empty=not several)


def _last_comma(text: bytes) -> int:
    """The place of the last comma, or one of the last, that is in no string; -1 without one."""
    bare = _ESCAPE.sub(b"xx", text) if b"\\" in text else text
    end = len(bare)
    if bare.count(b'"') % 2:  # a string goes on beyond the text
        end = bare.rfind(b'"')
    quote = bare.rfind(b'"', 0, end)
    comma = bare.rfind(b",", 0, end)
    if comma > quote:
        return comma
    begin = bare.rfind(b'"', 0, quote)  # of the last whole string
    comma = bare.rfind(b",", 0, begin)
    return comma if comma > bare.rfind(b'"', 0, begin) else -1


def _before_end(text: bytes) -> bytes:
    ended = text.rstrip(_SPACE)
    if not ended.endswith(b"}") or not (ended := ended[:-1].rstrip(_SPACE)).endswith(b"]"):
        rule = "the body does not end with its list"
        raise BadTable(f"{rule}: it breaks off, or has other members")
    return ended[:-1]


def _loaded(text: bytes, *, may_be_empty: bool) -> list[Any]:
    try:
        found: list[Any] = orjson.loads(b"[" + text + b"]")
    except orjson.JSONDecodeError as error:
        raise BadTable(f"the list is not JSON: {error}") from None
    if any(isinstance(each, (list, dict)) for each in found):
        raise BadTable("an element of the list is itself a list or an object")
    if not found and not may_be_empty:
        raise BadTable("the list has a comma too many")
    return found
