"""The BeiDou grid from the rules of GB/T 39409-2020, with exact fractions.

Slow, and on purpose unlike the package: a cell is narrowed down level by level from its size in
degrees, and nothing of the package is used here.
"""

from __future__ import annotations

from fractions import Fraction

DIGITS = "0123456789ABCDE"
SECOND = Fraction(1, 3600)
SIZES = [
    (Fraction(1, 2), Fraction(1, 2)),
    (Fraction(1, 4), Fraction(1, 6)),
    (Fraction(1, 60), Fraction(1, 60)),
    *((size * SECOND, size * SECOND) for size in (4, 2)),
    *((SECOND / parts, SECOND / parts) for parts in (4, 32, 256, 2048)),
]
"""Longitude and latitude of a cell of levels 2 to 10, degrees."""


def code(lon: Fraction, lat: Fraction, level: int, west: bool, south: bool) -> str:
    """The code of a point outside the caps; the quadrant is given, since 0 has no sign."""
    x, y = abs(lon), abs(lat)
    text = "S" if south else "N"
    if level == 0:
        return text
    column, row = int(x // 6), int(y // 4)
    text += f"{30 - column if west else 31 + column:02}" + "ABCDEFGHIJKLMNOPQRSTUV"[row]
    x, y = x - 6 * column, y - 4 * row
    for number, (width, height) in enumerate(SIZES[: level - 1], start=2):
        column, row = int(x // width), int(y // height)
        x, y = x - column * width, y - row * height
        text += DIGITS[2 * row + column] if number in (3, 6) else DIGITS[column] + DIGITS[row]
    return text


def bounds(text: str) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    """West, south, east and north of a code of level 1 or deeper, outside the caps."""
    zone, row = int(text[1:3]), ord(text[3]) - ord("A")
    west = zone <= 30
    x, y = Fraction(6 * (30 - zone if west else zone - 31)), Fraction(4 * row)
    width, height = Fraction(6), Fraction(4)
    rest = text[4:]
    for number, (width_, height_) in enumerate(SIZES, start=2):
        if not rest:
            break
        width, height = width_, height_
        if number in (3, 6):
            line, column = divmod(DIGITS.index(rest[0]), 2)
            rest = rest[1:]
        else:
            column, line = DIGITS.index(rest[0]), DIGITS.index(rest[1])
            rest = rest[2:]
        x, y = x + column * width, y + line * height
    lon = (-x - width, -x) if west else (x, x + width)
    lat = (-y - height, -y) if text[0] == "S" else (y, y + height)
    return lon[0], lat[0], lon[1], lat[1]
