"""Cells of mixed levels (多级网格聚合): `compact`, `uncompact`, and covers of a bounded number.

All works on columns: cells as numbers, with the geometry (owner) that each belongs to.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridcode.cell import System
from gridcode.cover.grid import Grid, Hierarchy
from gridcode.cover.runs import Ints, check_limit
from gridcode.errors import LevelError, PolarError, TooManyCellsError

__all__ = ["Owned", "bounded", "merged", "spread"]


class Owned(NamedTuple):
    """Cells with their owners, both (n,) int64."""

    owner: Ints
    number: Ints

    def take(self, chosen: NDArray[np.bool_]) -> Owned:
        """Those that are chosen."""
        return Owned(self.owner[chosen], self.number[chosen])

    def joined(self, other: Owned) -> Owned:
        """Both together."""
        return Owned(*(np.concatenate(pair) for pair in zip(self, other, strict=True)))

    def unique(self) -> Owned:
        """Each once, by owner and number."""
        return self.take_first()[0]

    def take_first(self) -> tuple[Owned, Ints]:
        """Each once, by owner and number, and for each of these cells where it now stands."""
        ranks = np.lexsort((self.number, self.owner))
        sorted_ = Owned(self.owner[ranks], self.number[ranks])
        new = np.ones(len(ranks), np.bool_)
        new[1:] = (np.diff(sorted_.owner) != 0) | (sorted_.number[1:] != sorted_.number[:-1])
        places = np.empty(len(ranks), np.int64)
        places[ranks] = np.cumsum(new) - 1
        return sorted_.take(new), places


def merged(found: Hierarchy, cells: Owned) -> Owned:
    """The fewest cells that are the same area: no cell within another, no complete siblings."""
    cells = _outermost(found, cells.unique())
    level = found.levels_of(cells.number)
    for deep in range(int(level.max(initial=0)), 0, -1):
        here = found.levels_of(cells.number) == deep
        families = _Families.of(found, cells.take(here), deep)
        full = (families.waste == 0) & families.related
        cells = families.lifted(cells.take(~here), full)
    return cells.unique()


class _Families(NamedTuple):
    """Cells of one level by their parents: `family` is the row of a cell's parent."""

    cells: Owned
    family: Ints
    parents: Owned
    members: Ints
    waste: Ints
    related: NDArray[np.bool_]

    @classmethod
    def of(cls, found: Hierarchy, cells: Owned, level: int) -> _Families:
        """The families of cells of one level; a cell without a parent is a family by itself."""
        parents, family = Owned(cells.owner, found.ancestors(cells.number, level - 1)).take_first()
        members = np.bincount(family, minlength=len(parents.owner))
        area = np.zeros(len(parents.owner), np.int64)
        np.add.at(area, family, found.sizes(cells.number))
        related = found.levels_of(parents.number) == level - 1
        return cls(cells, family, parents, members, found.sizes(parents.number) - area, related)

    def lifted(self, others: Owned, chosen: NDArray[np.bool_]) -> Owned:
        """All cells again, the chosen families as their parents."""
        stay = self.cells.take(~chosen[self.family])
        return others.joined(stay).joined(self.parents.take(chosen))


def _outermost(found: Hierarchy, cells: Owned) -> Owned:
    """Without the cells that lie within others of their owner."""
    level = found.levels_of(cells.number)
    kinds = np.unique(level)
    covered = np.zeros(len(level), np.bool_)
    for coarse in kinds[:-1]:
        deeper = np.flatnonzero((level > coarse) & ~covered)
        above = found.ancestors(cells.number[deeper], int(coarse))
        both = cells.take(level == coarse).joined(Owned(cells.owner[deeper], above))
        first, places = both.take_first()
        held = np.zeros(len(first.owner), np.bool_)
        held[places[: len(places) - len(deeper)]] = True
        covered[deeper] = held[places[len(places) - len(deeper) :]]
    return cells.take(~covered)


def bounded(found: Hierarchy, cells: Owned, most: int) -> Owned:
    """At most so many cells an owner: cells give way to parents, least added area a cell first."""
    cells = merged(found, cells)
    for deep in range(int(found.levels_of(cells.number).max(initial=0)), 0, -1):
        counts = np.bincount(cells.owner)
        over = counts[cells.owner] > most
        if not over.any():
            return cells
        here = over & (found.levels_of(cells.number) == deep)
        families = _Families.of(found, cells.take(here), deep)
        chosen = _cheapest(families, counts - most) & families.related
        cells = merged(found, families.lifted(cells.take(~here), chosen))
    counts = np.bincount(cells.owner)
    if counts.max(initial=0) > most:
        row = int(counts.argmax())
        raise TooManyCellsError(
            f"geometry {row} needs {counts[row]} cells even of the highest levels",
            "",
            None,
            f"max_cells={most}",
            row,
        )
    return cells


def _cheapest(families: _Families, excess: Ints) -> NDArray[np.bool_]:
    """Families to lift: as few of the cheapest as take the excess away, else all of an owner."""
    saved = families.members - 1
    owner = families.parents.owner
    price = np.where(saved > 0, families.waste / np.maximum(saved, 1), np.inf)
    ranks = np.lexsort((price, owner))
    gain = np.cumsum(saved[ranks])
    start = np.searchsorted(owner[ranks], owner[ranks], side="left")
    before = gain - saved[ranks]
    chosen = np.zeros(len(saved), np.bool_)
    chosen[ranks] = before - before[start] < excess[owner[ranks]]
    return chosen


def spread(found: Grid, system: System, cells: Owned, request: tuple[int, int]) -> Owned:
    """All descendants of cells; request is the level and the limit.

    Of a cell that holds a cap those of the body alone, where the cap has no such level.
    """
    level, limit = request
    levels = found.levels_of(cells.number)
    if (levels > level).any():
        row = int(np.argmax(levels > level))
        code = str(found.texts_of(cells.number[row : row + 1])[0], "ascii")
        raise LevelError(f"a cell of row {row} is deeper than {level}", code, None, f"0 to {level}")
    if level == 0 or not len(levels):
        return cells
    _, south, _, north = found.sides(cells.number)
    lat = found.axes(level)[1]
    polar = np.minimum(np.abs(south), np.abs(north)) >= lat.limit
    body = _columns_and_rows(found, cells.take(~polar), level, limit)
    if not (polar | (levels == 0)).any():
        return body
    caps = _polar(found, system, cells.take(polar), level)
    return body.joined(caps).joined(_caps_below(found, cells.take(levels == 0), level))


def _polar(found: Grid, system: System, cells: Owned, level: int) -> Owned:
    """Descendants of cells beyond 88 degrees, one by one: they are few."""
    owners: list[int] = []
    codes: list[str] = []
    for owner, text in zip(cells.owner, found.texts_of(cells.number).tolist(), strict=True):
        code = text.decode()
        own = system.decode(code).level
        below = [code] if own == level else system.children(code, level)
        owners += [owner] * len(below)
        codes += below
    return Owned(np.array(owners, np.int64), _numbers(found, codes))


def _caps_below(found: Grid, cells: Owned, level: int) -> Owned:
    """The cells of the caps at a level that the earth, or a half of it, holds."""
    owners, codes = [], []
    _, south, _, north = found.sides(cells.number)
    for is_south, reach in ((False, north > 0), (True, south < 0)):
        try:
            caps = list(found.cap_cells(level, is_south)) if found.axes(level)[1].open else []
        except PolarError:
            continue
        for owner in cells.owner[reach]:
            owners += [owner] * len(caps)
            codes += caps
    return Owned(np.array(owners, np.int64), _numbers(found, codes))


def _numbers(found: Grid, codes: list[str]) -> Ints:
    return found.integers_of(np.array(codes, np.bytes_)) if codes else np.empty(0, np.int64)


def _columns_and_rows(found: Grid, cells: Owned, level: int, limit: int) -> Owned:
    """Descendants of cells outside the caps."""
    lon, lat = found.axes(level)
    west, south, east, north = (side.astype(np.float64) for side in found.sides(cells.number))
    first, bottom = lon.above(west), np.maximum(lat.above(south), -lat.half)
    wide = lon.below(east) - first + 1
    high = np.minimum(lat.below(north), lat.half - 1) - bottom + 1
    count = wide * np.maximum(high, 0)
    check_limit(int(count.astype(np.float64).sum()), limit)
    cell = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(cell)) - np.repeat(np.cumsum(count) - count, count)
    column = first[cell] + place % wide[cell]
    numbers = found.integers_at(level, lon.wrap(column), bottom[cell] + place // wide[cell])
    return Owned(cells.owner[cell], numbers)
