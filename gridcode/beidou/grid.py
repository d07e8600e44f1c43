"""The cells of the BeiDou grid as columns of numbers (整型网格运算): for covers and joins."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from gridcode.beidou import caps, integers
from gridcode.beidou.bulk import blocks, corners_of, integers_of, numbers_at, texts_of
from gridcode.beidou.columns import Corners, levels_of, of_numbers, remainders
from gridcode.beidou.levels import BODY_END, LEVELS, check_level
from gridcode.beidou.text import validate
from gridcode.cell import Cells
from gridcode.coordinates import UNITS_PER_DEGREE, Units
from gridcode.lattice import Lattice, area

__all__ = [
    "ancestors",
    "axes",
    "cap_cells",
    "decode_numbers",
    "decode_texts",
    "integers_at",
    "integers_of",
    "levels_of",
    "sides",
    "sizes",
    "texts_of",
]

_Ints = NDArray[np.int64]
_WIDTHS = np.array([360 * UNITS_PER_DEGREE, *(row.lon_units for row in LEVELS)])
_HEIGHTS = np.array([90 * UNITS_PER_DEGREE, *(row.lat_units for row in LEVELS)])


@cache
def axes(level: int) -> tuple[Lattice, Lattice]:
    """The columns and the rows of a level, 1 to 10, without the caps."""
    row = LEVELS[check_level(level, top=1) - 1]
    return (
        Lattice(row.lon_units, row.lon_units, 180 * UNITS_PER_DEGREE, around=True),
        Lattice(row.lat_units, row.lat_units, BODY_END, open=True),
    )


def cap_cells(level: int, south: bool) -> list[str]:
    """The codes of a cap at a level from 1 on; PolarError from 3 on."""
    return caps.cells(level, south)


def integers_at(level: int, column: _Ints, row: _Ints) -> _Ints:
    """Numbers of the cells at columns and rows of the lattices of a level, outside the caps."""
    places = []
    for lattice, number in zip(axes(level), (column, row), strict=True):
        negative = number < 0
        places.append(Units(np.where(negative, -1 - number, number) * lattice.span, negative))
    found = np.empty(len(column), np.int64)
    numbers_at(places[0], places[1], level, found)
    return found


def sides(numbers: _Ints) -> tuple[_Ints, ...]:
    """West, south, east, north of n cells in 1/2048"; west > east across the antimeridian."""
    corners = of_numbers(numbers)
    codes = {int(row): integers.split(int(numbers[row])) for row in corners.others}
    return _sides(corners, codes)


def _sides(corners: Corners, codes: dict[int, str]) -> tuple[_Ints, ...]:
    """The sides of cells, those that are of the caps by their codes."""
    top = corners.level == 0
    west, east = _span(corners.lon, _WIDTHS[corners.level])
    south, north = _span(corners.lat, _HEIGHTS[corners.level])
    if top.any():
        west[top], east[top] = -180 * UNITS_PER_DEGREE, 180 * UNITS_PER_DEGREE
    found = west, south, east, north
    for row, code in codes.items():
        for side, place in zip(found, caps.bounds(code), strict=True):
            side[row] = int(place * UNITS_PER_DEGREE)
    return found


def _span(corner: Units, size: _Ints) -> tuple[_Ints, _Ints]:
    """The lower and the upper side: the corner is the one towards the origin."""
    low = np.where(corner.negative, -corner.units - size, corner.units)
    return low, low + size


def decode_numbers(numbers: _Ints) -> Cells:
    """Levels and bounds of n numbers."""
    cells = _empty(len(numbers))
    for rows in blocks(len(numbers)):
        corners = of_numbers(numbers[rows])
        codes = {int(row): integers.split(int(numbers[rows][row])) for row in corners.others}
        _fill(cells, rows, corners, codes)
    return cells


def decode_texts(texts: NDArray[np.bytes_]) -> Cells:
    """Levels and bounds of n codes."""
    cells = _empty(len(texts))
    for rows in blocks(len(texts)):
        corners = corners_of(texts[rows], rows.start)
        codes = {int(row): validate(texts[rows][row].decode()) for row in corners.others}
        _fill(cells, rows, corners, codes)
    return cells


def _empty(count: int) -> Cells:
    return Cells(np.empty(count, np.int8), *np.empty((4, count)))


def _fill(cells: Cells, rows: slice, corners: Corners, codes: dict[int, str]) -> None:
    cells.level[rows] = corners.level
    for side, place in zip(cells[1:], _sides(corners, codes), strict=True):
        np.divide(place, UNITS_PER_DEGREE, out=side[rows])


def ancestors(numbers: _Ints, level: int) -> _Ints:
    """The ancestor of n cells at a level; a cell that is not deeper stays what it is."""
    found: _Ints = numbers - remainders(numbers, level)[1]
    return found


def sizes(numbers: _Ints) -> _Ints:
    """Areas of n cells in the plane of longitude and latitude, exact."""
    return area(*sides(numbers))
