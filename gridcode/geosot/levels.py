"""The table of levels of GeoSOT (剖分层级, GB/T 40087-2021 6.2 and table A.1).

``levels.csv`` holds, for each level 1 to 32, the field of the code that it belongs to, the span of
a cell and the whole that it is cut from, in 1/2048".  A degree of 60' is cut as if it had 64', a
minute of 60" as if it had 64"; so the last cell of a whole may be clipped, and what would lie
beyond does not exist.

>>> LEVELS[9]
Level(level=10, field='minute', span=3932160, whole=7372800)
>>> check_level(33)
Traceback (most recent call last):
...
gridcode.errors.LevelError: there is no level 33; allowed: 0 to 32
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from gridcode.coordinates import UNITS_PER_DEGREE
from gridcode.errors import LevelError
from gridcode.lattice import Lattice

__all__ = [
    "CAP_LEVEL",
    "CAP_START",
    "LEVELS",
    "MAX_LEVEL",
    "Level",
    "axes",
    "check_level",
    "rows_of",
]

MAX_LEVEL = 32
CAP_LEVEL = 8
"""From this level on, the parts of the earth beyond 88 degrees are polar caps."""
CAP_START = 88 * UNITS_PER_DEGREE


class Level(NamedTuple):
    """One row of ``levels.csv``."""

    level: int
    field: str
    span: int
    whole: int


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of a table that lies beside this module."""
    text = resources.files(__package__).joinpath(name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


LEVELS = tuple(
    Level(int(row["level"]), row["field"], int(row["span"]), int(row["whole"]))
    for row in rows_of("levels.csv")
)


def check_level(number: Any, top: int = 0) -> int:
    """The level as an int; LevelError if the grid has no such level."""
    if isinstance(number, bool) or not hasattr(number, "__index__"):
        raise LevelError("a level is a whole number", str(number), None, f"{top} to {MAX_LEVEL}")
    if not top <= number <= MAX_LEVEL:
        raise LevelError(f"there is no level {number}", "", None, f"{top} to {MAX_LEVEL}")
    return int(number)


@cache
def axes(level: int) -> tuple[Lattice, Lattice]:
    """The columns and the rows of a level, 1 to 32; without the caps from level 8 on."""
    row = LEVELS[check_level(level, top=1) - 1]
    lon = Lattice(row.span, row.whole, 180 * UNITS_PER_DEGREE, around=True)
    if level < CAP_LEVEL:
        return lon, Lattice(row.span, row.whole, 90 * UNITS_PER_DEGREE)
    return lon, Lattice(row.span, row.whole, CAP_START, open=True)
