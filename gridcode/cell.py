"""A cell of any of the grids (网格单元): its code, its place, its kin.

A cell is a plain value.  What differs between the grids stays in their modules, which `Cell`
finds by the name of its system; no grid inherits from another.  Degrees, CGCS2000 (EPSG:4490),
longitude first.

>>> from gridcode import beidou
>>> cell = beidou.decode("N50J47539")
>>> cell.level, cell.parent().code, cell.contains(beidou.decode("N50J47539B8"))
(4, 'N50J475', True)
>>> cell.exact_bounds.south
Fraction(2399, 60)
>>> cell.parent(7)
Traceback (most recent call last):
...
gridcode.errors.LevelError: a parent of level 7 is not above level 4 in 'N50J47539'; allowed: 0 to 3
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
import shapely
from numpy.typing import NDArray

from gridcode.errors import LevelError, MixedSystemsError

__all__ = ["Bounds", "Cell", "Cells", "ExactBounds", "System", "box", "system"]

_MODULES = {
    "beidou": "gridcode.beidou",
    "geosot": "gridcode.geosot",
    "h3": "gridcode.h3grid",
}


class Bounds(NamedTuple):
    """Degrees; west > east when the cell lies across the antimeridian (as in RFC 7946, 5.2)."""

    west: float
    south: float
    east: float
    north: float


class ExactBounds(NamedTuple):
    """The same as exact rationals."""

    west: Fraction
    south: Fraction
    east: Fraction
    north: Fraction

    @property
    def center(self) -> tuple[Fraction, Fraction]:
        """The middle (lon, lat), with lon in -180..180."""
        turn = 360 if self.west > self.east else 0
        lon = (self.west + self.east + turn) / 2
        return lon - 360 if lon > 180 else lon, (self.south + self.north) / 2


class System(Protocol):
    """What a grid's module gives `Cell`; codes in, codes out."""

    def encode(self, lon: float, lat: float, level: int) -> str:
        """The code of the cell that owns a point."""

    def decode(self, code: str) -> Cell:
        """The cell of a code."""

    def parent(self, code: str, level: int) -> str:
        """The ancestor at a level that the caller has checked to be above."""

    def children(self, code: str, level: int) -> Sequence[str]:
        """The descendants at a level that the caller has checked to be below."""

    def neighbours(self, code: str, diagonal: bool) -> Sequence[str]:
        """The cells of the same level across the edges, and across the corners if diagonal."""

    def contains(self, code: str, other: str) -> bool:
        """Whether other is the same cell or a descendant."""

    def polygon(self, cell: Cell) -> shapely.Geometry:
        """The outline."""


def system(name: str) -> System:
    """The module of a grid by name: beidou, geosot or h3."""
    if name not in _MODULES:
        raise MixedSystemsError("there is no such grid", name, None, ", ".join(_MODULES))
    return cast("System", importlib.import_module(_MODULES[name]))


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: the grid it belongs to, its code in printed form, its level, its exact place."""

    system: str
    code: str
    level: int
    exact_bounds: ExactBounds
    exact_center: tuple[Fraction, Fraction]

    def __str__(self) -> str:
        return self.code

    @property
    def bounds(self) -> Bounds:
        """(west, south, east, north) in degrees, each the nearest double."""
        return Bounds(*map(float, self.exact_bounds))

    @property
    def center(self) -> tuple[float, float]:
        """(lon, lat) in degrees."""
        lon, lat = self.exact_center
        return float(lon), float(lat)

    def polygon(self) -> shapely.Geometry:
        """The outline, counter-clockwise; of two parts when it lies across the antimeridian."""
        return system(self.system).polygon(self)

    def parent(self, level: int | None = None) -> Cell:
        """The ancestor at a level, by default the next one up."""
        wanted = self.level - 1 if level is None else level
        if not 0 <= wanted < self.level:
            allowed = f"0 to {self.level - 1}" if self.level else "none, this is the top"
            raise LevelError(
                f"a parent of level {wanted} is not above level {self.level}",
                self.code,
                None,
                allowed,
            )
        grid = system(self.system)
        return grid.decode(grid.parent(self.code, wanted))

    def children(self, level: int | None = None) -> list[Cell]:
        """The descendants at a level, by default the next one down, in the order of their codes."""
        wanted = self.level + 1 if level is None else level
        if wanted <= self.level:
            raise LevelError(
                f"children of level {wanted} are not below level {self.level}",
                self.code,
                None,
                f"{self.level + 1} and deeper",
            )
        grid = system(self.system)
        return [grid.decode(code) for code in grid.children(self.code, wanted)]

    def neighbours(self, diagonal: bool = True) -> list[Cell]:
        """The cells of the same level that touch this one: 8 with the diagonals, 4 without.

        They cross hemispheres, zones and the antimeridian; fewer where the grid ends.
        """
        grid = system(self.system)
        return [grid.decode(code) for code in grid.neighbours(self.code, diagonal)]

    def contains(self, other: Cell | str) -> bool:
        """Whether other is this cell or one of its descendants."""
        if isinstance(other, Cell):
            if other.system != self.system:
                raise MixedSystemsError(
                    f"a {self.system} cell cannot contain a {other.system} cell",
                    other.code,
                    None,
                    self.system,
                )
            other = other.code
        return system(self.system).contains(self.code, other)


class Cells(NamedTuple):
    """Many cells, column by column: level (int8) and bounds in degrees (float64), all (n,)."""

    level: NDArray[np.int8]
    west: NDArray[np.float64]
    south: NDArray[np.float64]
    east: NDArray[np.float64]
    north: NDArray[np.float64]

    @property
    def center(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(lon, lat) in degrees; lon in -180..180 also for cells across the antimeridian."""
        across = self.west > self.east
        lon = (self.west + self.east + 360.0 * across) / 2
        return np.where(lon > 180, lon - 360, lon), (self.south + self.north) / 2

    def polygon(self) -> NDArray[Any]:
        """The outlines, an array of shapely geometries."""
        across = self.west > self.east
        whole: NDArray[Any] = shapely.box(self.west, self.south, self.east, self.north)
        for row in np.flatnonzero(across):
            whole[row] = box(Bounds(*(float(side[row]) for side in self[1:])))
        return whole


def box(bounds: Bounds) -> shapely.Geometry:
    """The outline of bounds in degrees, cut in two at the antimeridian if they cross it."""
    west, south, east, north = bounds
    if west <= east:
        return shapely.box(west, south, east, north)
    return shapely.MultiPolygon(
        [shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)]
    )
