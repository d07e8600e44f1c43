"""Covers of geometries in one grid, as owned numbers (覆盖计算): points, lines, polygons."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridcode.cell import System
from gridcode.cover.caps import in_caps
from gridcode.cover.grid import Grid
from gridcode.cover.lines import crossed
from gridcode.cover.mixed import Owned
from gridcode.cover.polygons import scanned
from gridcode.cover.runs import Ints, check_limit
from gridcode.cover.shapes import Shapes, taken_apart

__all__ = ["covered"]

_BATCH = 4096
"""Geometries that are scanned at once, so that working memory does not grow with their number."""


def covered(
    grid: Grid, system: System, geometries: NDArray[Any], request: tuple[int, str, int]
) -> Owned:
    """The cells of each of n geometries, each once; request is level, mode and limit."""
    level, mode, limit = request
    found, count = [Owned(np.empty(0, np.int64), np.empty(0, np.int64))], 0
    for start in range(0, len(geometries), _BATCH):
        batch = geometries[start : start + _BATCH]
        some = _batch(grid, batch, (level, mode, limit - count))
        polar = in_caps(grid, system, batch, (level, mode))
        if polar is not None:
            some = some.joined(polar).unique()
        count += len(some.owner)
        check_limit(count, limit)
        found.append(Owned(some.owner + start, some.number))
    return Owned(*(np.concatenate(fields) for fields in zip(*found, strict=True)))


def _batch(grid: Grid, geometries: NDArray[Any], request: tuple[int, str, int]) -> Owned:
    level, mode, limit = request
    axes = grid.axes(level)
    shapes = taken_apart(geometries)
    found = []
    if len(shapes.edges.owner):
        area = scanned(shapes.edges, axes, mode, limit)
        found.append(_numbered(grid, level, area.owner, (area.column, area.row)))
    if mode == "intersects" and len(shapes.points) + len(shapes.lines.owner):
        found.append(_thin(grid, level, shapes, limit))
    if not found:
        return Owned(np.empty(0, np.int64), np.empty(0, np.int64))
    return found[0] if len(found) == 1 else found[0].joined(found[1]).unique()


def _thin(grid: Grid, level: int, shapes: Shapes, limit: int) -> Owned:
    """Cells of points and lines."""
    lon, lat = grid.axes(level)
    owner, (column, row) = crossed(shapes.lines, (lon, lat), limit)
    owner = np.concatenate([owner, shapes.point_owner])
    column = np.concatenate([column, lon.own(shapes.points[:, 0])])
    row = np.concatenate([row, lat.own(shapes.points[:, 1])])
    body = (row >= -lat.half) & (row < lat.half)
    return _numbered(grid, level, owner[body], (column[body], row[body])).unique()


def _numbered(grid: Grid, level: int, owner: Ints, places: tuple[Ints, Ints]) -> Owned:
    """Cells at columns and rows; each once even if a geometry goes more than once around."""
    column, row = places
    lon, _ = grid.axes(level)
    home = lon.wrap(column)
    cells = Owned(owner, grid.integers_at(level, home, row))
    return cells if (home == column).all() else cells.unique()
