"""Look-up tables that turn columns of whole 1/2048" into columns of codes (批量编码查找表).

Every character of a code depends on the longitude or on the latitude alone, or is the sum of a
part of each (the ``z`` digits).  So a text, seen as 64-bit words, is a sum of words out of a table
of longitude and a table of latitude; and so is the integer form.  Each table is cut at level 5
(4"): its ``high`` half is looked up with ``units >> 13``, its ``low`` half with ``units & 8191``.
The western and southern halves of a ``high`` table follow the eastern and northern ones.
Built at first use, some 20 ms and 12 MB.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gridcode.beidou.integers import SIZES
from gridcode.beidou.levels import BODY_END, LENGTHS, LEVELS, SYMBOLS, Level
from gridcode.coordinates import UNITS_PER_DEGREE

__all__ = [
    "CUT_BITS",
    "CUT_LEVEL",
    "LAT_HALF",
    "LON_HALF",
    "NumberTable",
    "Table",
    "Words",
    "number_tables",
    "text_tables",
]

CUT_LEVEL = 5
CUT_BITS = 13
LON_HALF = 180 * UNITS_PER_DEGREE >> CUT_BITS
LAT_HALF = BODY_END >> CUT_BITS

Words: TypeAlias = NDArray[np.uint64]
_Ints: TypeAlias = NDArray[np.int64]
_Bytes: TypeAlias = NDArray[np.uint8]
_SYMBOLS = np.frombuffer(SYMBOLS.encode(), np.uint8)


class Table(NamedTuple):
    """One axis: a row of words for every 4" of both sides, and for every 1/2048" within 4"."""

    high: list[Words]
    low: list[Words]


@cache
def text_tables() -> tuple[Table, Table]:
    """The tables of longitude and latitude of the 20 characters, as three words each."""
    return _text_table(0, LON_HALF), _text_table(1, LAT_HALF)


def _text_table(axis: int, half: int) -> Table:
    # One row more than the body has: a point of a cap is looked up in it, and mended afterwards.
    rows = np.arange(half + 1, dtype=np.int64)
    sides = []
    for negative in (False, True):
        text = np.zeros((half + 1, 24), np.uint8)
        _put_head(text, axis, rows << CUT_BITS, negative)
        for level in LEVELS[1:CUT_LEVEL]:
            _put(text, level, axis, rows << CUT_BITS)
        sides.append(text[:half] if not negative else text)
    low = np.zeros((1 << CUT_BITS, 24), np.uint8)
    for level in LEVELS[CUT_LEVEL:]:
        _put(low, level, axis, np.arange(1 << CUT_BITS, dtype=np.int64))
    return Table(_words(np.concatenate(sides)), _words(low))


def _words(text: _Bytes) -> list[Words]:
    return [np.ascontiguousarray(column) for column in text.view("<u8").T.astype(np.uint64)]


def _put_head(text: _Bytes, axis: int, units: _Ints, negative: bool) -> None:
    if axis == 1:
        text[:, 0] = ord("S" if negative else "N")
        text[:, 3] = ord("A") + units // LEVELS[0].lat_units
        return
    x = units // LEVELS[0].lon_units
    zone = 30 - x if negative else 31 + x
    text[:, 1] = ord("0") + zone // 10
    text[:, 2] = ord("0") + zone % 10


def _put(text: _Bytes, level: Level, axis: int, units: _Ints) -> None:
    start = LENGTHS[level.level - 1]
    parts, size = (level.lat_split, level.lat_units) if axis else (level.lon_split, level.lon_units)
    digit = units // size % parts
    if level.form == "pair":
        text[:, start + axis] = _SYMBOLS[digit]
    else:
        text[:, start] = ord("0") + 2 * digit if axis else digit


class NumberTable(NamedTuple):
    """One axis: what it adds to the number of a cell, for the same places as in `Table`."""

    high: _Ints
    low: _Ints


@cache
def number_tables() -> tuple[NumberTable, NumberTable]:
    """The tables of longitude and latitude of the integer form; the level is added apart."""
    return _number_table(0, LON_HALF), _number_table(1, LAT_HALF)


def _number_table(axis: int, half: int) -> NumberTable:
    rows = np.arange(half + 1, dtype=np.int64) << CUT_BITS
    high = sum(_part(level, axis, rows) for level in LEVELS[1:CUT_LEVEL])
    # The zone of a row more than the body has is rubbish that a cap mends: keep it in range.
    x = np.minimum(rows // LEVELS[0].lon_units, 29)
    if axis == 0:
        sides = [(22 * zone - 21) * SIZES[1] for zone in (31 + x, 30 - x)]
    else:
        line = rows // LEVELS[0].lat_units * SIZES[1]
        sides = [line, line + SIZES[0]]
    low = np.arange(1 << CUT_BITS, dtype=np.int64)
    return NumberTable(
        np.concatenate([(sides[0] + high)[:half], sides[1] + high]),
        np.asarray(sum(_part(level, axis, low) for level in LEVELS[CUT_LEVEL:])),
    )


def _part(level: Level, axis: int, units: _Ints) -> _Ints:
    """What the digit of an axis adds to a number: digits of a pair follow in the order of text."""
    parts, size = (level.lat_split, level.lat_units) if axis else (level.lon_split, level.lon_units)
    weight = (1, 2)[axis] if level.form == "z" else (level.lat_split, 1)[axis]
    return units // size % parts * (weight * SIZES[level.level])
