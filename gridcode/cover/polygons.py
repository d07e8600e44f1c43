"""Polygons over a lattice, row by row (多边形扫描线填充), all polygons at once.

An edge is cut where it leaves a row.  What a polygon covers of a row is what its pieces of edges
pass over, and what lies between the places where edges cross the lower side of the row: a point
inside, moved down, comes to the one or the other.  Coordinates are doubles in 1/2048", in which
the sides of cells are whole numbers; a vertex within a millionth of a unit of one is put on it,
for the corner of a cell, written in degrees as a double, is only that near to itself.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridcode.cover.runs import Ints, Places, Runs, check_limit, joined
from gridcode.lattice import Lattice

__all__ = ["Edges", "centers", "intersecting", "within"]

Floats = NDArray[np.float64]
_SNAP = 2.0**-20
_WORK = 8
"""Pieces of edges a cell that are worked on at most: a cell of few polygons has more."""


class Edges(NamedTuple):
    """Edges from (x0, y0) up to (x1, y1), with the polygon and the geometry they belong to."""

    part: Ints
    owner: Ints
    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats

    @classmethod
    def of(cls, part: Ints, owner: Ints, start: Floats, stop: Floats) -> Edges:
        """Edges between points (n, 2) in units, put on whole units and turned upwards."""
        start, stop = _snapped(start), _snapped(stop)
        down = stop[:, 1] < start[:, 1]
        low = np.where(down[:, None], stop, start)
        high = np.where(down[:, None], start, stop)
        return cls(part, owner, low[:, 0], low[:, 1], high[:, 0], high[:, 1])

    def take(self, chosen: NDArray[np.bool_] | Ints) -> Edges:
        """Those that are chosen."""
        part, owner = self.part[chosen], self.owner[chosen]
        return Edges(part, owner, *(field[chosen] for field in self[2:]))

    def at(self, y: Floats) -> Floats:
        """Where each edge is at a height between its ends; both ends are exact."""
        rise = np.where(self.y1 > self.y0, self.y1 - self.y0, 1.0)
        x = self.x0 + (y - self.y0) * ((self.x1 - self.x0) / rise)
        x = np.clip(x, np.minimum(self.x0, self.x1), np.maximum(self.x0, self.x1))
        return np.where(y >= self.y1, self.x1, x)


class _Pieces(NamedTuple):
    """Edges cut at rows."""

    edges: Edges
    row: Ints


def _snapped(points: Floats) -> Floats:
    whole = np.rint(points)
    return np.where(np.abs(points - whole) <= _SNAP, whole, points)


def _cut(edges: Edges, first: Ints, last: Ints, limit: int) -> _Pieces:
    """Each edge once for each of its rows first..last."""
    lengths = np.maximum(last - first + 1, 0)
    if lengths.size:
        check_limit(int(lengths.max()), limit)
        check_limit(int(lengths.sum()) // _WORK, limit + len(lengths))
    which = np.repeat(np.arange(len(lengths)), lengths)
    starts = np.cumsum(lengths) - lengths
    row = np.arange(len(which)) + np.repeat(first - starts, lengths)
    return _Pieces(edges.take(which), row)


def _between(part: Ints, owner: Ints, row: Ints, x: Floats) -> tuple[Ints, Ints, Floats, Floats]:
    """Owner, row, left and right of what lies between crossings, which come in pairs."""
    line = (row - row.min()) + part * (int(np.ptp(row)) + 1) if len(row) else row
    ranks = np.lexsort((x, line))
    left, right = ranks[0::2], ranks[1::2]
    return owner[left], row[left], x[left], x[right]


def _in_body(pieces: _Pieces, lat: Lattice) -> _Pieces:
    """Without the rows of the polar caps."""
    inside = (pieces.row >= -lat.half) & (pieces.row < lat.half)
    if inside.all():
        return pieces
    return _Pieces(pieces.edges.take(inside), pieces.row[inside])


def _runs(edges: Edges, axes: tuple[Lattice, Lattice], limit: int) -> tuple[Runs, Runs]:
    """Runs that edges pass through, and runs between edges on the lower sides of rows."""
    lon, lat = axes
    pieces = _in_body(_cut(edges, lat.above(edges.y0), lat.below(edges.y1), limit), lat)
    cut, row = pieces
    floor = lat.edge(row).astype(np.float64)
    low = cut.at(np.maximum(cut.y0, floor))
    high = cut.at(np.minimum(cut.y1, lat.edge(row + 1)))
    touched = _columns(cut.owner, row, np.minimum(low, high), np.maximum(low, high), lon)
    through = floor >= cut.y0
    rising = through & (cut.y1 > cut.y0)
    between = _between(cut.part[rising], cut.owner[rising], row[rising], low[rising])
    return touched, _columns(*between, lon)


def _columns(owner: Ints, row: Ints, left: Floats, right: Floats, lon: Lattice) -> Runs:
    """The columns that an open interval overlaps; a point within a column counts as well."""
    return Runs(owner, row, lon.above(left), lon.below(right))


def _level_edges(edges: Edges, axes: tuple[Lattice, Lattice]) -> Runs:
    """Runs that level edges pass through: those along a side of cells pass through none."""
    lon, lat = axes
    row = lat.above(edges.y0)
    inside = (row == lat.below(edges.y0)) & (row >= -lat.half) & (row < lat.half)
    flat, row = edges.take(inside), row[inside]
    return _columns(
        flat.owner, row, np.minimum(flat.x0, flat.x1), np.maximum(flat.x0, flat.x1), lon
    )


def _both(edges: Edges, axes: tuple[Lattice, Lattice], limit: int) -> tuple[Runs, Runs]:
    level = edges.y0 == edges.y1
    touched, between = _runs(edges.take(~level), axes, limit)
    return joined([touched, _level_edges(edges.take(level), axes)]), between


def intersecting(edges: Edges, axes: tuple[Lattice, Lattice], limit: int) -> Places:
    """Cells that share some area with the polygons."""
    runs = joined(list(_both(edges, axes, limit))).united()
    check_limit(runs.total, limit)
    return runs.cells()


def within(edges: Edges, axes: tuple[Lattice, Lattice], limit: int) -> Places:
    """Cells that no edge passes through and that lie inside."""
    touched, between = (runs.united() for runs in _both(edges, axes, limit))
    check_limit(max(between.total, touched.total), _WORK * limit)
    found = between.without(touched)
    check_limit(len(found.owner), limit)
    return found


def centers(edges: Edges, axes: tuple[Lattice, Lattice], limit: int) -> Places:
    """Cells whose centre lies inside; one on an edge belongs to the polygon east or north of it."""
    lon, lat = axes
    first, last = lat.above(edges.y0), lat.below(edges.y1)
    first += _middle(lat, first) < edges.y0
    last -= _middle(lat, last) >= edges.y1
    cut, row = _in_body(_cut(edges, first, last, limit), lat)
    x = cut.at(_middle(lat, row))
    owner, row, left, right = _between(cut.part, cut.owner, row, x)
    start, stop = lon.above(left), lon.below(right)
    start += _middle(lon, start) < left
    stop -= _middle(lon, stop) >= right
    runs = Runs(owner, row, start, stop).united()
    check_limit(runs.total, limit)
    return runs.cells()


def _middle(lattice: Lattice, number: Ints) -> Floats:
    """The middle of each cell of an axis."""
    middle: Floats = (lattice.edge(number) + lattice.edge(number + 1)) / 2
    return middle
