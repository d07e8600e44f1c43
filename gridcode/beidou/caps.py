"""The polar caps, 88 degrees to the poles (极区网格, GB/T 39409-2020 5.3).

``caps.csv`` holds the sixteen cells of level 2 (figure 10): their digits, longitudes in degrees
(east positive) and distance from the equator in minutes; the southern cap is the mirror image.
Level 1 is the whole cap, ``N000`` or ``S000``.

Deeper levels are refused.  The standard does not draw the order of their digits, does not say how
01, 02 and 03 are divided, and prints 24 degrees for parts that can only be 2 degrees wide.

>>> write(Angle(0, False), Angle(89 * 7372800, True), 2)
'S00001'
>>> bounds("N00002").west, bounds("N00002").east
(Fraction(120, 1), Fraction(-120, 1))
>>> touching("N00000", diagonal=False)
['N00001', 'N00002', 'N00003']
>>> write(Angle(0, False), Angle(89 * 7372800, True), 3)
Traceback (most recent call last):
...
gridcode.errors.PolarError: a polar cap has no level 3: the standard does not draw the order \
of its digits; allowed: levels 0 to 2 from 88 degrees to the pole
"""

from __future__ import annotations

from gridcode.beidou.levels import BODY_END, rows_of
from gridcode.cap import CapCell
from gridcode.cell import ExactBounds
from gridcode.coordinates import Angle
from gridcode.errors import PolarError, SymbolError

__all__ = [
    "CAPS",
    "MAX_CAP_LEVEL",
    "bounds",
    "cells",
    "deeper",
    "is_cap",
    "is_polar",
    "read",
    "touching",
    "write",
]

MAX_CAP_LEVEL = 2
_WHOLE = CapCell(-180, 180, 88 * 60, 90 * 60)

CAPS: dict[str, CapCell] = {
    row["segment"]: CapCell(
        int(row["west"]), int(row["east"]), int(row["from_minute"]), int(row["to_minute"])
    )
    for row in rows_of("caps.csv")
}


def is_polar(lat: Angle) -> bool:
    """Whether a latitude lies in a cap: 88 degrees itself does."""
    return lat.units >= BODY_END


def is_cap(code: str) -> bool:
    """Whether a code is one of a cap."""
    return code[1:4] == "000"


def deeper(level: int, text: str = "") -> PolarError:
    """The refusal of a level, to be raised."""
    return PolarError(
        f"a polar cap has no level {level}: the standard does not draw the order of its digits",
        text,
        None,
        "levels 0 to 2 from 88 degrees to the pole",
    )


def write(lon: Angle, lat: Angle, level: int) -> str:
    """The code of a point of a cap, level 0 to 2; PolarError below."""
    if level > MAX_CAP_LEVEL:
        raise deeper(level)
    hemisphere = "S" if lat.negative else "N"
    if level < MAX_CAP_LEVEL:
        return (hemisphere + "000")[: 1 + 3 * level]
    return f"{hemisphere}000" + next(name for name, cell in CAPS.items() if cell.holds(lon, lat))


def read(code: str, level: int) -> str:
    """Check the code of a cap cell, 4 or more characters in canonical form, and give it back."""
    if level > MAX_CAP_LEVEL:
        raise deeper(level, code)
    if level == MAX_CAP_LEVEL and code[4:] not in CAPS:
        position = 4 if code[4] not in "0123" else 5
        raise SymbolError(f"there is no cap cell {code[4:]!r}", code, position, ", ".join(CAPS))
    return code


def cells(level: int, south: bool) -> list[str]:
    """The codes of one cap at a level from 1 on; PolarError from 3 on."""
    if level > MAX_CAP_LEVEL:
        raise deeper(level)
    whole = "S000" if south else "N000"
    return [whole + segment for segment in CAPS] if level == MAX_CAP_LEVEL else [whole]


def bounds(code: str) -> ExactBounds:
    """The exact place of a cap cell; west > east for the one across the antimeridian."""
    return CAPS.get(code[4:], _WHOLE).bounds(code[0] == "S")


def touching(code: str, diagonal: bool) -> list[str]:
    """The other cells of the cap that share a side, or with diagonal a corner."""
    own = CAPS.get(code[4:], _WHOLE)
    others = (other for other in cells(1 if len(code) == 4 else 2, code[0] == "S") if other != code)
    return [other for other in others if CAPS[other[4:]].touches(own, diagonal)]
