"""The cells of GeoSOT as columns of numbers (整型网格运算): what covers and joins are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gridcode.cell import Cells
from gridcode.coordinates import UNITS_PER_DEGREE
from gridcode.geosot import caps
from gridcode.geosot.bulk import blocks, integers_of, plain_sides, texts_of
from gridcode.geosot.fields import interleave, pack
from gridcode.geosot.index import Index
from gridcode.geosot.integers import join, join_many, split_many
from gridcode.geosot.levels import CAP_LEVEL, CAP_START, axes
from gridcode.geosot.text import index_of, validate
from gridcode.lattice import area

__all__ = [
    "ancestors",
    "axes",
    "cap_cells",
    "decode_many",
    "integers_at",
    "integers_of",
    "levels_of",
    "sides",
    "sizes",
    "texts_of",
]

_Ints = NDArray[np.int64]


def cap_cells(level: int, south: bool) -> list[str]:
    """The codes of a cap at a level from 8 on; PolarError from 11 on."""
    return caps.children(caps.cells(CAP_LEVEL, south)[0], level)


def integers_at(level: int, column: _Ints, row: _Ints) -> _Ints:
    """Numbers of the cells at columns and rows of the lattices of a level, outside the caps."""
    words = []
    for lattice, number in zip(axes(level), (column, row), strict=True):
        negative = number < 0
        corner = np.abs(lattice.edge(number + negative))
        words.append(pack(corner) | negative.astype(np.int64) << 31)
    return join_many(interleave(*(word.astype(np.uint64) for word in words)), level)


def sides(numbers: _Ints) -> tuple[_Ints, ...]:
    """West, south, east, north of n cells in 1/2048"; west > east across the antimeridian."""
    morton, level = split_many(numbers)
    found = plain_sides(morton, level)
    for row in _polar_rows(level, found):
        code = Index.from_morton(int(morton[row]), int(level[row])).code
        for side, place in zip(found, caps.bounds(validate(code)), strict=True):
            side[row] = int(place * UNITS_PER_DEGREE)
    return found


def _polar_rows(level: NDArray[np.int8], found: tuple[_Ints, ...]) -> NDArray[np.intp]:
    beyond = np.maximum(found[3], -found[1]) > CAP_START
    return np.flatnonzero(beyond & (level >= CAP_LEVEL))


def decode_many(numbers: _Ints) -> Cells:
    """Levels and bounds of n numbers."""
    level = np.empty(len(numbers), np.int8)
    bounds = np.empty((4, len(numbers)))
    for rows in blocks(len(numbers)):
        level[rows] = split_many(numbers[rows])[1]
        for side, place in zip(bounds, sides(numbers[rows]), strict=True):
            np.divide(place, UNITS_PER_DEGREE, out=side[rows])
    return Cells(level, *bounds)


def levels_of(numbers: _Ints) -> NDArray[np.int8]:
    """Levels of n cells."""
    return split_many(numbers)[1]


def ancestors(numbers: _Ints, level: int) -> _Ints:
    """The ancestor of n cells at a level; those of a cap stay as they are at levels 1 to 7."""
    morton, own = split_many(numbers)
    kept = np.uint64((1 << 64) - (1 << 64 - 2 * level))
    found = np.where(own > level, join_many(morton & kept, level), numbers)
    for row in _polar_rows(own, plain_sides(morton, own)):
        code = Index.from_morton(int(morton[row]), int(own[row])).code
        if level == 0 or CAP_LEVEL <= level < own[row]:
            above = index_of(caps.parent(code, level))
            found[row] = join(above.morton, level)
        else:
            found[row] = numbers[row]
    return found


def sizes(numbers: _Ints) -> _Ints:
    """Areas of n cells in the plane of longitude and latitude, exact."""
    return area(*sides(numbers))
