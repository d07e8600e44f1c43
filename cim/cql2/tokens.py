"""The tokens of CQL2 text (CQL2 词法), each with the character that it begins at.

>>> [token.text for token in tokens("面积 >= -2.5 AND NOT name LIKE 'a''b'")]
['面积', '>=', '-2.5', 'AND', 'NOT', 'name', 'LIKE', "'a''b'"]
>>> [token.kind for token in tokens("S_INTERSECTS(geometry, POINT(112 32))")]
['name', 'sign', 'name', 'sign', 'shape', 'sign']
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from cim.cql2.tree import deeper
from cim.errors import FilterInvalid

# Letters that begin a name and that go on with it, as the grammar of the standard has them.
_START = (
    ":_A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1ffe\u200c\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_PART = f"{_START}.0-9\u0300-\u036f\u203f\u2040"
_TOKEN = re.compile(
    rf"""
    (?P<space>\s+)
    | (?P<text>'(?:''|\\'|[^'])*')
    | (?P<quoted>"(?:""|[^"])*")
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<shape>(?:(?:MULTI)?(?:POINT|LINESTRING|POLYGON)|GEOMETRYCOLLECTION)\s*(?:ZM?|M)?\s*\()
    | (?P<name>[{_START}][{_PART}]*)
    | (?P<sign><>|<=|>=|[=<>+*/%^(),-])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NUMBER = re.compile(r"[+-](?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_PAREN = re.compile(r"[()]")

WORDS = {"and", "or", "not", "like", "between", "in", "is", "null", "div"}
COMPARING = {"=", "<>", "<", ">", "<=", ">=", "like", "between", "in"}
_BEFORE_OPERAND = {*COMPARING, *WORDS - {"null"}, *"+-*/%^(,", ""}


class Token(NamedTuple):
    kind: str
    text: str
    place: int

    @property
    def word(self) -> str:
        """In small letters; what is in double quotes is no word of the language."""
        return self.kind if self.kind == "quoted" else self.text.lower()


def tokens(text: str) -> Iterator[Token]:
    """FilterInvalid with the character that begins none."""
    at, last = 0, ""
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise FilterInvalid(at + 1, _odd(text[at]))
        kind, end = str(found.lastgroup), found.end()
        if found.group() in {"-", "+"} and last in _BEFORE_OPERAND:
            number = _NUMBER.match(text, at)  # a sign of its own
            kind, end = ("number", number.end()) if number else (kind, end)
        if kind == "shape":
            end = _end_of_shape(text, found.end(), at + 1)
        if kind != "space":
            token = Token(kind, text[at:end], at + 1)
            last = token.word
            yield token
        at = end


def _odd(letter: str) -> str:
    if letter in "'\"":
        return f"the {letter} that begins here is never closed"
    return f"{letter!r} cannot stand here"


def _end_of_shape(text: str, at: int, place: int) -> int:
    depth = 1
    while depth:
        found = _PAREN.search(text, at)
        if found is None:
            raise FilterInvalid(place, "the geometry that begins here is never closed")
        depth += 1 if found.group() == "(" else -1
        deeper(depth - 1, found.end())
        at = found.end()
    return at
