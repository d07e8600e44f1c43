"""Values of properties as a layer's columns take them (属性值检查).

JSON knows fewer types than a column has: a date is a text there, a whole number may be a double.
What fits without loss is taken, anything else is refused with the reason.

>>> fit("integer", 3.0), fit("text", "甲"), fit("date", "2024-05-01").year
(3, '甲', 2024)
>>> fit("integer", "three")
Traceback (most recent call last):
ValueError: 'three' is not of type integer
>>> fit("jsonb", {"note": "a\\0b"})
Traceback (most recent call last):
ValueError: {'note': 'a\\x00b'} is not of type jsonb
"""

import json
import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from reprlib import repr
from typing import Any, TypeVar

import orjson

T = TypeVar("T", date, datetime, time)

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # PostgreSQL has no text with one
_LARGEST = {"integer": 2**31 - 1, "bigint": 2**63 - 1}


def fit(kind: str, value: Any) -> Any:
    """The value for a column of a PostgreSQL type; ValueError where it does not fit."""
    if value is None:
        return None
    fitter: Callable[[Any], Any] = _FITTERS.get(kind, _text)
    try:
        fitted = fitter(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{repr(value)} is not of type {kind}") from None
    if kind in _LARGEST and abs(fitted) > _LARGEST[kind]:
        raise ValueError(f"{repr(value)} is too large for type {kind}")
    return fitted


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        raise ValueError
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError
    return float(value)


def _decimal(value: Any) -> int | float | Decimal:
    """As it is, so that no digit is lost."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise ValueError
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _document(value: Any) -> str:
    """The text of it: dates and times are texts in it, and what is no number is null."""
    try:
        text = orjson.dumps(value)
    except orjson.JSONEncodeError:  # PostgreSQL's numbers are longer than 64 bits
        text = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    if b"\\u0000" in text and _NUL.search(text):
        raise ValueError
    return text.decode()


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError
    return value


def _or_read(kind: type[T]) -> Callable[[Any], T]:
    def read(value: Any) -> T:
        return value if type(value) is kind else kind.fromisoformat(_text(value))

    return read


_FITTERS: dict[str, Callable[[Any], Any]] = {
    "boolean": _flag,
    "integer": _whole,
    "bigint": _whole,
    "double precision": _number,
    "numeric": _decimal,
    "date": _or_read(date),
    "timestamp": _or_read(datetime),
    "timestamptz": _or_read(datetime),
    "time": _or_read(time),
    "jsonb": _document,
    "bytea": _bytes,
}
