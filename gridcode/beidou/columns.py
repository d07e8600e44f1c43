"""Columns of cells (网格列): texts and numbers to corners, and corners to numbers and texts.

All forms of a column meet in `Corners`: the level of each cell and its positioning corner.  What
plain arithmetic cannot read (the caps, lower case, what is no code at all) is left to the scalar
functions, row by row.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridcode.beidou.integers import SHEETS, SIZES
from gridcode.beidou.levels import LENGTHS, LEVELS, SYMBOLS, Level
from gridcode.coordinates import Units

__all__ = ["Corners", "levels_of", "none", "of_numbers", "of_texts", "remainders"]

_Ints = NDArray[np.int64]
_OTHER = -(1 << 40)
"""What a symbol adds to a longitude that is no symbol: it stays negative whatever follows."""


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


class _Parts(NamedTuple):
    """Units of longitude and latitude that a segment adds, by its ordinal or its symbol."""

    lon: _Ints
    lat: _Ints


@cache
def _by_ordinal() -> tuple[list[_Parts], NDArray[np.bool_]]:
    """For each level the units that a segment stands for; and which sheets are western."""
    sheet = np.arange(SHEETS)
    zone, line = (sheet - 1) // 22 + 1, (sheet - 1) % 22
    west = zone <= 30
    x = np.where(west, 30 - zone, zone - 31) * LEVELS[0].lon_units
    x[0] = _OTHER
    parts = [_Parts(x, line * LEVELS[0].lat_units)]
    for row in LEVELS[1:]:
        ordinal = np.arange(row.lon_split * row.lat_split)
        first, second = np.divmod(ordinal, 2 if row.form == "z" else row.lat_split)
        column, line = (second, first) if row.form == "z" else (first, second)
        parts.append(_Parts(column * row.lon_units, line * row.lat_units))
    return parts, west


def of_numbers(numbers: _Ints) -> Corners:
    """The corners of n numbers."""
    parts, west = _by_ordinal()
    south = numbers >= SIZES[0]
    rest = numbers - SIZES[0] * south
    alive = rest > 0
    level = alive.astype(np.int8)
    ordinal = _ordinals(rest, alive, 1)
    bad = (numbers < 0) | (ordinal >= SHEETS)
    ordinal[bad] = 0
    lon, lat = parts[0].lon.take(ordinal), parts[0].lat.take(ordinal)
    western = west.take(ordinal)
    dead = ~alive & ~bad
    lon[dead], lat[dead], western[dead] = 0, 0, False
    for row, part in zip(LEVELS[1:], parts[1:], strict=True):
        np.greater(rest, 0, out=alive)
        if not alive.any():
            break
        level += alive
        ordinal = _ordinals(rest, alive, row.level)
        lon += part.lon.take(ordinal, mode="clip")
        lat += part.lat.take(ordinal, mode="clip")
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


@cache
def _by_symbol(level: int) -> _Parts:
    """Units by the symbols of a segment: 256 each of a pair, of a z digit, of a sheet's letter."""
    row: Level = LEVELS[level - 1]
    lon, lat = np.full(256, _OTHER, np.int64), np.full(256, _OTHER, np.int64)
    codes = np.frombuffer(SYMBOLS.encode(), np.uint8)
    if row.form == "z":
        digits = np.arange(row.lon_split * row.lat_split)
        lon[codes[digits]] = digits % 2 * row.lon_units
        lat[codes[digits]] = digits // 2 * row.lat_units
    elif row.form == "pair":
        lon[codes[: row.lon_split]] = np.arange(row.lon_split) * row.lon_units
        lat[codes[: row.lat_split]] = np.arange(row.lat_split) * row.lat_units
    else:
        lat[ord("A") : ord("A") + row.lat_split] = np.arange(row.lat_split) * row.lat_units
    return _Parts(lon, lat)


@cache
def _zones() -> tuple[_Ints, NDArray[np.bool_]]:
    """Units and side by the two digits of a zone, as one little-endian number."""
    units, west = np.full(1 << 16, _OTHER, np.int64), np.zeros(1 << 16, np.bool_)
    for zone in range(1, 61):
        word = int.from_bytes(f"{zone:02d}".encode(), "little")
        west[word] = zone <= 30
        units[word] = (30 - zone if zone <= 30 else zone - 31) * LEVELS[0].lon_units
    return units, west


def of_texts(texts: NDArray[np.uint8], level: int) -> Corners:
    """The corners of n canonical codes of one level, given as (n, length) bytes."""
    count = len(texts)
    hemisphere = texts[:, 0]
    south = hemisphere == ord("S")
    lon, lat = np.zeros(count, np.int64), np.zeros(count, np.int64)
    west = np.zeros(count, np.bool_)
    if level:
        zone = np.ascontiguousarray(texts[:, 1:3]).view("<u2").ravel()
        units, sides = _zones()
        lon, west = units.take(zone), sides.take(zone)
        lat = _by_symbol(1).lat.take(texts[:, 3])
    for row in LEVELS[1:level]:
        start, part = LENGTHS[row.level - 1], _by_symbol(row.level)
        lon += part.lon.take(texts[:, start])
        lat += part.lat.take(texts[:, start + (row.form == "pair")])
    wrong = (lat < 0) | ~(south | (hemisphere == ord("N")))
    if wrong.any():
        lon[wrong] = _OTHER
    return Corners(np.full(count, level, np.int8), Units(lon, west), Units(lat, south))
