"""A cell with a bottom and a top (三维网格单元): a cell of a grid, one layer high.

Heights are geodetic (ellipsoidal) metres.  Heights of the 1985 National Height Datum (1985国家高程
基准) are less by the separation of the geoid from the ellipsoid (高程异常), which the caller gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol, cast

from gridcode.cell import Cell, system

__all__ = ["Cell3D", "HeightRange", "System3D"]


class HeightRange(NamedTuple):
    """Metres."""

    bottom: float
    top: float


class System3D(Protocol):
    """What a grid's module gives `Cell3D`."""

    def neighbour_up(self, cell: Cell3D, step: int) -> Cell3D:
        """The cell so many layers higher."""


@dataclass(frozen=True, slots=True)
class Cell3D:
    """One cell: its 3D code, how its height was read, the cell below it on the ground, its layer.

    ``layer`` counts layers of the cell's level from the ellipsoid: 0, 1, 2 up, -1, -2 down.
    """

    system: str
    code: str
    level: int
    reading: str
    base: Cell
    layer: int
    bottom: float
    top: float

    def __str__(self) -> str:
        return self.code

    def above(self) -> Cell3D:
        """The cell on top of this one."""
        return cast("System3D", system(self.system)).neighbour_up(self, 1)

    def below(self) -> Cell3D:
        """The cell under this one."""
        return cast("System3D", system(self.system)).neighbour_up(self, -1)

    def normal_heights(self, separation: float) -> HeightRange:
        """Bottom and top above the 1985 datum, given the geoid's height above the ellipsoid."""
        return HeightRange(self.bottom - separation, self.top - separation)
