"""Runs of cells in rows (行程): what a geometry covers, before the cells are written out.

A run is a geometry, a row, and the first and last column.  Runs of one geometry in one row may
overlap; `united` cuts the overlaps off, so that their lengths tell the number of cells before any
of them is made.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridcode.errors import TooManyCellsError

__all__ = ["Ints", "Places", "Runs", "check_limit", "joined", "order"]

Ints = NDArray[np.int64]


class Places(NamedTuple):
    """Cells by geometry, row and column, all (n,) int64."""

    owner: Ints
    row: Ints
    column: Ints


class Runs(NamedTuple):
    """Runs of cells, all (n,) int64; those with last < first are empty."""

    owner: Ints
    row: Ints
    first: Ints
    last: Ints

    def united(self) -> Runs:
        """The same cells, each once, in the order of owner, row and column."""
        keep = np.flatnonzero(self.last >= self.first)
        ranks = keep[order(self.owner[keep], self.row[keep], self.first[keep])]
        owner, row, first, last = (field[ranks] for field in self)
        if not len(ranks):
            return Runs(owner, row, first, last)
        new = np.ones(len(ranks), np.bool_)
        new[1:] = (owner[1:] != owner[:-1]) | (row[1:] != row[:-1])
        # A line's running end never reaches into the next line, which lies a whole width further.
        lowest = int(first.min())
        line = (np.cumsum(new) - 1) * (int(last.max()) - lowest + 2)
        reach = np.maximum.accumulate(line + last - lowest)
        start = line + first - lowest
        start[1:] = np.maximum(start[1:], reach[:-1] + 1)
        start += lowest - line
        fresh = last >= start
        return Runs(owner[fresh], row[fresh], start[fresh], last[fresh])

    @property
    def total(self) -> int:
        """The number of cells, if the runs are united."""
        return int((self.last - self.first + 1).sum())

    def cells(self) -> Places:
        """Each cell of united runs."""
        lengths = self.last - self.first + 1
        starts = np.cumsum(lengths) - lengths
        column = np.arange(int(lengths.sum())) + np.repeat(self.first - starts, lengths)
        return Places(np.repeat(self.owner, lengths), np.repeat(self.row, lengths), column)

    def without(self, other: Runs) -> Runs:
        """These united runs, less the other united runs: what begins and ends is swept in order."""
        sets = (self, other)
        owner, row = (np.concatenate([s[field] for s in sets for _ in "ab"]) for field in (0, 1))
        column = np.concatenate([side for s in sets for side in (s.first, s.last + 1)])
        lengths = np.repeat([len(s.owner) for s in sets], 2)
        ranks = order(owner, row, column)
        mine = np.cumsum(np.repeat([1, -1, 0, 0], lengths)[ranks])
        theirs = np.cumsum(np.repeat([0, 0, 1, -1], lengths)[ranks])
        stretch = np.flatnonzero((mine > 0) & (theirs == 0))
        found = ranks[stretch]
        return Runs(owner[found], row[found], column[found], column[ranks[stretch + 1]] - 1)


def joined(runs: list[Runs]) -> Runs:
    """Several sets of runs as one."""
    return Runs(*(np.concatenate(fields) for fields in zip(*runs, strict=True)))


def order(owner: Ints, row: Ints, column: Ints) -> NDArray[np.intp]:
    """Ranks by owner, row and column: by one packed key where it fits into 63 bits."""
    if not len(owner):
        return np.empty(0, np.intp)
    lows = [int(field.min()) for field in (owner, row, column)]
    bits = [
        (int(field.max()) - low).bit_length()
        for field, low in zip((owner, row, column), lows, strict=True)
    ]
    if sum(bits) > 63:
        return np.lexsort((column, row, owner))
    key = ((owner - lows[0]) << bits[1] | row - lows[1]) << bits[2] | column - lows[2]
    return np.argsort(key)


def check_limit(count: int, left: int, limit: int | None = None) -> None:
    """TooManyCellsError if there would be more cells than are left of the limit."""
    whole = left if limit is None else limit
    if count > left:
        found = whole - left + count
        raise TooManyCellsError(f"the cover has {found} cells or more", "", None, f"limit={whole}")
