"""A cell with a bottom and a top (三维网格单元): a cell of a grid, one layer high.

Heights are geodetic (ellipsoidal) metres.  Heights of the 1985 National Height Datum (1985国家高程
基准) are less by the separation of the geoid from the ellipsoid (高程异常), which the caller gives.

>>> from gridcode import beidou
>>> cell = beidou.decode_3d("N050J0047050340D90")
>>> cell.base.code, cell.layer, cell.above().layer, len(cell.neighbours())
('N50J47534D9', 0, 1, 26)
>>> cell.parent().code, cell.contains(cell.children()[5]), len(cell.children())
('N050J0047050340', True, 8)
>>> cell.parent(9)
Traceback (most recent call last):
...
gridcode.errors.LevelError: a parent of level 9 is not above level 5 in 'N50J47534D9'; \
allowed: 0 to 4
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
import shapely
from numpy.typing import NDArray

from gridcode.cell import Bounds, Cell, system
from gridcode.errors import CoordinateError, MixedSystemsError
from gridcode.heights import DEGREES, HeightAxis

__all__ = ["Cell3D", "HeightRange", "Solid", "solid", "stacked"]


class HeightRange(NamedTuple):
    """Metres."""

    bottom: float
    top: float


class Solid(Protocol):
    """What a grid gives to cells and covers with heights."""

    READINGS: tuple[str, ...]

    def height_axis(self, level: int, reading: str) -> HeightAxis:
        """The layers of a level."""

    def texts_3d(
        self, numbers: NDArray[np.int64], layer: NDArray[np.int64], level: int, reading: str
    ) -> NDArray[np.bytes_]:
        """The 3D codes of cells given as 2D numbers and layers."""


def solid(name: str) -> Solid:
    """The heights of a grid by name: beidou or geosot."""
    if name not in {"beidou", "geosot"}:
        raise MixedSystemsError("this grid has no heights", name, None, "beidou, geosot")
    return cast("Solid", importlib.import_module(f"gridcode.{name}.solid"))


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

    @property
    def bounds(self) -> Bounds:
        """(west, south, east, north) in degrees, as of the cell on the ground."""
        return self.base.bounds

    @property
    def center(self) -> tuple[float, float, float]:
        """(lon, lat) in degrees and the height of the middle in metres."""
        return *self.base.center, (self.bottom + self.top) / 2

    def polygon(self) -> shapely.Geometry:
        """The outline on the ground."""
        return self.base.polygon()

    def above(self) -> Cell3D:
        """The cell on top of this one; CoordinateError beyond 256 degrees of height."""
        return stacked(self.base, self.layer + 1, self.reading)

    def below(self) -> Cell3D:
        """The cell under this one."""
        return stacked(self.base, self.layer - 1, self.reading)

    def parent(self, level: int | None = None) -> Cell3D:
        """The ancestor at a level, by default the next one up: the beginning of the code."""
        base = self.base.parent(level)
        return stacked(base, self._layers_at(base.level)[0], self.reading)

    def children(self, level: int | None = None) -> list[Cell3D]:
        """The descendants at a level, by default the next one down, layer by layer."""
        bases = self.base.children(level)
        if not bases:  # all that GeoSOT cuts off beyond 88 degrees
            return []
        first, last = self._layers_at(bases[0].level)
        layers = range(first, last + 1)
        return _stacked([(base, layer) for layer in layers for base in bases], self.reading)

    def neighbours(self, diagonal: bool = True) -> list[Cell3D]:
        """The cells of the same level that touch this one: 26 with the diagonals, 6 without."""
        half = self._axis(self.level).lattice.half
        around = self.base.neighbours(diagonal)
        places = []
        for step in (-1, 0, 1):
            bases = [self.base, *around] if diagonal or step == 0 else [self.base]
            if -half <= self.layer + step < half:
                places += [(base, self.layer + step) for base in bases]
        return _stacked(
            [place for place in places if place != (self.base, self.layer)], self.reading
        )

    def contains(self, other: Cell3D) -> bool:
        """Whether other is this cell or one of its descendants."""
        if (other.system, other.reading) != (self.system, self.reading):
            raise MixedSystemsError(
                f"a {self.system} cell, heights as {self.reading}, cannot contain this one",
                other.code,
                None,
                f"{self.system}, {self.reading}",
            )
        if other.level < self.level or not self.base.contains(other.base):
            return False
        return other._layers_at(self.level)[0] == self.layer

    def normal_heights(self, separation: float) -> HeightRange:
        """Bottom and top above the 1985 datum, given the geoid's height above the ellipsoid."""
        return HeightRange(self.bottom - separation, self.top - separation)

    def _axis(self, level: int) -> HeightAxis:
        return solid(self.system).height_axis(level, self.reading)

    def _layers_at(self, level: int) -> tuple[int, int]:
        """The lowest and the highest layer of a level that share height with this cell."""
        ends = self._axis(self.level).lattice.edge(np.array([self.layer, self.layer + 1]))
        first, last = self._axis(level).at(ends - np.array([0, 1])).tolist()
        return first, last


def stacked(base: Cell, layer: int, reading: str) -> Cell3D:
    """The cell of a layer over a cell on the ground; CoordinateError beyond 256 degrees."""
    half = solid(base.system).height_axis(base.level, reading).lattice.half
    if not -half <= layer < half:
        raise CoordinateError("there is no layer beyond", base.code, None, f"{DEGREES} degrees")
    return _stacked([(base, layer)], reading)[0]


def _stacked(places: list[tuple[Cell, int]], reading: str) -> list[Cell3D]:
    """Cells of one level, given on the ground and by layer."""
    if not places:
        return []
    bases, layers = zip(*places, strict=True)
    name, level = bases[0].system, bases[0].level
    heights, grid = solid(name), cast("Any", system(name))
    axis = heights.height_axis(level, reading)
    numbers = grid.to_integer(np.array([base.code.encode() for base in bases]))
    codes = heights.texts_3d(numbers, np.array(layers), level, reading).tolist()
    bottoms = axis.edge(np.array(layers)).tolist()
    tops = axis.edge(np.array(layers) + 1).tolist()
    return [
        Cell3D(name, code.decode(), level, reading, base, layer, bottom, top)
        for base, layer, code, bottom, top in zip(bases, layers, codes, bottoms, tops, strict=True)
    ]
