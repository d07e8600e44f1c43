"""The kin of a cell: ancestors, descendants, neighbours (父子网格与相邻网格).

Ancestors are beginnings of the code.  Neighbours are looked up where they lie, so hemispheres,
zones and the antimeridian are crossed without a rule of their own.

>>> neighbours("N31A00", diagonal=False)
['S31A00', 'N30A00', 'N31A10', 'N31A01']
>>> children("N000", 2)[:3]
['N00000', 'N00001', 'N00002']
>>> children("N50J47", 7)
Traceback (most recent call last):
...
gridcode.errors.TooManyCellsError: 51840000 children of level 7 in 'N50J47'; allowed: 1000000
"""

from __future__ import annotations

from itertools import product

from gridcode.beidou import caps
from gridcode.beidou.index import Index, read, write
from gridcode.beidou.integers import SHEETS
from gridcode.beidou.levels import BODY_END, LENGTHS, LEVELS, SYMBOLS, Level, check_level
from gridcode.beidou.text import level_of, validate
from gridcode.coordinates import Angle
from gridcode.errors import TooManyCellsError

__all__ = ["children", "contains", "neighbours", "parent"]

MAX_CHILDREN = 1_000_000


def parent(code: str, level: int) -> str:
    """The ancestor at a level: the beginning of the code."""
    return validate(code)[: LENGTHS[check_level(level)]]


def contains(code: str, other: str) -> bool:
    """Whether other is the same cell or a descendant: whether it begins with the code."""
    return validate(other).startswith(validate(code))


def children(code: str, level: int) -> list[str]:
    """The descendants at a deeper level; TooManyCellsError beyond a million.

    Of a hemisphere those of the body alone where the cap has no such level.
    """
    text = validate(code)
    own = level_of(text)
    if len(text) > 1 and caps.is_cap(text):
        return caps.cells(level, text[0] == "S")
    rows = LEVELS[own : check_level(level)]
    count = 1
    for row in rows:
        count *= SHEETS - 1 if row.form == "sheet" else row.lon_split * row.lat_split
    if count > MAX_CHILDREN:
        raise TooManyCellsError(f"{count} children of level {level}", text, None, f"{MAX_CHILDREN}")
    body = [text + "".join(segments) for segments in product(*map(_segments, rows))]
    if own == 0 and level <= caps.MAX_CAP_LEVEL:
        return caps.cells(level, text == "S") + body
    return body


def _segments(row: Level) -> list[str]:
    """All segments of a level in the order of text."""
    if row.form == "sheet":
        return [f"{zone:02d}{chr(ord('A') + line)}" for zone in range(1, 61) for line in range(22)]
    if row.form == "z":
        return list(SYMBOLS[: row.lon_split * row.lat_split])
    return [a + b for a in SYMBOLS[: row.lon_split] for b in SYMBOLS[: row.lat_split]]


def neighbours(code: str, diagonal: bool) -> list[str]:
    """Cells of the same level across the sides, and with diagonal across the corners.

    From south to north, each row from west to east.
    """
    text = validate(code)
    if level_of(text) == 0:
        return ["N" if text == "S" else "S"]
    if caps.is_cap(text):
        return caps.touching(text, diagonal) + _below_cap(text, diagonal)
    index = read(text)
    steps = [(x, y) for y in (-1, 0, 1) for x in (-1, 0, 1) if (x, y) != (0, 0)]
    found = [
        _at(index.level, index.column + x, index.row + y)
        for x, y in steps
        if diagonal or x == 0 or y == 0
    ]
    return [other for other in dict.fromkeys(found) if other]


def _at(level: int, column: int, row: int) -> str | None:
    """The cell at a signed column and row; beyond the last row a cell of the cap, if it has any."""
    index = Index.placed(level, column, row)
    if index.y < LEVELS[level - 1].lat_count:
        return write(index)
    if level > caps.MAX_CAP_LEVEL:
        return None
    return caps.write(index.corner[0], Angle(BODY_END, index.south), level)


def _below_cap(code: str, diagonal: bool) -> list[str]:
    """The body cells along 88 degrees that touch a cell of the cap."""
    level, south = level_of(code), code[0] == "S"
    half, end = LEVELS[level - 1].lon_count, LEVELS[level - 1].lat_count
    body, beyond = (-end, -1 - end) if south else (end - 1, end)
    steps = (-1, 0, 1) if diagonal else (0,)
    columns = [
        column
        for column in range(-half, half)
        if any(_at(level, column + step, beyond) == code for step in steps)
    ]
    return [other for column in columns if (other := _at(level, column, body))]
