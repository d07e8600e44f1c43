"""A cell as one 64-bit number (整型编码): for indexes, joins and Arrow columns.

Numbers count cells in the order of their codes, each cell before its descendants, as a dictionary
has N50J before N50J47: a mixed radix whose digits are the segments.  A cell of level n takes
``SIZES[n]`` numbers, one of its own and those of all its descendants; so a cell and its
descendants are one range, `span`, the level is kept, and all numbers are less than 2^62, in the
same order as int64 and as PostgreSQL's bigint.  In each hemisphere the polar cap comes first.

>>> join("N"), join("N50J47"), join("S") == SIZES[0]
(0, 1442469388022258299, True)
>>> split(join("N50J47539B8"))
'N50J47539B8'
>>> first, last = span(join("N50J47"))
>>> first < join("N50J475") < join("N50J47539B8255") <= last < join("N50J50")
True
>>> split(-1)
Traceback (most recent call last):
...
gridcode.errors.CodeError: this number is no cell in '-1'; allowed: a BeiDou cell of level 0 to 10
"""

from __future__ import annotations

from gridcode.beidou.levels import LENGTHS, LEVELS, SYMBOLS, Level
from gridcode.beidou.text import level_of, validate
from gridcode.beidou.text import split as segments_of
from gridcode.errors import CodeError

__all__ = ["SHEETS", "SIZES", "bad_number", "join", "span", "split"]

_CAP = "000"
SHEETS = 1 + 60 * 22
"""Cells of level 1 of a hemisphere, the cap among them."""


def _sizes() -> tuple[int, ...]:
    parts = [SHEETS, *(row.lon_split * row.lat_split for row in LEVELS[1:])]
    sizes = [1]
    for count in reversed(parts):
        sizes.insert(0, 1 + count * sizes[0])
    return tuple(sizes)


SIZES = _sizes()
"""How many numbers a cell takes, by level, 0 to 10."""


def join(code: str) -> int:
    """The number of a canonical code."""
    hemisphere, *segments = segments_of(code, LENGTHS)
    number = SIZES[0] * (hemisphere == "S")
    for row, segment in zip(LEVELS, segments, strict=False):
        number += 1 + _ordinal(row, segment) * SIZES[row.level]
    return number


def _ordinal(row: Level, segment: str) -> int:
    """The place of a segment among those of its level, in the order of text."""
    if row.form == "sheet":
        return 0 if segment == _CAP else 22 * int(segment[:2]) - 21 + ord(segment[2]) - ord("A")
    first, *rest = map(SYMBOLS.index, segment)
    return row.lat_split * first + rest[0] if rest else first


def _segment(row: Level, ordinal: int) -> str:
    if row.form == "sheet":
        zone, line = divmod(ordinal - 1, 22)
        return f"{zone + 1:02d}{chr(ord('A') + line)}" if ordinal else _CAP
    if row.form == "z":
        return SYMBOLS[ordinal]
    first, second = divmod(ordinal, row.lat_split)
    return SYMBOLS[first] + SYMBOLS[second]


def split(number: int) -> str:
    """The code of a number; CodeError if it is none, PolarError if it lies deep in a cap."""
    if not 0 <= number < 2 * SIZES[0]:
        raise bad_number(number)
    south, rest = divmod(number, SIZES[0])
    code = "S" if south else "N"
    for row in LEVELS:
        if rest == 0:
            break
        ordinal, rest = divmod(rest - 1, SIZES[row.level])
        code += _segment(row, ordinal)
    return validate(code)


def span(number: int) -> tuple[int, int]:
    """The first and the last number of a cell and its descendants."""
    return number, number + SIZES[level_of(split(number))] - 1


def bad_number(number: int, row: int | None = None) -> CodeError:
    """The refusal of a number, to be raised."""
    what = "this number" if row is None else f"the number of row {row}"
    return CodeError(f"{what} is no cell", str(number), None, "a BeiDou cell of level 0 to 10", row)
