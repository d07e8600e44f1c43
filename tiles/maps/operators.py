"""Operators of style expressions that take values and give one (样式表达式算子).

What does not fit makes nothing: a text that is no number is below all numbers, and a text is
neither above nor below a number.

>>> PLAIN["concat"]("J", 12.0, None), PLAIN["<"]("a", 3), number("3.5")
('J12', False, 3.5)
"""

import math
from collections.abc import Callable
from typing import Any

from cim.styles.colours import Colour

Value = Any


def number(value: Value) -> float:
    """A number for arithmetic; what is none stands before all stops and makes nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        try:
            return float(value)
        except (TypeError, ValueError):
            return -math.inf
    return float(value)


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _compared(of: Callable[[Value, Value], bool]) -> Callable[[Value, Value], bool]:
    """Texts with texts and numbers with numbers; anything else is false."""

    def compare(a: Value, b: Value) -> bool:
        if isinstance(a, str) != isinstance(b, str) or a is None or b is None:
            return False
        return of(a, b)

    return compare


def _in(needle: Value, where: Value) -> bool:
    if isinstance(where, str):
        return isinstance(needle, str) and needle in where
    return isinstance(where, list) and needle in where


def _to_number(*values: Value) -> Value:
    for value in values:
        found = 0.0 if value is None else number(value)
        if found != -math.inf:
            return found
    return 0.0


def _slice(value: Value, start: float, end: float | None = None) -> Value:
    return value[int(start) : None if end is None else int(end)] if value is not None else ""


def _divided(a: Value, b: Value) -> float:
    return number(a) / number(b) if number(b) else math.inf


def _first_of(kind: type | tuple[type, ...]) -> Callable[..., Value]:
    return lambda *values: next((value for value in values if isinstance(value, kind)), None)


PLAIN: dict[str, Callable[..., Value]] = {
    "!": lambda value: not value,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": _compared(lambda a, b: bool(a < b)),
    "<=": _compared(lambda a, b: bool(a <= b)),
    ">": _compared(lambda a, b: bool(a > b)),
    ">=": _compared(lambda a, b: bool(a >= b)),
    "in": _in,
    "to-string": _text,
    "to-number": _to_number,
    "to-boolean": lambda value: value not in (None, False, 0, ""),
    "to-color": _first_of(str),
    "string": _first_of(str),
    "number": _first_of((int, float)),
    "boolean": _first_of(bool),
    "concat": lambda *parts: "".join(map(_text, parts)),
    "upcase": lambda value: _text(value).upper(),
    "downcase": lambda value: _text(value).lower(),
    "slice": _slice,
    "length": lambda value: len(value) if isinstance(value, str | list) else 0,
    "rgb": lambda r, g, b: Colour(round(r), round(g), round(b)).css,
    "rgba": lambda r, g, b, a: Colour(round(r), round(g), round(b), a).css,
    "+": lambda *values: sum(map(number, values)),
    "*": lambda *values: math.prod(map(number, values)),
    "-": lambda a, b=None: -number(a) if b is None else number(a) - number(b),
    "/": _divided,
    "%": lambda a, b: math.fmod(number(a), number(b)) if number(b) else 0.0,
    "min": lambda *values: min(map(number, values)),
    "max": lambda *values: max(map(number, values)),
    "round": lambda value: round(number(value)),
    "floor": lambda value: math.floor(number(value)),
    "ceil": lambda value: math.ceil(number(value)),
    "abs": lambda value: abs(number(value)),
    "sqrt": lambda value: math.sqrt(max(number(value), 0.0)),
}
