"""Cells of entities (实体网格覆盖), the table `cim.cover`: what is here, across all layers.

Each active entity of a vector layer has the BeiDou cells (GB/T 39409-2020) that cover its geometry,
of mixed levels 0 to 8 and at most eight, one row a cell. A cell stands as its number
(`gridcode.beidou.integers`), whose order puts a cell and all its descendants in one range. So what
meets a cell is one range of an index, and the at most ten ancestors of the cell.

The table is kept by assignment, not by a trigger: `cim.assignment.stage` makes the cells of a batch
at once, `cim.assignment.features` writes those of entities that are new, `cim.lifecycle` those of
changed ones, and takes them away at the end of a life. Who writes a layer's table by other ways has
to write its cells too.

A cover is a little larger than its geometry, so that what is found are candidates: all entities
that share inner points with the cell or a point that it owns, and some that only come near. An
entity that merely touches the cell's outline from outside belongs to its neighbour.

>>> parcel = np.array([shapely.box(112.1401, 32.0201, 112.1415, 32.0209)])
>>> beidou.from_integer(cells_of(parcel).cell).astype(str).tolist()
['N49I8008163', 'N49I80081730', 'N49I80081732']
>>> meeting("N49I8").values
Traceback (most recent call last):
...
gridcode.errors.LengthError: no code has 5 characters in 'N49I8' at position 4; \
allowed: 1, 4, 6, 7, 9, 11, 12, 14, 16, 18, 20
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from cim.statement import Statement
from gridcode import beidou
from gridcode.beidou.levels import BODY_END, LEVELS
from gridcode.coordinates import UNITS_PER_DEGREE
from gridcode.cover import compact, cover

MAX_CELLS = 8
DEEPEST = 8  # cells of about a metre
_CAP_START = BODY_END / UNITS_PER_DEGREE
_CAP_DEEPEST = 2

MEETING = """
    SELECT code FROM cim.cover WHERE cell BETWEEN $1::bigint AND $2::bigint
    UNION
    SELECT code FROM cim.cover WHERE cell = ANY($3::bigint[])"""


class Cells(NamedTuple):
    """Cells with the rows of the geometries that they belong to, both (n,) int64."""

    row: NDArray[np.int64]
    cell: NDArray[np.int64]


def meeting(code: str) -> Statement:
    """Codes of the entities that may meet a BeiDou cell; a GridCodeError where it is none."""
    cell = beidou.decode(code)
    first, last = beidou.integer_range(beidou.to_integer(cell.code))
    above = [beidou.to_integer(beidou.parent(cell.code, n)) for n in range(cell.level)]
    return Statement(MEETING, (first, last, above))


def cells_of(geometries: NDArray[Any]) -> Cells:
    """The cells of n geometries in degrees, longitude first; None and empty ones have none.

    Each is covered at the deepest level at which its box spans no more than eight, so that loading
    stays quick; level 1 is the highest. Then families give way to their parents, full ones in any
    case, others while there are more than eight.
    """
    levels = _levels(geometries)
    found = [_at_level(geometries, levels, n) for n in np.unique(levels[levels >= 0]).tolist()]
    if not found:
        return Cells(np.empty(0, np.int64), np.empty(0, np.int64))
    return Cells(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _at_level(geometries: NDArray[Any], levels: NDArray[np.int64], level: int) -> Cells:
    rows = np.flatnonzero(levels == level)
    made = compact(cover(geometries[rows], level, form="int"), MAX_CELLS)
    return Cells(np.repeat(rows, np.diff(made.offsets)), made.cells)


def _levels(geometries: NDArray[Any]) -> NDArray[np.int64]:
    """The level at which each geometry is covered, -1 for one that has no cells."""
    west, south, east, north = shapely.bounds(geometries).T
    levels = np.where(np.isnan(west), -1, 1)
    for row in LEVELS[:DEEPEST]:
        wide, high = row.lon_units / UNITS_PER_DEGREE, row.lat_units / UNITS_PER_DEGREE
        across = np.floor(east / wide) - np.floor(west / wide) + 1
        along = np.floor(north / high) - np.floor(south / high) + 1
        levels[across * along <= MAX_CELLS] = row.level
    polar = np.maximum(np.abs(south), np.abs(north)) >= _CAP_START
    levels[polar] = np.minimum(levels[polar], _CAP_DEEPEST)
    return levels
