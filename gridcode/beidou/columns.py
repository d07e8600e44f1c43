"""Columns of cells (网格列): texts and numbers to corners, and corners to numbers and texts.

All forms of a column meet in `Corners`: the level of each cell and its positioning corner.  What
plain arithmetic cannot read (the caps, lower case, what is no code at all) is left to the scalar
functions, row by row.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridcode.beidou.integers import SHEETS, SIZES
from gridcode.beidou.levels import LENGTHS, LEVELS, SYMBOLS, Level
from gridcode.coordinates import Units

__all__ = ["Corners", "levels_of", "none", "of_numbers", "of_texts", "remainders"]

_Ints = NDArray[np.int64]
_OTHER = -1
"""The longitude of what is no body cell."""
_LAT_AT = 31
_WRONG = np.iinfo(np.int64).min
"""What a segment stands for that is none: no other has the sign bit."""


class Corners(NamedTuple):
    """Level (int8) and corner of n cells; a negative longitude marks what is no body cell."""

    level: NDArray[np.int8]
    lon: Units
    lat: Units

    @property
    def fields(self) -> tuple[NDArray[Any], ...]:
        """All columns, to be filled."""
        return self.level, *self.lon, *self.lat

    @property
    def others(self) -> NDArray[np.intp]:
        """The rows that are no body cells: caps, and what is no cell."""
        if not self.level.size or self.lon.units.min() >= 0:
            return np.empty(0, np.intp)
        return np.flatnonzero(self.lon.units < 0)


def none(count: int) -> Corners:
    """A column whose cells are yet to be read, all marked as no body cells."""
    lon = Units(np.full(count, _OTHER, np.int64), np.zeros(count, np.bool_))
    lat = Units(np.zeros(count, np.int64), np.zeros(count, np.bool_))
    return Corners(np.zeros(count, np.int8), lon, lat)


def _packed(lon: Any, lat: Any) -> _Ints:
    """Units of longitude and latitude in one number, so that both are looked up at once."""
    both: _Ints = np.asarray(lon, np.int64) | np.asarray(lat, np.int64) << _LAT_AT
    return both


def _units(packed: _Ints) -> tuple[_Ints, _Ints]:
    return packed & ((1 << _LAT_AT) - 1), packed >> _LAT_AT


@cache
def _by_ordinal() -> tuple[list[_Ints], NDArray[np.bool_]]:
    """For each level the packed units that a segment stands for; and which sheets are western."""
    sheet = np.arange(SHEETS)
    zone, line = (sheet - 1) // 22 + 1, (sheet - 1) % 22
    west = zone <= 30
    x = np.where(west, 30 - zone, zone - 31) * LEVELS[0].lon_units
    parts = [_packed(x, line * LEVELS[0].lat_units)]
    parts[0][0] = 0
    for row in LEVELS[1:]:
        ordinal = np.arange(row.lon_split * row.lat_split)
        first, second = np.divmod(ordinal, 2 if row.form == "z" else row.lat_split)
        column, line = (second, first) if row.form == "z" else (first, second)
        parts.append(_packed(column * row.lon_units, line * row.lat_units))
    return parts, west


def of_numbers(numbers: _Ints) -> Corners:
    """The corners of n numbers."""
    parts, west = _by_ordinal()
    south = numbers >= SIZES[0]
    rest = numbers - SIZES[0] * south
    alive = rest > 0
    level = alive.astype(np.int8)
    ordinal = _ordinals(rest, alive, 1)
    other = (numbers < 0) | (ordinal >= SHEETS) | (ordinal == 0) & alive
    ordinal[other] = 0
    packed = parts[0].take(ordinal, mode="clip")
    western = west.take(ordinal, mode="clip") & alive
    for row, part in zip(LEVELS[1:], parts[1:], strict=True):
        np.greater(rest, 0, out=alive)
        if not alive.any():
            break
        level += alive
        packed += part.take(_ordinals(rest, alive, row.level), mode="clip")
    lon, lat = _units(packed)
    lon[other] = _OTHER
    return Corners(level, Units(lon, western), Units(lat, south))


def _ordinals(rest: _Ints, alive: NDArray[np.bool_], level: int) -> _Ints:
    """Take the segment of a level off what is left of n numbers, where there is any."""
    rest -= alive
    ordinal = rest // SIZES[level]
    rest -= ordinal * SIZES[level]
    return ordinal


def remainders(numbers: _Ints, level: int) -> tuple[NDArray[np.int8], _Ints]:
    """Levels of n numbers, as far as a level, and how far each is beyond its ancestor there."""
    rest = numbers % SIZES[0]
    depth = np.zeros(len(numbers), np.int8)
    for row in LEVELS[:level]:
        alive = rest > 0
        if not alive.any():
            break
        depth += alive
        _ordinals(rest, alive, row.level)
    return depth, rest


def levels_of(numbers: _Ints) -> NDArray[np.int8]:
    """Levels of n numbers."""
    return remainders(numbers, len(LEVELS))[0]


def _values(symbols: str) -> NDArray[np.intp]:
    """The value of each of 256 characters, -1 for those that are not among the symbols."""
    values = np.full(256, -1, np.intp)
    values[np.frombuffer(symbols.encode(), np.uint8)] = np.arange(len(symbols))
    return values


@cache
def _by_symbol(level: int) -> _Ints:
    """Packed units by the symbols of a segment: one character, or two as one number of 16 bits."""
    row: Level = LEVELS[level - 1]
    if row.form == "z":
        digits = _values(SYMBOLS[: row.lon_split * row.lat_split])
        found = _packed(digits % 2 * row.lon_units, digits // 2 * row.lat_units)
        found[digits < 0] = _WRONG
        return found
    second, first = np.divmod(np.arange(1 << 16), 256)
    if row.form == "pair":
        column = _values(SYMBOLS[: row.lon_split])[first]
        line = _values(SYMBOLS[: row.lat_split])[second]
        bad = (column < 0) | (line < 0)
    else:
        zone = 10 * _values("0123456")[first] + _values("0123456789")[second]
        column, line = np.where(zone <= 30, 30 - zone, zone - 31), np.zeros(1 << 16, np.int64)
        bad = (_values("0123456")[first] < 0) | (_values("0123456789")[second] < 0)
        bad |= (zone < 1) | (zone > 60)
    found = _packed(column * row.lon_units, line * row.lat_units)
    found[bad] = _WRONG
    return found


@cache
def _letters() -> _Ints:
    """Packed units by the letter of a sheet."""
    line = _values("ABCDEFGHIJKLMNOPQRSTUV")
    found = _packed(0, line * LEVELS[0].lat_units)
    found[line < 0] = _WRONG
    return found


def of_texts(texts: NDArray[np.uint8], level: int) -> Corners:
    """The corners of n canonical codes of one level, given as (n, length) bytes, row by row."""
    count = len(texts)
    south = texts[:, 0] == ord("S")
    packed = np.zeros(count, np.int64)
    seen = np.where(south | (texts[:, 0] == ord("N")), 0, _WRONG)
    for symbols, table in _segments(texts, level):
        part = table.take(symbols, mode="clip")
        packed += part
        seen |= part
    lon, lat = _units(packed)
    lon[seen < 0] = _OTHER
    west = _is_west(texts) if level else np.zeros(count, np.bool_)
    return Corners(np.full(count, level, np.int8), Units(lon, west), Units(lat, south))


def _segments(texts: NDArray[np.uint8], level: int) -> Iterator[tuple[NDArray[Any], _Ints]]:
    """The symbols of each segment of n codes, and what they stand for."""
    if level:
        yield texts[:, 3], _letters()
    for row in LEVELS[:level]:
        start = LENGTHS[row.level - 1]
        yield texts[:, start] if row.form == "z" else _pairs(texts, start), _by_symbol(row.level)


def _pairs(texts: NDArray[np.uint8], start: int) -> NDArray[np.uint16]:
    """Two characters of each row as one number."""
    return np.ndarray(len(texts), "<u2", texts, start, (texts.strides[0],))


def _is_west(texts: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Zones 01 to 30."""
    tens = texts[:, 1]
    west: NDArray[np.bool_] = (tens < ord("3")) | (tens == ord("3")) & (texts[:, 2] == ord("0"))
    return west
