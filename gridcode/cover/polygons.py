"""Polygons over a lattice, row by row (多边形扫描线填充), all polygons at once.

An edge is cut where it leaves a row.  What a polygon covers of a row is what its pieces of edges
pass over, and what lies between the places where edges cross the lower side of the row: a point
inside, moved down, comes to the one or the other.  Coordinates are doubles in 1/2048", in which
the sides of cells are whole numbers; a vertex within a millionth of a unit of one is put on it,
for the corner of a cell, written in degrees as a double, is only that near to itself.

Rows are worked on in bands, so that memory does not grow with the height of a polygon, and the
cells of a band are counted before they are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridcode.cover.runs import Ints, Places, Runs, check_limit, joined
from gridcode.lattice import Lattice

__all__ = ["Edges", "scanned", "snapped"]

Floats = NDArray[np.float64]
_SNAP = 2.0**-20
_PIECES = 1 << 20
"""Pieces of edges in a band, about."""


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
        x0, y0, x1, y1 = (snapped(side) for points in (start, stop) for side in points.T)
        return cls(part, owner, x0, y0, x1, y1).upwards()

    def upwards(self) -> Edges:
        """The same edges, each from its lower end."""
        part, owner, *ends = self
        down = self.y1 < self.y0
        x0, y0, x1, y1 = ends
        low, high = (np.where(down, x1, x0), np.minimum(y0, y1)), np.where(down, x0, x1)
        return Edges(part, owner, *low, high, np.maximum(y0, y1))

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


class _Band(NamedTuple):
    """The edges that are worked on, the lattices, and the first and last row."""

    edges: Edges
    lon: Lattice
    lat: Lattice
    first: int
    last: int


def scanned(edges: Edges, axes: tuple[Lattice, Lattice], mode: str, limit: int) -> Places:
    """The cells of polygons by mode, in the order of their owners, then rows and columns."""
    found, left = [], limit
    for band in _bands(edges, axes, limit):
        runs = _MODES[mode](band)
        check_limit(runs.total, left, limit)
        left -= runs.total
        found.append(runs.cells())
    cells = Places(*(np.concatenate(fields) for fields in zip(*found, strict=True)))
    if len(found) == 1:
        return cells
    ranks = np.argsort(cells.owner, kind="stable")
    return Places(*(field[ranks] for field in cells))


def _bands(edges: Edges, axes: tuple[Lattice, Lattice], limit: int) -> Iterator[_Band]:
    lon, lat = axes
    first = np.maximum(lat.above(edges.y0), -lat.half)
    last = np.minimum(np.maximum(lat.below(edges.y1), lat.above(edges.y0)), lat.half - 1)
    lengths = last - first + 1
    check_limit(int(lengths.max()), limit)
    low, high = int(first.min()), int(last.max())
    count = -(-int(lengths.astype(np.float64).sum()) // _PIECES)
    step = -(-(high - low + 1) // max(count, 1))
    if count <= 1:
        yield _Band(edges, lon, lat, low, high)
        return
    for start in range(low, high + 1, step):
        stop = min(start + step - 1, high)
        yield _Band(edges.take((first <= stop) & (last >= start)), lon, lat, start, stop)


def snapped(points: Floats) -> Floats:
    """Places that are as near to a whole unit as rounding puts them, on it."""
    whole = np.rint(points)
    return np.where(np.abs(points - whole) <= _SNAP, whole, points)


def _cut(band: _Band, edges: Edges, first: Ints, last: Ints) -> tuple[Edges, Ints]:
    """Each edge once for each of its rows first..last that are in the band, and these rows."""
    first, last = np.maximum(first, band.first), np.minimum(last, band.last)
    lengths = np.maximum(last - first + 1, 0)
    which = np.repeat(np.arange(len(lengths)), lengths)
    starts = np.cumsum(lengths) - lengths
    row = np.arange(len(which)) + np.repeat(first - starts, lengths)
    return edges.take(which), row


def _between(part: Ints, owner: Ints, row: Ints, x: Floats) -> tuple[Ints, Ints, Floats, Floats]:
    """Owner, row, left and right of what lies between crossings, which come in pairs."""
    line = (row - row.min()) + part * (int(np.ptp(row)) + 1) if len(row) else row
    ranks = np.lexsort((x, line))
    left, right = ranks[0::2], ranks[1::2]
    return owner[left], row[left], x[left], x[right]


def _columns(owner: Ints, row: Ints, sides: tuple[Floats, Floats], lon: Lattice) -> Runs:
    """The columns that an open interval overlaps; a point within a column counts as well."""
    left, right = np.minimum(*sides), np.maximum(*sides)
    return Runs(owner, row, lon.above(left), lon.below(right))


def _runs(band: _Band, edges: Edges) -> tuple[Runs, Runs]:
    """Runs that rising edges pass through, and runs between them on the lower sides of rows."""
    lat = band.lat
    cut, row = _cut(band, edges, lat.above(edges.y0), lat.below(edges.y1))
    floor = lat.edge(row).astype(np.float64)
    low = cut.at(np.maximum(cut.y0, floor))
    high = cut.at(np.minimum(cut.y1, lat.edge(row + 1)))
    across = floor >= cut.y0
    owner, line, left, right = _between(
        cut.part[across], cut.owner[across], row[across], low[across]
    )
    return (
        _columns(cut.owner, row, (low, high), band.lon),
        _columns(owner, line, (left, right), band.lon),
    )


def _level_runs(band: _Band, edges: Edges) -> Runs:
    """Runs that level edges pass through: those along a side of cells pass through none."""
    row = band.lat.above(edges.y0)
    inside = (row == band.lat.below(edges.y0)) & (row >= band.first) & (row <= band.last)
    flat = edges.take(inside)
    return _columns(flat.owner, row[inside], (flat.x0, flat.x1), band.lon)


def _touched_and_between(band: _Band) -> tuple[Runs, Runs]:
    level = band.edges.y0 == band.edges.y1
    if not level.any():
        return _runs(band, band.edges)
    touched, between = _runs(band, band.edges.take(~level))
    return joined([touched, _level_runs(band, band.edges.take(level))]), between


def _intersecting(band: _Band) -> Runs:
    """Cells that share some area with the polygons."""
    return joined(list(_touched_and_between(band))).united()


def _within(band: _Band) -> Runs:
    """Cells that no edge passes through and that lie inside."""
    touched, between = _touched_and_between(band)
    return between.united().without(touched.united())


def _centers(band: _Band) -> Runs:
    """Cells whose centre lies inside; one on an edge belongs to the polygon east or north of it."""
    edges, lon, lat, *_ = band
    first, last = lat.above(edges.y0), lat.below(edges.y1)
    first += _middle(lat, first) < edges.y0
    last -= _middle(lat, last) >= edges.y1
    cut, row = _cut(band, edges, first, last)
    owner, row, left, right = _between(cut.part, cut.owner, row, cut.at(_middle(lat, row)))
    start, stop = lon.above(left), lon.below(right)
    start += _middle(lon, start) < left
    stop -= _middle(lon, stop) >= right
    return Runs(owner, row, start, stop).united()


def _middle(lattice: Lattice, number: Ints) -> Floats:
    """The middle of each cell of an axis."""
    middle: Floats = (lattice.edge(number) + lattice.edge(number + 1)) / 2
    return middle


_MODES: dict[str, Callable[[_Band], Runs]] = {
    "intersects": _intersecting,
    "center": _centers,
    "within": _within,
}
