"""Covers of geometries by H3 cells (六边形覆盖): polygons by h3 itself, lines by walking along."""

from __future__ import annotations

from typing import Any

import h3
import h3.api.basic_int as h3int
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.affinity import translate

from gridcode.cover.mixed import Owned
from gridcode.cover.runs import check_limit
from gridcode.errors import CoordinateError, LevelError
from gridcode.h3grid.grid import levels_of
from gridcode.h3grid.outline import polygon

__all__ = ["covered", "spread"]

_CONTAIN = {"center": "center", "within": "full", "intersects": "overlap"}


def covered(geometries: NDArray[Any], level: int, mode: str, limit: int) -> Owned:
    """The cells of each of n geometries, each once."""
    owners, numbers = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    left = limit
    for row, geometry in enumerate(geometries):
        found = sorted(_cells(geometry, level, mode, left)) if geometry is not None else []
        left -= len(found)
        check_limit(limit - left, limit)
        owners.append(np.full(len(found), row, np.int64))
        numbers.append(np.array(found, np.int64))
    return Owned(np.concatenate(owners), np.concatenate(numbers))


def _cells(geometry: shapely.Geometry, level: int, mode: str, limit: int) -> set[int]:
    bounds = shapely.bounds(geometry)
    if not shapely.is_empty(geometry) and not (np.abs(bounds) <= [540, 90, 540, 90]).all():
        raise CoordinateError("a geometry is off the earth", str(bounds.tolist()))
    found: set[int] = set()
    for part in _at_home(geometry):
        if part.geom_type == "Polygon":
            found |= _polygon(part, level, mode, limit)
        elif mode == "intersects":
            is_point = part.geom_type == "Point"
            found |= _point(part, level) if is_point else _line(part, level, limit)
    return found


def _at_home(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    """Single parts within -180..180; what goes on beyond is cut off and turned back."""
    parts = [geometry]
    while any(hasattr(part, "geoms") for part in parts):
        parts = [one for part in parts for one in getattr(part, "geoms", [part])]
    parts = [part for part in parts if not part.is_empty]
    if not parts or shapely.total_bounds(parts)[[0, 2]].clip(-180, 180).tolist() == (
        shapely.total_bounds(parts)[[0, 2]].tolist()
    ):
        return parts
    cut = [
        translate(part.intersection(shapely.box(at, -90, at + 360, 90)), -at - 180)
        for part in parts
        for at in (-540, -180, 180)
    ]
    return _at_home(shapely.GeometryCollection(cut))


def _polygon(part: shapely.Polygon, level: int, mode: str, limit: int) -> set[int]:
    _check_size(part, level, limit)
    rings = [
        [(lat, lon) for lon, lat, *_ in ring.coords] for ring in (part.exterior, *part.interiors)
    ]
    shape = h3int.LatLngPoly(*rings)
    return set(h3int.h3shape_to_cells_experimental(shape, level, _CONTAIN[mode]))


def _check_size(part: shapely.Polygon, level: int, limit: int) -> None:
    """Refuse what has more than twice the limit by its area, before h3 reserves the memory."""
    flat = shapely.transform(part, _equal_area)
    count = flat.area * 6371.007**2 / h3.average_hexagon_area(level, "km^2")
    if count > 2 * limit:
        check_limit(int(count), limit)


def _equal_area(places: NDArray[np.float64]) -> NDArray[np.float64]:
    lon, lat = np.radians(places).T
    return np.column_stack([lon, np.sin(lat)])


def _point(part: shapely.Point, level: int) -> set[int]:
    return {h3int.latlng_to_cell(part.y, part.x, level)}


def _line(part: shapely.LineString, level: int, limit: int) -> set[int]:
    """Cells that a line passes: from the cells of its vertices on to all that it reaches."""
    _check_length(part, level, limit)
    fresh = {h3int.latlng_to_cell(lat, lon, level) for lon, lat, *_ in part.coords}
    found = set(fresh)
    shapely.prepare(part)
    while fresh:
        ring = {near for cell in fresh for near in h3int.grid_disk(cell, 1)} - found
        fresh = {cell for cell in ring if part.intersects(polygon(h3.int_to_str(cell)))}
        found |= fresh
        check_limit(len(found), limit)
    return found


def _check_length(part: shapely.LineString, level: int, limit: int) -> None:
    """Refuse what is too long for the limit, before the walk: no cell is four edges across."""
    lon, lat = np.radians(shapely.get_coordinates(shapely.segmentize(part, 1.0))).T
    steps = np.hypot(np.diff(lon) * np.cos((lat[1:] + lat[:-1]) / 2), np.diff(lat))
    count = steps.sum() * 6371.007 / (4 * h3.average_hexagon_edge_length(level, "km"))
    if count > limit:
        check_limit(int(count), limit)


def spread(cells: Owned, level: int, limit: int) -> Owned:
    """All descendants at a level."""
    deep = levels_of(cells.number) > level
    if deep.any():
        code = h3.int_to_str(int(cells.number[deep.argmax()]))
        raise LevelError(
            f"a cell is deeper than {level}", code, None, f"0 to {level}", int(deep.argmax())
        )
    count = [h3int.cell_to_children_size(number, level) for number in cells.number.tolist()]
    check_limit(sum(count), limit)
    found = [h3int.cell_to_children(number, level) for number in cells.number.tolist()]
    return Owned(
        np.repeat(cells.owner, count), np.array([n for some in found for n in some], np.int64)
    )
