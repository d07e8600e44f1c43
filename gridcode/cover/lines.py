"""Lines over a lattice (折线穿越网格): each line is cut where it crosses a side of a cell.

The middle of each cut piece tells the cell that the piece lies in; the vertices are looked up as
points are.  So a line along a side belongs to the cell that owns the side, and a line that crosses
at a corner passes no third cell.  The same with a third axis for heights.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from gridcode.cover.runs import Ints, check_limit

__all__ = ["Axis", "Segments", "crossed"]

Floats = NDArray[np.float64]
_TINY = 2.0**-20
"""Pieces shorter than this, in units, are rounding."""
_WORK = 4


class Axis(Protocol):
    """What a line is cut at: `gridcode.lattice.Lattice`, or the layers of heights."""

    def own(self, x: Floats) -> Ints:
        """The cell that owns a place."""

    def above(self, x: Floats) -> Ints:
        """The cell just beyond a place."""

    def below(self, x: Floats) -> Ints:
        """The cell just before a place."""

    def edge(self, number: Ints) -> NDArray[Any]:
        """Where a cell begins."""


class Segments(NamedTuple):
    """Segments of lines: the geometry they belong to, and their ends, (n, 2) or (n, 3)."""

    owner: Ints
    start: Floats
    stop: Floats


def crossed(lines: Segments, axes: tuple[Axis, ...], limit: int) -> tuple[Ints, list[Ints]]:
    """The owner, and the cell on each axis, of all that the lines pass; a cell may come twice."""
    cuts = [_cuts(lines, axis, number, limit) for number, axis in enumerate(axes)]
    whole = np.arange(len(lines.owner))
    which = np.concatenate([whole, whole, *(found for found, _ in cuts)])
    part = np.concatenate([np.zeros(len(whole)), np.ones(len(whole)), *(at for _, at in cuts)])
    ranks = np.lexsort((part, which))
    which, part = which[ranks], part[ranks]
    length = np.abs(lines.stop - lines.start).max(axis=1, initial=0.0)
    pieces = (which[1:] == which[:-1]) & (np.diff(part) * length[which[1:]] > _TINY)
    middle = (part[1:] + part[:-1])[pieces] / 2
    seg = which[1:][pieces]
    inside = lines.start[seg] + middle[:, None] * (lines.stop - lines.start)[seg]
    points = np.concatenate([inside, lines.start, lines.stop])
    owner = np.concatenate([lines.owner[seg], lines.owner, lines.owner])
    return owner, [axis.own(points[:, number]) for number, axis in enumerate(axes)]


def _cuts(lines: Segments, axis: Axis, number: int, limit: int) -> tuple[Ints, Floats]:
    """Which segments cross a side of cells on an axis, and at which part of their length."""
    start, stop = lines.start[:, number], lines.stop[:, number]
    low, high = np.minimum(start, stop), np.maximum(start, stop)
    first = axis.above(low)
    lengths = np.where(high > low, axis.below(high) - first, 0)
    check_limit(int(lengths.sum()) // _WORK, limit)
    which: Ints = np.repeat(np.arange(len(lengths)), lengths)
    begin = np.cumsum(lengths) - lengths
    sides = axis.edge(np.arange(len(which)) + np.repeat(first + 1 - begin, lengths))
    part: Floats = (sides - start[which]) / (stop - start)[which]
    return which, part
