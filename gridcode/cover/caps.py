"""Covers in the polar caps (极区覆盖), which are no columns and rows: by shapely, cell by cell.

There are at most 16 cells to a cap and level, and few geometries reach so far.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.affinity import translate

from gridcode.cell import Cell, System
from gridcode.coordinates import UNITS_PER_DEGREE
from gridcode.cover.grid import Grid
from gridcode.cover.mixed import Owned
from gridcode.cover.shapes import parts_of

__all__ = ["in_caps"]


def in_caps(
    grid: Grid, system: System, geometries: NDArray[Any], request: tuple[int, str]
) -> Owned | None:
    """The cells of caps, None if nothing reaches one; PolarError if they have no such level.

    ``request`` is level and mode.  What only touches 88 degrees from below does not reach a cap,
    unless it is a line or a point: the cap owns the parallel.
    """
    level, mode = request
    lat = grid.axes(level)[1]
    if not lat.open:
        return None
    parts, owner = parts_of(geometries)
    edge = lat.limit / UNITS_PER_DEGREE
    bounds = shapely.bounds(parts)
    thin = shapely.get_dimensions(parts) < 2
    found: set[tuple[int, str]] = set()
    reached = False
    for south, far in ((False, bounds[:, 3]), (True, -bounds[:, 1])):
        for row in np.flatnonzero((far > edge) | (thin & (far == edge))):
            reached = True
            cells = [system.decode(code) for code in grid.cap_cells(level, south)]
            codes = {cell.code for cell in cells if _holds(cell, parts[row], mode)}
            if thin[row] and mode == "intersects":
                codes |= set(_vertices(system, parts[row], level, edge))
            found |= {(int(owner[row]), code) for code in codes}
    return _owned(grid, found) if reached else None


def _owned(grid: Grid, found: set[tuple[int, str]]) -> Owned:
    owners = np.array([owner for owner, _ in found], np.int64)
    codes = np.array([code for _, code in found], np.bytes_)
    return Owned(owners, grid.integers_of(codes) if len(codes) else owners)


def _holds(cell: Cell, part: shapely.Geometry, mode: str) -> bool:
    outline = cell.polygon()
    turns = [translate(part, turn) for turn in (-360, 0, 360)]
    if mode == "center":
        return any(bool(shapely.contains_xy(turn, *cell.center)) for turn in turns)
    if mode == "within":
        return any(bool(shapely.covers(turn, outline)) for turn in turns)
    return any(bool(shapely.relate_pattern(outline, turn, "T********")) for turn in turns)


def _vertices(system: System, part: shapely.Geometry, level: int, edge: float) -> Iterator[str]:
    """The cells that own the vertices beyond 88 degrees."""
    for lon, lat in shapely.get_coordinates(part).tolist():
        if abs(lat) >= edge:
            yield system.encode(lon - 360 * round(lon / 360), lat, level)
