"""Geometries taken apart into points, lines and polygons in 1/2048" (几何拆分)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from gridcode.coordinates import UNITS_PER_DEGREE
from gridcode.cover.lines import Segments
from gridcode.cover.polygons import Edges, snapped
from gridcode.cover.runs import Ints
from gridcode.errors import CoordinateError

__all__ = ["Shapes", "parts_of", "taken_apart"]

Floats = NDArray[np.float64]
_FARTHEST = 540


class Shapes(NamedTuple):
    """Of all geometries at once: points (n, 2) with their owners, segments, edges of polygons."""

    point_owner: Ints
    points: Floats
    lines: Segments
    edges: Edges


def taken_apart(geometries: NDArray[Any]) -> Shapes:
    """Points, segments and edges of n geometries; CoordinateError if one is off the earth."""
    parts, owner = parts_of(geometries)
    kind = shapely.get_type_id(parts)
    points = parts[kind == 0]
    lines = (kind == 1) | (kind == 2)
    places, which = shapely.get_coordinates(points, return_index=True)
    return Shapes(
        owner[kind == 0][which],
        _units(places, owner[kind == 0][which]),
        Segments(*_sections(parts[lines], owner[lines])),
        _edges(parts[kind == 3], owner[kind == 3]),
    )


def parts_of(geometries: NDArray[Any]) -> tuple[NDArray[Any], Ints]:
    """Single geometries, out of collections of any depth, and whose they are."""
    owner = np.arange(len(geometries), dtype=np.int64)
    parts = geometries
    while (shapely.get_type_id(parts) > 3).any():
        parts, which = shapely.get_parts(parts, return_index=True)
        owner = owner[which]
    real = ~(shapely.is_missing(parts) | shapely.is_empty(parts))
    return parts[real], owner[real]


def _sections(lines: NDArray[Any], owner: Ints) -> tuple[Ints, Floats, Floats]:
    """Owner, start and stop of each section between two vertices of one line or ring."""
    places, which = shapely.get_coordinates(lines, return_index=True)
    same = which[1:] == which[:-1]
    owners = owner[which]
    units = _units(places, owners)
    return owners[:-1][same], units[:-1][same], units[1:][same]


def _edges(polygons: NDArray[Any], owner: Ints) -> Edges:
    rings, which = polygons, np.arange(len(polygons))
    if shapely.get_num_interior_rings(polygons).any():
        rings, which = shapely.get_rings(polygons, return_index=True)
    places, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    part = which[ring]
    x, y = (snapped(np.ascontiguousarray(side)) for side in _units(places, owner[part]).T)
    begin = part[:-1][same]
    ends = x[:-1][same], y[:-1][same], x[1:][same], y[1:][same]
    return Edges(begin, owner[begin], *ends).upwards()


def _units(places: Floats, owner: Ints) -> Floats:
    """Degrees as 1/2048", the product that a code of a float begins with."""
    bad = ~((np.abs(places[:, 0]) <= _FARTHEST) & (np.abs(places[:, 1]) <= 90))
    if bad.any():
        row = int(owner[bad.argmax()])
        raise CoordinateError(
            f"geometry {row} is off the earth",
            str(tuple(places[bad.argmax()].tolist())),
            None,
            f"longitudes -{_FARTHEST} to {_FARTHEST}, latitudes -90 to 90",
            row,
        )
    return places * float(UNITS_PER_DEGREE)
