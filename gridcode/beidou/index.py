"""A body cell as whole numbers and its text (行列号与编码, GB/T 39409-2020 5.2, annex B).

Rows and columns are counted away from the equator and from Greenwich, in every quadrant
(figures 3 to 8), so that all digits of levels 2 to 10 depend on magnitudes alone.

>>> read("N50J475")
Index(level=3, south=False, west=False, x=465, y=239)
>>> write(read("N50J475"))
'N50J475'
>>> write(read("N50J475").at(2))
'N50J47'
>>> read("N50J4753A")
Traceback (most recent call last):
...
gridcode.errors.SymbolError: 'A' is no latitude digit of level 4 in 'N50J4753A' at position 8; \
allowed: 0123456789
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from gridcode.beidou.levels import LENGTHS, LEVELS, SYMBOLS, Level, level_of_length
from gridcode.cell import ExactBounds
from gridcode.coordinates import Angle
from gridcode.errors import SymbolError

__all__ = ["Index", "read", "symbol_at", "write"]


class Index(NamedTuple):
    """Level, quadrant, and column and row of a cell of that level within the quadrant.

    Level 0 is a hemisphere: it has no west, x or y.
    """

    level: int
    south: bool
    west: bool
    x: int
    y: int

    @classmethod
    def of(cls, lon: Angle, lat: Angle, level: int) -> Index:
        """The cell that owns a point of the body (the caller has ruled the caps out)."""
        if level == 0:
            return cls(0, lat.negative, False, 0, 0)
        row = LEVELS[level - 1]
        return cls(
            level,
            lat.negative,
            lon.negative,
            lon.units // row.lon_units,
            lat.units // row.lat_units,
        )

    @classmethod
    def placed(cls, level: int, column: int, row: int) -> Index:
        """The cell at a column and a row counted from -1 to the west and south, 0 to the east."""
        half = LEVELS[level - 1].lon_count
        column = (column + half) % (2 * half) - half
        west, south = column < 0, row < 0
        return cls(level, south, west, -1 - column if west else column, -1 - row if south else row)

    @property
    def column(self) -> int:
        """The column from Greenwich, -1 the first to the west."""
        return -1 - self.x if self.west else self.x

    @property
    def row(self) -> int:
        """The row from the equator, -1 the first to the south."""
        return -1 - self.y if self.south else self.y

    def at(self, level: int) -> Index:
        """The ancestor at a level that is not below this one."""
        lon, lat = self.corner
        return Index.of(lon, lat, level)

    @property
    def corner(self) -> tuple[Angle, Angle]:
        """The positioning corner (定位角点), the one nearest the origin: it belongs to the cell."""
        if self.level == 0:
            return Angle(0, False), Angle(0, self.south)
        row = LEVELS[self.level - 1]
        return Angle(self.x * row.lon_units, self.west), Angle(self.y * row.lat_units, self.south)

    @property
    def bounds(self) -> ExactBounds:
        """Degrees; a hemisphere reaches to its pole."""
        if self.level == 0:
            south, north = (-90, 0) if self.south else (0, 90)
            return ExactBounds(*map(Fraction, (-180, south, 180, north)))
        row = LEVELS[self.level - 1]
        west, east = _sides(self.x * row.lon_units, row.lon_units, self.west)
        down, up = _sides(self.y * row.lat_units, row.lat_units, self.south)
        return ExactBounds(west.degrees, down.degrees, east.degrees, up.degrees)


def _sides(start: int, size: int, negative: bool) -> tuple[Angle, Angle]:
    near, far = Angle(start, negative), Angle(start + size, negative)
    return (far, near) if negative else (near, far)


def write(index: Index) -> str:
    """The code of a body cell."""
    lon, lat = index.corner
    text = "S" if index.south else "N"
    for row in LEVELS[: index.level]:
        x, y = lon.units // row.lon_units, lat.units // row.lat_units
        if row.form == "sheet":
            text += f"{30 - x if index.west else 31 + x:02d}{chr(ord('A') + y)}"
        else:
            text += _segment(row, x % row.lon_split, y % row.lat_split)
    return text


def _segment(row: Level, column: int, line: int) -> str:
    if row.form == "z":
        return SYMBOLS[2 * line + column]
    return SYMBOLS[column] + SYMBOLS[line]


def read(code: str) -> Index:
    """The cell of a body code in canonical form; CodeError if it is none."""
    depth = level_of_length(len(code), LENGTHS, code)
    if code[0] not in "NS":
        raise SymbolError(f"{code[0]!r} is no hemisphere", code, 0, "N, S")
    west, x, y = False, 0, 0
    for row in LEVELS[:depth]:
        if row.form == "sheet":
            west, x, y = _read_sheet(code)
            continue
        column, line = _read_segment(row, code)
        x, y = x * row.lon_split + column, y * row.lat_split + line
    return Index(depth, code[0] == "S", west, x, y)


def _read_sheet(code: str) -> tuple[bool, int, int]:
    zone = 10 * symbol_at(code, 1, "0123456", "zone digit") + symbol_at(
        code, 2, "0123456789", "zone digit"
    )
    if not 1 <= zone <= 60:
        raise SymbolError(f"there is no zone {code[1:3]}", code, 1, "01 to 60, 000 for the cap")
    y = symbol_at(code, 3, "ABCDEFGHIJKLMNOPQRSTUV", "row of level 1")
    return (True, 30 - zone, y) if zone <= 30 else (False, zone - 31, y)


def _read_segment(row: Level, code: str) -> tuple[int, int]:
    start = LENGTHS[row.level - 1]
    if row.form == "z":
        allowed = SYMBOLS[: row.lon_split * row.lat_split]
        line, column = divmod(symbol_at(code, start, allowed, f"digit of level {row.level}"), 2)
        return column, line
    return (
        symbol_at(code, start, SYMBOLS[: row.lon_split], f"longitude digit of level {row.level}"),
        symbol_at(
            code, start + 1, SYMBOLS[: row.lat_split], f"latitude digit of level {row.level}"
        ),
    )


def symbol_at(code: str, position: int, allowed: str, what: str) -> int:
    """The value of one character; SymbolError with its place if it may not stand there."""
    value = allowed.find(code[position])
    if value < 0:
        raise SymbolError(f"{code[position]!r} is no {what}", code, position, allowed)
    return value
