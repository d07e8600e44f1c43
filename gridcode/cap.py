"""A cell of a polar cap, between two meridians and two parallels (极区网格单元).

Both standards give the caps from 88 degrees to the pole as tables; the tables stand beside the
modules of the grids, the geometry here.  Degrees of longitude, east positive; minutes of latitude
away from the equator.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from gridcode.cell import ExactBounds
from gridcode.coordinates import UNITS_PER_DEGREE, Angle

__all__ = ["CapCell"]

_POLE = 90 * 60


class CapCell(NamedTuple):
    """One cell; west > east if it lies across the antimeridian, -180 to 180 if it goes around.

    >>> third = CapCell(128, -128, 5280, 5340)
    >>> third.holds(Angle(128 * 7372800, True), Angle(89 * 7372800 - 1, False))
    True
    >>> third.bounds(south=True).north
    Fraction(-88, 1)
    """

    west: int
    east: int
    from_minute: int
    to_minute: int

    def holds(self, lon: Angle, lat: Angle) -> bool:
        """Whether the cell owns a point: its sides towards the origin are its own, as elsewhere."""
        minute = lat.units * 60 // UNITS_PER_DEGREE
        ring = self.from_minute <= minute < self.to_minute or minute == self.to_minute == _POLE
        return ring and self._spans(lon)

    def _spans(self, lon: Angle) -> bool:
        degree = lon.units // UNITS_PER_DEGREE
        if self.west > self.east:
            return degree >= (-self.east if lon.negative else self.west)
        start, stop = (-self.east, -self.west) if lon.negative else (self.west, self.east)
        return start <= degree < stop

    def bounds(self, south: bool) -> ExactBounds:
        """The exact place, degrees."""
        near, far = Fraction(self.from_minute, 60), Fraction(self.to_minute, 60)
        low, high = (-far, -near) if south else (near, far)
        return ExactBounds(Fraction(self.west), low, Fraction(self.east), high)

    def touches(self, other: CapCell, diagonal: bool) -> bool:
        """Whether two cells of one cap share a side, or with diagonal a corner."""
        across = min(self.to_minute, other.to_minute) - max(self.from_minute, other.from_minute)
        along = max(
            min(a_east, b_east) - max(a_west, b_west)
            for a_west, a_east in self._turns()
            for b_west, b_east in other._turns()
        )
        return min(across, along) == 0 and (max(across, along) > 0 or diagonal)

    def _turns(self) -> list[tuple[int, int]]:
        """Its longitudes as intervals, on three turns of the earth."""
        east = self.east + 360 * (self.west > self.east)
        return [(self.west + turn, east + turn) for turn in (-360, 0, 360)]
