"""Values of properties as a layer's columns take them (属性值检查).

JSON knows fewer types than a column has: a date is a text there, a whole number may be a double.
What fits without loss is taken, anything else is refused with the reason.

>>> fit("integer", 3.0), fit("text", "甲"), fit("date", "2024-05-01").year
(3, '甲', 2024)
>>> fit("integer", "three")
Traceback (most recent call last):
ValueError: 'three' is not of type integer
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from math import isfinite
from reprlib import repr
from typing import Any, TypeVar

from psycopg.types.json import Jsonb

T = TypeVar("T", date, datetime, time)

_LARGEST = {"integer": 2**31 - 1, "bigint": 2**63 - 1}


def fit(kind: str, value: Any) -> Any:
    """The value for a column of a PostgreSQL type; ValueError where it does not fit."""
    if value is None:
        return None
    fitter: Callable[[Any], Any] = _FITTERS.get(kind, _text)
    try:
        fitted = fitter(value)
    except (TypeError, ValueError):
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


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _document(value: Any) -> Jsonb:
    _check_member(value)
    return Jsonb(value)


def _check_member(value: Any) -> None:
    """PostgreSQL's jsonb holds neither NUL characters nor numbers that are not finite."""
    if isinstance(value, float) and not isfinite(value):
        raise ValueError
    if isinstance(value, str) and "\0" in value:
        raise ValueError
    parts = [*value, *value.values()] if isinstance(value, Mapping) else value
    for part in parts if isinstance(parts, list) else ():
        _check_member(part)


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
    "numeric": _number,
    "date": _or_read(date),
    "timestamp": _or_read(datetime),
    "timestamptz": _or_read(datetime),
    "time": _or_read(time),
    "jsonb": _document,
    "bytea": _bytes,
}
