"""Types of the columns of a CSV (列类型识别), from all of their values.

A column is of a type where every value is: bigint, double precision, date, timestamp, or else text.
What is a number and yet a name stays text: with zeros in front, or of more than 15 digits, as codes
have. Blanks around a value are not of it, and what is then empty is nothing.

>>> [typed(pa.array(texts)).type for texts in (["1", None], ["1.5", "2"], ["007"], ["2024/5/1"])]
[DataType(int64), DataType(double), DataType(string), DataType(date32[day])]
>>> typed(pa.array(["420602001001000012"])).type
DataType(string)
>>> typed(pa.array(["1", "x"]), "integer")
Traceback (most recent call last):
...
layers.errors.ValueUnfit: row 2: 'x' is no integer
"""

import re
from collections.abc import Callable
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from layers.errors import ValueUnfit

TYPES = ("text", "integer", "number", "date", "datetime")
_INTEGER = r"^[+-]?(0|[1-9][0-9]{0,14})$"
_NUMBER = r"^[+-]?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?([eE][+-]?[0-9]{1,3})?$"
_DATE = r"^[0-9]{4}([-/][0-9]{1,2}[-/][0-9]{1,2}|年[0-9]{1,2}月[0-9]{1,2}日)$"
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?$"


def kept(texts: pa.Array, kind: str) -> pa.Array:
    """The column in the type that it had in its table before, or in its own if it fits no more.

    So that whole amounts of one month do not make integers of a column of numbers.
    """
    try:
        return typed(texts, kind)
    except ValueUnfit:
        return typed(texts)


def typed(texts: pa.Array, wanted: str = "") -> pa.Array:
    """The column in its type, or in the one that is wanted (TYPES); ValueUnfit."""
    trimmed = pc.utf8_trim_whitespace(texts.cast(pa.string()))
    values = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    if wanted == "text" or (not wanted and values.null_count == len(values)):
        return values
    for kind in [wanted] if wanted else ["integer", "number", "date", "datetime"]:
        pattern, made = _KINDS[kind]
        fits = pc.fill_null(pc.match_substring_regex(values, pattern), True)
        found = _made(values, made) if pc.all(fits).as_py() in {True, None} else None
        if found is not None:
            return found
        if wanted:
            raise _unfit(values, kind, pattern, made)
    return values


def _made(values: pa.Array, made: Callable[[pa.Array], pa.Array]) -> pa.Array | None:
    try:
        return made(values)
    except ValueError:  # the thirtieth of February
        return None


def _unfit(
    values: pa.Array, kind: str, pattern: str, made: Callable[[pa.Array], pa.Array]
) -> ValueUnfit:
    for row, value in enumerate(values.to_pylist(), 1):
        if value is not None and (
            not re.fullmatch(pattern.strip("^$"), value) or _made(pa.array([value]), made) is None
        ):
            return ValueUnfit(row, value, kind)
    raise AssertionError("every value fits")


def _numbers(kind: pa.DataType) -> Callable[[pa.Array], pa.Array]:
    return lambda values: pc.utf8_ltrim(values, "+").cast(kind)


def _dates(values: pa.Array) -> pa.Array:
    parts = (re.findall(r"\d+", value) if value else None for value in values.to_pylist())
    return pa.array([date(*map(int, found)) if found else None for found in parts], pa.date32())


def _moments(values: pa.Array) -> pa.Array:
    read = [datetime.fromisoformat(v) if v else None for v in values.to_pylist()]
    return pa.array(read, pa.timestamp("us"))


_KINDS = {
    "integer": (_INTEGER, _numbers(pa.int64())),
    "number": (_NUMBER, _numbers(pa.float64())),
    "date": (_DATE, _dates),
    "datetime": (_MOMENT, _moments),
}
