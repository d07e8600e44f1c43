"""What a grid gives to covers: its lattices and its cells as numbers, by column.

`gridcode.beidou.grid` and `gridcode.geosot.grid` are such grids; `gridcode.h3grid.grid` has all but
the lattices, and makes its covers itself.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from gridcode.errors import MixedSystemsError
from gridcode.lattice import Lattice

__all__ = ["Grid", "Hierarchy", "grid", "hierarchy"]

Ints = NDArray[np.int64]


class Hierarchy(Protocol):
    """Cells of one system as int64, (n,) in and out."""

    def integers_of(self, codes: NDArray[Any]) -> Ints:
        """The cells of codes."""

    def texts_of(self, numbers: Ints) -> NDArray[np.bytes_]:
        """The codes of cells."""

    def levels_of(self, numbers: Ints) -> NDArray[np.int8]:
        """The levels of cells."""

    def ancestors(self, numbers: Ints, level: int) -> Ints:
        """The ancestor of each cell at a level; a cell that has none there stays what it is."""

    def sizes(self, numbers: Ints) -> Ints:
        """Sizes of cells, exact: those of all descendants at one level add up to the cell's."""


class Grid(Hierarchy, Protocol):
    """A hierarchy whose cells are columns times rows."""

    def axes(self, level: int) -> tuple[Lattice, Lattice]:
        """Columns and rows of a level, 1 and deeper, outside the polar caps."""

    def integers_at(self, level: int, column: Ints, row: Ints) -> Ints:
        """The cells at columns and rows."""

    def sides(self, numbers: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """West, south, east, north in 1/2048"; west > east across the antimeridian."""

    def cap_cells(self, level: int, south: bool) -> Sequence[str]:
        """The codes of a polar cap at a level; PolarError where the standard leaves it open."""


_MODULES = {
    "beidou": "gridcode.beidou.grid",
    "geosot": "gridcode.geosot.grid",
    "h3": "gridcode.h3grid.grid",
}


def hierarchy(system: str) -> Hierarchy:
    """The cells of a system: beidou, geosot or h3."""
    if system not in _MODULES:
        raise MixedSystemsError("there is no such grid", system, None, ", ".join(_MODULES))
    return cast("Hierarchy", importlib.import_module(_MODULES[system]))


def grid(system: str) -> Grid:
    """The grid of a system with columns and rows: beidou or geosot."""
    return cast("Grid", hierarchy(system))
