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
>>> write(Angle(0, False), Angle(89 * 7372800, True), 3)
Traceback (most recent call last):
...
gridcode.errors.PolarError: a polar cap has no level 3: the standard does not draw the order \
of its digits; allowed: levels 0 to 2 from 88 degrees to the pole
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from gridcode.beidou.levels import BODY_END, rows_of
from gridcode.cell import ExactBounds
from gridcode.coordinates import UNITS_PER_DEGREE, Angle
from gridcode.errors import PolarError, SymbolError

__all__ = ["CAPS", "MAX_CAP_LEVEL", "bounds", "deeper", "is_cap", "is_polar", "read", "write"]

MAX_CAP_LEVEL = 2


class CapCell(NamedTuple):
    """One row of ``caps.csv``: degrees of longitude, minutes of |latitude|."""

    segment: str
    west: int
    east: int
    from_minute: int
    to_minute: int

    def holds(self, lon: Angle, lat: Angle) -> bool:
        """Whether the cell owns a point: its faces towards the origin are its own, as elsewhere."""
        minute = lat.units * 60 // UNITS_PER_DEGREE
        ring = self.from_minute <= minute < self.to_minute or minute == self.to_minute == 5400
        return ring and self._spans(lon)

    def _spans(self, lon: Angle) -> bool:
        degree = lon.units // UNITS_PER_DEGREE
        if self.west > self.east:  # the one cell across the antimeridian
            return degree >= (-self.east if lon.negative else self.west)
        start, stop = (-self.east, -self.west) if lon.negative else (self.west, self.east)
        return start <= degree < stop


CAPS: dict[str, CapCell] = {
    row["segment"]: CapCell(
        row["segment"],
        int(row["west"]),
        int(row["east"]),
        int(row["from_minute"]),
        int(row["to_minute"]),
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
    return f"{hemisphere}000" + next(cell.segment for cell in CAPS.values() if cell.holds(lon, lat))


def read(code: str, level: int) -> str:
    """Check the code of a cap cell, 4 or more characters in canonical form, and give it back."""
    if level > MAX_CAP_LEVEL:
        raise deeper(level, code)
    if level == MAX_CAP_LEVEL and code[4:] not in CAPS:
        position = 4 if code[4] not in "0123" else 5
        raise SymbolError(f"there is no cap cell {code[4:]!r}", code, position, ", ".join(CAPS))
    return code


def bounds(code: str) -> ExactBounds:
    """The exact place of a cap cell; west > east for the one across the antimeridian."""
    cell = CAPS[code[4:]] if len(code) > 4 else CapCell("", -180, 180, 5280, 5400)
    near, far = Fraction(cell.from_minute, 60), Fraction(cell.to_minute, 60)
    south, north = (-far, -near) if code[0] == "S" else (near, far)
    return ExactBounds(Fraction(cell.west), south, Fraction(cell.east), north)
