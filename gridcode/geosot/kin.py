"""The kin of a cell: ancestors, descendants, neighbours (父子网格与相邻网格).

Only real cells: a degree has its minutes up to 60' alone, and the neighbour across a clipped side
is the next cell that exists.
"""

from __future__ import annotations

import numpy as np

from gridcode.coordinates import Angle
from gridcode.errors import TooManyCellsError
from gridcode.geosot import caps
from gridcode.geosot.grid import cap_cells, integers_at, texts_of
from gridcode.geosot.index import Index
from gridcode.geosot.levels import CAP_LEVEL, CAP_START, MAX_LEVEL, axes, check_level
from gridcode.geosot.text import index_of
from gridcode.lattice import Lattice

__all__ = ["children", "contains", "is_cap", "neighbours", "parent"]

MAX_CHILDREN = 1_000_000


def is_cap(index: Index) -> bool:
    """Whether a cell that exists belongs to a polar cap."""
    return index.level >= CAP_LEVEL and index.corner[1].units >= CAP_START


def parent(code: str, level: int) -> str:
    """The ancestor at a level that is not deeper."""
    index = index_of(code)
    if is_cap(index):
        return caps.parent(index.code, check_level(level))
    return index.at(check_level(level)).code


def contains(code: str, other: str) -> bool:
    """Whether other is the same cell or a descendant."""
    outer, inner = index_of(code), index_of(other)
    if outer.level > inner.level:
        return False
    if not is_cap(inner):
        return inner.at(outer.level) == outer
    return outer.level in {0, *range(CAP_LEVEL, MAX_LEVEL)} and (
        caps.parent(inner.code, outer.level) == outer.code
    )


def children(code: str, level: int) -> list[str]:
    """The descendants at a deeper level, body before caps; TooManyCellsError beyond a million."""
    index = index_of(code)
    if is_cap(index):
        return caps.children(index.code, level)
    lon, lat = axes(check_level(level, top=1))
    west, south, east, north = (np.array([side], np.float64) for side in index.sides)
    columns = np.arange(lon.above(west)[0], lon.below(east)[0] + 1)
    rows = np.arange(lat.above(south)[0], lat.below(north)[0] + 1)
    if lat.open:
        rows = rows[(rows >= -lat.half) & (rows < lat.half)]
    if len(columns) * len(rows) > MAX_CHILDREN:
        raise TooManyCellsError(
            f"{len(columns) * len(rows)} children of level {level}", code, None, f"{MAX_CHILDREN}"
        )
    numbers = integers_at(level, np.repeat(columns, len(rows)), np.tile(rows, len(columns)))
    found = [text.decode() for text in texts_of(np.sort(numbers)).tolist()]
    if index.level == 0 and level >= CAP_LEVEL:
        found += [cap for south in (False, True) for cap in cap_cells(level, south)]
    return found


def neighbours(code: str, diagonal: bool) -> list[str]:
    """Cells of the same level across the sides, and with diagonal across the corners."""
    index = index_of(code)
    if index.level == 0:
        return []
    if is_cap(index):
        return caps.touching(index.code, diagonal) + _below_cap(index, diagonal)
    lon, lat = axes(index.level)
    place, pole = index.corner
    column, row = _number(lon, place), _number(lat, pole)
    steps = [(x, y) for y in (-1, 0, 1) for x in (-1, 0, 1) if (x, y) != (0, 0)]
    found = [
        _at(index.level, column + x, row + y) for x, y in steps if diagonal or x == 0 or y == 0
    ]
    return [other for other in dict.fromkeys(found) if other and other != index.code]


def _number(lattice: Lattice, corner: Angle) -> int:
    number = int(lattice.number(np.array(corner.units)))
    return -1 - number if corner.negative else number


def _at(level: int, column: int, row: int) -> str | None:
    """The cell at a column and a row; beyond the last row a cell of the cap, or nothing."""
    lon, lat = axes(level)
    column = int(lon.wrap(np.array(column)))
    if -lat.half <= row < lat.half:
        number = integers_at(level, np.array([column]), np.array([row]))
        return str(texts_of(number)[0], "ascii")
    if not lat.open or level > caps.MAX_CAP_LEVEL:
        return None
    corner = abs(int(lon.edge(np.array(column + (column < 0)))))
    return caps.write(Angle(corner, column < 0), Angle(CAP_START, row < 0), level)


def _below_cap(index: Index, diagonal: bool) -> list[str]:
    """The body cells along 88 degrees that touch a cell of the cap."""
    if index.corner[1].units != CAP_START:
        return []
    lon, lat = axes(index.level)
    south = index.corner[1].negative
    row = -lat.half if south else lat.half - 1
    columns = range(-lon.half, lon.half)
    pairs = ((column, _at(index.level, column, row)) for column in columns)
    return [
        other
        for column, other in pairs
        if other
        and any(
            _at(index.level, column + step, -1 - lat.half if south else lat.half) == index.code
            for step in ((-1, 0, 1) if diagonal else (0,))
        )
    ]
