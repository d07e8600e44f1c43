"""The edges of cells along one axis, as whole numbers (网格线).

Both grids cut the earth by meridians and parallels, so outside the polar caps a cell is a column
times a row.  Columns and rows are numbered from the equator and from Greenwich: 0, 1, 2 to the
north and east, -1, -2, -3 to the south and west.  Edges are mirrored at zero.  Within each
``whole`` the cells are ``span`` long and the last one may be clipped, as GeoSOT clips 64' to 60';
in the BeiDou grid the two are equal and nothing is clipped.  Units are 1/2048".

>>> minutes = Lattice(span=32 * 122880, whole=7372800, limit=180 * 7372800, around=True)
>>> minutes.half
360
>>> [int(edge) // 122880 for edge in minutes.edge(np.arange(-1, 4))]
[-32, 0, 32, 60, 92]
>>> minutes.own(np.array([0.0, -0.5, 181.5 * 7372800.0])).tolist()
[0, -1, 363]
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Lattice", "area"]


class Lattice(NamedTuple):
    """One axis at one level.

    ``limit`` is where the cells end; longitude goes ``around``, so that numbers and edges go on
    beyond it.  If the limit is ``open``, what lies at or beyond it belongs to no cell (to a polar
    cap) and is numbered ``half``; else the last cell owns the limit.
    """

    span: int
    whole: int
    limit: int
    around: bool = False
    open: bool = False

    @property
    def parts(self) -> int:
        """Cells to a whole."""
        return -(-self.whole // self.span)

    @property
    def half(self) -> int:
        """Cells from zero to the limit."""
        rest = self.limit % self.whole
        return self.limit // self.whole * self.parts - (-rest // self.span)

    def number(self, units: NDArray[np.int64]) -> NDArray[np.int64]:
        """The cell of a whole magnitude, its side towards zero included."""
        found = units // self.whole
        if self.parts > 1:
            found = found * self.parts + (units - found * self.whole) // self.span
        return np.minimum(found, self.half if self.open else self.half - 1)

    def edge(self, number: NDArray[np.int64]) -> NDArray[np.int64]:
        """The western or southern edge of a cell; the next number gives the other edge."""
        if not self.around:
            return self._edge(number)
        turns = (number + self.half) // (2 * self.half)
        return self._edge(number - 2 * self.half * turns) + 2 * self.limit * turns

    def _edge(self, number: NDArray[np.int64]) -> NDArray[np.int64]:
        size = np.abs(number)
        edge = size // self.parts * self.whole
        if self.parts > 1:
            edge += size % self.parts * self.span
        signed: NDArray[np.int64] = np.where(number < 0, -1, 1) * np.minimum(edge, self.limit)
        return signed

    def own(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
        """The cell that owns a place: a cell owns its side towards zero."""
        place, shift = self._home(x)
        found = self.number(np.floor(np.abs(place)).astype(np.int64))
        return np.where(place < 0, -1 - found, found) + shift

    def above(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
        """The cell just east or north of a place."""
        if len(x) and x.min() >= 0 and x.max() < self.limit:
            return self.number(x.astype(np.int64))  # the same, in a third of the time
        place, shift = self._home(x)
        negative = place < 0
        size = np.where(negative, np.ceil(-place) - 1, np.floor(place))
        found = self.number(size.astype(np.int64))
        return np.where(negative, -1 - found, found) + shift

    def below(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
        """The cell just west or south of a place."""
        if len(x) and x.min() > 0 and x.max() < self.limit:
            return self.number(np.ceil(x).astype(np.int64) - 1)
        return -1 - self.above(-x)

    def wrap(self, number: NDArray[np.int64]) -> NDArray[np.int64]:
        """Bring numbers beyond the antimeridian back, into -half..half-1."""
        return (number + self.half) % (2 * self.half) - self.half if self.around else number

    def _home(self, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """A place brought into -limit..limit, and what that takes off the number of its cell."""
        if not self.around:
            return x, np.zeros(1, np.int64)
        turns = np.floor((x + self.limit) / (2 * self.limit))
        return x - 2 * self.limit * turns, 2 * self.half * turns.astype(np.int64)


def area(
    west: NDArray[np.int64],
    south: NDArray[np.int64],
    east: NDArray[np.int64],
    north: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Areas in the plane of longitude and latitude, exact: those of children add up to the whole.

    In square units of 1/2048"; west > east across the antimeridian.  The earth is 3.5e18 of them.
    """
    turn = np.where(west > east, 360 * 60 * 60 * 2048, 0)
    sizes: NDArray[np.int64] = (east + turn - west) * (north - south)
    return sizes
