"""Covers: the cells of a grid that make up a geometry (区域网格覆盖).

`cover(geometry, level, mode)` gives cells of one level; `compact` turns them into fewer cells of
mixed levels, exactly or to at most a number; `uncompact` turns them back.  ``beidou.cover`` and
``geosot.cover`` are the same with the system named by the module.

Modes, in the plane of longitude and latitude, edges being straight lines there (RFC 7946):

==========  ====================================================================================
intersects  cells that share area with a polygon, that a stretch or a vertex of a line lies in,
            that own a point: all there is of the geometry lies in them, and none is idle
center      cells whose centre lies in a polygon; where polygons meet, each cell falls to one
within      cells that lie in a polygon wholly
==========  ====================================================================================

A polygon that only touches a cell does not cover it, so the cover of a cell's own outline is the
cell.  Points and lines have no area: for them center and within find nothing.  Overlapping rings
count by the even-odd rule.  A geometry across the antimeridian is either cut there (RFC 7946,
3.1.9) or goes on beyond 180 (179 to 181); longitudes -540 to 540 are read.

A geometry gives its codes; an array of geometries gives a `Cover`, offsets and cells, as Arrow
lists do: the cells of geometry i are ``cells[offsets[i]:offsets[i + 1]]``.  With form="int" cells
are numbers (int64).  ``limit`` bounds the number of cells, and is checked before they are made.

>>> import shapely
>>> cover(shapely.box(116.30, 39.90, 116.32, 39.92), 4)
['N50J47534', 'N50J47544', 'N50J47535', 'N50J47545']
>>> cover(shapely.LineString([(-0.01, 0.005), (0.01, 0.005)]), 4)
['N30A00000', 'N31A00000']
>>> compact(cover(shapely.box(116.25, 39.5, 116.5, 39.75), 4), max_cells=8)
['N50J471', 'N50J473']
>>> cover(shapely.box(110, 30, 111, 31), 7)
Traceback (most recent call last):
...
gridcode.errors.TooManyCellsError: the cover has 207360000 cells or more; \
allowed: limit=10000000
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np
import shapely
from numpy.typing import NDArray

from gridcode.cell import system as system_of
from gridcode.cover.grid import grid, hierarchy
from gridcode.cover.mixed import Owned, bounded, merged, spread
from gridcode.cover.plane import covered
from gridcode.cover.result import LIMIT, MODES, Cover, Form, Mode
from gridcode.cover.solid import cover_3d
from gridcode.errors import GridCodeError
from gridcode.h3grid import filling

__all__ = ["LIMIT", "Cover", "Form", "Mode", "compact", "cover", "cover_3d", "uncompact"]


@overload
def cover(
    geometry: shapely.Geometry,
    level: int,
    mode: Mode = ...,
    *,
    system: str = ...,
    limit: int = ...,
    form: Literal["text"] = ...,
) -> list[str]: ...
@overload
def cover(
    geometry: shapely.Geometry,
    level: int,
    mode: Mode = ...,
    *,
    system: str = ...,
    limit: int = ...,
    form: Literal["int"],
) -> NDArray[np.int64]: ...
@overload
def cover(
    geometry: Sequence[shapely.Geometry] | NDArray[Any],
    level: int,
    mode: Mode = ...,
    *,
    system: str = ...,
    limit: int = ...,
    form: Form = ...,
) -> Cover: ...
def cover(
    geometry: Any,
    level: int,
    mode: Mode = "intersects",
    *,
    system: str = "beidou",
    limit: int = LIMIT,
    form: Form = "text",
) -> Any:
    """The cells of a geometry, or of each of an array of geometries, in degrees, lon before lat.

    Points, lines, polygons with holes and collections of any depth; None and empty ones have no
    cells.  LevelError, CoordinateError (a vertex off the earth), PolarError (a polar cap at a level
    that the standard leaves open) and TooManyCellsError.
    """
    if mode not in MODES:
        raise GridCodeError("there is no such mode", str(mode), None, ", ".join(MODES))
    single = geometry is None or isinstance(geometry, shapely.Geometry)
    geometries = np.array([geometry] if single else geometry, dtype=object)
    if geometries.ndim != 1 or not shapely.is_valid_input(geometries).all():
        name = type(geometry).__name__
        raise GridCodeError("this is no geometry, nor a column of them", name, None, "shapely")
    if system == "h3":
        cells = filling.covered(geometries, level, mode, limit)
    else:
        cells = covered(grid(system), system_of(system), geometries, (level, mode, limit))
    return _given(cells, len(geometries), single, system, form)


def _given(cells: Owned, count: int, single: bool, system: str, form: Form) -> Any:
    found = cells.number if form == "int" else hierarchy(system).texts_of(cells.number)
    if not single:
        return Cover(np.searchsorted(cells.owner, np.arange(count + 1)), found)
    return found if form == "int" else [text.decode() for text in found.tolist()]


def _taken(cells: Any, system: str) -> tuple[Owned, int, bool, Form]:
    """Cells of one or of many geometries as owned numbers, and how they were given."""
    single = not isinstance(cells, Cover)
    column = np.asarray(cells if single else cells.cells)
    offsets = np.array([0, len(column)]) if single else cells.offsets
    form: Form = "int" if column.dtype.kind in "iu" and len(column) else "text"
    numbers = column.astype(np.int64) if form == "int" else hierarchy(system).integers_of(column)
    owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    return Owned(owner, numbers), len(offsets) - 1, single, form


@overload
def compact(cells: Cover, max_cells: int | None = ..., *, system: str = ...) -> Cover: ...
@overload
def compact(
    cells: NDArray[np.int64], max_cells: int | None = ..., *, system: str = ...
) -> NDArray[np.int64]: ...
@overload
def compact(
    cells: Sequence[str], max_cells: int | None = ..., *, system: str = ...
) -> list[str]: ...
def compact(cells: Any, max_cells: int | None = None, *, system: str = "beidou") -> Any:
    """The fewest cells of mixed levels that are the same area, in the form that is given.

    With ``max_cells``, at most so many for each geometry: cells give way to parents, those first
    that add the least area for each cell saved, so the result is a superset.  TooManyCellsError if
    even the highest levels are more (a geometry on both sides of the equator needs two BeiDou
    cells).
    """
    owned, count, single, form = _taken(cells, system)
    found = hierarchy(system)
    small = merged(found, owned) if max_cells is None else bounded(found, owned, max_cells)
    return _given(small, count, single, system, form)


@overload
def uncompact(cells: Cover, level: int, *, system: str = ..., limit: int = ...) -> Cover: ...
@overload
def uncompact(
    cells: NDArray[np.int64], level: int, *, system: str = ..., limit: int = ...
) -> NDArray[np.int64]: ...
@overload
def uncompact(
    cells: Sequence[str], level: int, *, system: str = ..., limit: int = ...
) -> list[str]: ...
def uncompact(cells: Any, level: int, *, system: str = "beidou", limit: int = LIMIT) -> Any:
    """All descendants of cells at one level, in the form that is given.

    LevelError if a cell is deeper, TooManyCellsError beyond the limit, before they are made.
    """
    owned, count, single, form = _taken(cells, system)
    if system == "h3":
        fine = filling.spread(owned, level, limit)
    else:
        fine = spread(grid(system), system_of(system), owned, (level, limit))
    return _given(fine.unique(), count, single, system, form)
