"""The table of levels of the BeiDou grid (北斗网格层级, GB/T 39409-2020 table 1 and 5.2, 6.2).

``levels.csv`` holds it: the length of a code of the level, the form of its segment, the number of
parts of the level above, and the size of a cell in 1/2048" (for heights, in layers).  A ``pair``
segment is one character of longitude and one of latitude; a ``z`` segment is one character,
2 * row + column; the ``sheet`` segment is the zone, two digits, and a letter (GB/T 13989).

>>> level(4)
Level(level=4, length=9, form='pair', lon_split=15, lat_split=10, lon_units=122880, \
lat_units=122880, height_split=15, height_units=122880, height_bits=17)
>>> level_of_length(7), level_of_length(7, LENGTHS_3D)
(3, 1)
>>> level(11)
Traceback (most recent call last):
...
gridcode.errors.LevelError: there is no level 11; allowed: 0 to 10
"""

from __future__ import annotations

import csv
from importlib import resources
from typing import Any, NamedTuple

from gridcode.coordinates import UNITS_PER_DEGREE
from gridcode.errors import LengthError, LevelError

__all__ = [
    "BODY_END",
    "LENGTHS",
    "LENGTHS_3D",
    "LEVELS",
    "MAX_LEVEL",
    "SYMBOLS",
    "Level",
    "check_level",
    "level",
    "level_of_length",
    "rows_of",
]

MAX_LEVEL = 10
SYMBOLS = "0123456789ABCDE"
BODY_END = 88 * UNITS_PER_DEGREE
"""Where the polar caps begin, in 1/2048"."""


class Level(NamedTuple):
    """One row of ``levels.csv``."""

    level: int
    length: int
    form: str
    lon_split: int
    lat_split: int
    lon_units: int
    lat_units: int
    height_split: int
    height_units: int
    height_bits: int

    @property
    def lon_count(self) -> int:
        """Cells between Greenwich and the antimeridian."""
        return 180 * UNITS_PER_DEGREE // self.lon_units

    @property
    def lat_count(self) -> int:
        """Cells between the equator and the polar cap."""
        return BODY_END // self.lat_units


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of a table that lies beside this module."""
    text = resources.files(__package__).joinpath(name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _read(row: dict[str, str]) -> Level:
    return Level(**{key: value if key == "form" else int(value) for key, value in row.items()})  # type: ignore[arg-type]


LEVELS: tuple[Level, ...] = tuple(map(_read, rows_of("levels.csv")))
LENGTHS = (1, *(row.length for row in LEVELS))
"""Length of a code by level, 0 to 10."""
LENGTHS_3D = tuple(length + number + 1 + (number > 0) for number, length in enumerate(LENGTHS))
"""The same of the interleaved codes with height, whose first segment has two digits."""


def check_level(number: Any, top: int = 0) -> int:
    """The level as an int; LevelError if the grid has no such level."""
    if isinstance(number, bool) or not hasattr(number, "__index__"):
        raise LevelError("a level is a whole number", str(number), None, f"{top} to {MAX_LEVEL}")
    if not top <= number <= MAX_LEVEL:
        raise LevelError(f"there is no level {number}", "", None, f"{top} to {MAX_LEVEL}")
    return int(number)


def level(number: int) -> Level:
    """The row of a level, 1 to 10 (level 0, the hemisphere, has no row)."""
    return LEVELS[check_level(number) - 1]


def level_of_length(length: int, lengths: tuple[int, ...] = LENGTHS, text: str = "") -> int:
    """The level of a code of this length; LengthError if no code has it."""
    if length not in lengths:
        raise LengthError(
            f"no code has {length} characters",
            text,
            max((stop for stop in lengths if stop < length), default=0),
            ", ".join(map(str, lengths)),
        )
    return lengths.index(length)
