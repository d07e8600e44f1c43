"""Covers in three dimensions (三维覆盖): footprints with a base and a top, and lines with heights.

A footprint's cells are those of its plane cover, in all layers that share some height with base
to top; a line's are those it passes, layer by layer.  Heights are ellipsoidal metres.

>>> import shapely
>>> roof = shapely.box(112.1400, 32.0200, 112.1402, 32.0201)
>>> cover_3d(roof, 20, 60.0, 100.0, system="geosot")
['GZ00262000000200402641']
>>> flight = shapely.LineString([(112.14, 32.02, 80.0), (112.141, 32.02, 160.0)])
>>> len(cover_3d(flight, 20, system="geosot"))
3
>>> cover_3d(roof, 20, system="geosot")
Traceback (most recent call last):
...
gridcode.errors.CoordinateError: geometry 0 has no heights; \
allowed: lines with Z, or base and top
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, overload

import numpy as np
import shapely
from numpy.typing import NDArray

from gridcode.cell import system as system_of
from gridcode.cell3d import solid
from gridcode.coordinates import UNITS_PER_DEGREE
from gridcode.cover.grid import Grid, grid
from gridcode.cover.lines import Axis, Segments, crossed
from gridcode.cover.plane import covered
from gridcode.cover.result import LIMIT, Cover
from gridcode.cover.runs import Ints, check_limit
from gridcode.errors import CoordinateError

__all__ = ["cover_3d"]


class _Cells(NamedTuple):
    """Cells by owner, 2D number and layer, all (n,) int64."""

    owner: Ints
    number: Ints
    layer: Ints


class Heights(NamedTuple):
    """Base and top, ellipsoidal metres, (n,) each."""

    base: NDArray[np.float64]
    top: NDArray[np.float64]


@overload
def cover_3d(
    geometry: shapely.Geometry,
    level: int,
    base: float | None = ...,
    top: float | None = ...,
    *,
    system: str = ...,
    reading: str | None = ...,
) -> list[str]: ...
@overload
def cover_3d(
    geometry: Sequence[shapely.Geometry] | NDArray[Any],
    level: int,
    base: NDArray[Any] | float | None = ...,
    top: NDArray[Any] | float | None = ...,
    *,
    system: str = ...,
    reading: str | None = ...,
) -> Cover: ...
def cover_3d(
    geometry: Any,
    level: int,
    base: Any = None,
    top: Any = None,
    *,
    system: str = "beidou",
    reading: str | None = None,
) -> Any:
    """The 3D cells of a geometry, or of each of n geometries.

    With ``base`` and ``top`` (numbers, or one for each geometry) the geometry is a footprint;
    without, lines with Z.  ``reading`` is how the system reads heights, by default its first.
    CoordinateError for heights that are missing, upside down or beyond the layers;
    TooManyCellsError beyond ten million cells, before they are made.
    """
    heights_of = solid(system)
    read = heights_of.READINGS[0] if reading is None else reading
    axis = heights_of.height_axis(level, read)
    single = geometry is None or isinstance(geometry, shapely.Geometry)
    geometries = np.array([geometry] if single else geometry, dtype=object)
    if base is None or top is None:
        cells = _lines(grid(system), geometries, level, axis)
    else:
        heights = Heights(*(np.broadcast_to(np.float64(h), len(geometries)) for h in (base, top)))
        cells = _prisms(system, geometries, level, (axis, heights))
    codes = heights_of.texts_3d(cells.number, cells.layer, level, read)
    if single:
        return [code.decode() for code in codes.tolist()]
    return Cover(np.searchsorted(cells.owner, np.arange(len(geometries) + 1)), codes)


def _prisms(
    system: str, geometries: NDArray[Any], level: int, solid: tuple[Axis, Heights]
) -> _Cells:
    """Footprints times layers."""
    axis, (base, top) = solid
    if not (base <= top).all():
        row = int(np.argmin(base <= top))
        raise CoordinateError(f"geometry {row} has its top under its base", str(top[row]), row=row)
    flat = covered(grid(system), system_of(system), geometries, (level, "intersects", LIMIT))
    first = axis.above(base)
    last = np.maximum(axis.below(top), first)
    lengths = (last - first + 1)[flat.owner]
    check_limit(int(lengths.astype(np.float64).sum()), LIMIT)
    cell = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(cell)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return _Cells(flat.owner[cell], flat.number[cell], first[flat.owner[cell]] + place)


def _lines(found: Grid, geometries: NDArray[Any], level: int, axis: Axis) -> _Cells:
    """Lines with Z, cut at columns, rows and layers."""
    lon, lat = found.axes(level)
    lines = _sections(geometries)
    owner, (column, row, layer) = crossed(lines, (lon, lat, axis), LIMIT)
    if ((row < -lat.half) | (row >= lat.half)).any():
        raise CoordinateError("a line with heights reaches a polar cap", "", None, "|lat| < 88")
    number = found.integers_at(level, lon.wrap(column), row)
    ranks = np.lexsort((layer, number, owner))
    cells = np.column_stack([owner, number, layer])[ranks]
    new = np.ones(len(cells), np.bool_)
    new[1:] = (cells[1:] != cells[:-1]).any(axis=1)
    return _Cells(*cells[new].T)


def _sections(geometries: NDArray[Any]) -> Segments:
    parts, owner = shapely.get_parts(geometries, return_index=True)
    flat = ~(shapely.has_z(parts) & (shapely.get_type_id(parts) == 1))
    if flat.any():
        row = int(owner[flat.argmax()])
        raise CoordinateError(
            f"geometry {row} has no heights", "", None, "lines with Z, or base and top", row
        )
    places, which = shapely.get_coordinates(parts, include_z=True, return_index=True)
    if not np.isfinite(places).all() or (np.abs(places[:, :2]) > (540, 90)).any():
        raise CoordinateError("a vertex is off the earth or has no height", "", None, "±540, ±90")
    places[:, :2] *= float(UNITS_PER_DEGREE)
    same = which[1:] == which[:-1]
    return Segments(owner[which[:-1]][same], places[:-1][same], places[1:][same])
