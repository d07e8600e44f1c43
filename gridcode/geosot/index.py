"""A cell as whole numbers, and the text of it (网格单元的定位与编码, GB/T 40087-2021 6.2, annex C).

A cell of level L is the first L bits of the words of longitude and latitude.  Bits after the sign
count away from the equator and Greenwich, so the positioning corner (定位角点) is the one nearest
the origin, and the sides that meet there belong to the cell (C.3).

>>> read("G001310322-230230").at(7).code
'G0013103'
>>> read("G001310322-230230").bounds.east
Fraction(6979, 60)
>>> read("G0").at(0).code, read("G00").exists, read("G02").exists
('G', True, False)
>>> read("G001310322-4")
Traceback (most recent call last):
...
gridcode.errors.SymbolError: '4' is no digit of level 10 in 'G001310322-4' at position 11; \
allowed: 0, 1, 2, 3
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from gridcode.cell import ExactBounds
from gridcode.coordinates import UNITS_PER_DEGREE, Angle
from gridcode.errors import CodeError, LengthError, SymbolError
from gridcode.geosot.fields import SIGN, interleave, pack, separate, unpack
from gridcode.geosot.levels import MAX_LEVEL

__all__ = ["BREAKS", "Index", "read"]

BREAKS = ((9, "-"), (15, "-"), (21, "."))
"""Which separator stands after the digits of which level."""


class Index(NamedTuple):
    """Level, and the words of longitude and latitude, zero below the level."""

    level: int
    lon: int
    lat: int

    @classmethod
    def of(cls, lon: Angle, lat: Angle, level: int) -> Index:
        """The cell that owns a point outside the caps."""
        return cls(MAX_LEVEL, _word(lon), _word(lat)).at(level)

    @classmethod
    def from_morton(cls, morton: int, level: int) -> Index:
        """The cell of Morton bits that are left-aligned in 64."""
        return cls(level, *separate(morton)).at(level)

    def at(self, level: int) -> Index:
        """The ancestor at a level that is not below this one."""
        kept = (1 << MAX_LEVEL) - (1 << MAX_LEVEL - level)
        return Index(level, self.lon & kept, self.lat & kept)

    @property
    def morton(self) -> int:
        """The bits of both words, left-aligned in 64."""
        return int(interleave(self.lon, self.lat))

    @property
    def corner(self) -> tuple[Angle, Angle]:
        """The positioning corner, which belongs to the cell."""
        return tuple(Angle(unpack(word & ~SIGN), word >= SIGN) for word in self[1:])  # type: ignore[return-value]

    @property
    def sides(self) -> tuple[int, int, int, int]:
        """West, south, east and north in 1/2048", as far as the earth reaches."""
        west, east = _sides(self.lon, self.level, 180 * UNITS_PER_DEGREE)
        south, north = _sides(self.lat, self.level, 90 * UNITS_PER_DEGREE)
        return west, south, east, north

    @property
    def bounds(self) -> ExactBounds:
        """The same in degrees."""
        return ExactBounds(*(Fraction(side, UNITS_PER_DEGREE) for side in self.sides))

    @property
    def exists(self) -> bool:
        """Whether any of the earth lies in it: not so beyond 60', 60", 180 and 90 degrees."""
        west, south, east, north = self.sides
        return west < east and south < north

    @property
    def code(self) -> str:
        """The printed form, with separators."""
        digits = "".join(str(self.morton >> 62 - 2 * step & 3) for step in range(self.level))
        return "G" + punctuate(digits)


def punctuate(digits: str) -> str:
    """Put the separators between the digits of degrees, minutes, seconds and below."""
    start, text = 0, ""
    for stop, mark in BREAKS:
        if len(digits) > stop:
            text += digits[start:stop] + mark
            start = stop
    return text + digits[start:]


def _word(angle: Angle) -> int:
    return int(pack(angle.units)) | (SIGN if angle.negative else 0)


def _sides(word: int, level: int, limit: int) -> tuple[int, int]:
    if level == 0:
        return -limit, limit
    size = word & ~SIGN
    near, far = (min(unpack(end), limit) for end in (size, size + (1 << MAX_LEVEL - level)))
    return (-far, -near) if word >= SIGN else (near, far)


def read(code: str) -> Index:
    """The cell of a text in upper case, whether or not it exists; CodeError if it is none."""
    if not code.startswith("G"):
        raise SymbolError("a GeoSOT code begins with G", code, 0, "G")
    digits = [place for place, symbol in enumerate(code) if place and symbol not in "-."]
    if len(digits) > MAX_LEVEL:
        raise LengthError(f"a code has no {len(digits)} digits", code, digits[MAX_LEVEL], "0 to 32")
    morton = 0
    for step, place in enumerate(digits):
        if code[place] not in "0123":
            raise SymbolError(
                f"{code[place]!r} is no digit of level {step + 1}", code, place, "0, 1, 2, 3"
            )
        morton |= int(code[place]) << 62 - 2 * step
    _check_separators(code, len(digits))
    return Index.from_morton(morton, len(digits))


def _check_separators(code: str, level: int) -> None:
    """Separators are left out or stand where they belong, all of them."""
    plain = code.replace("-", "").replace(".", "")
    printed = "G" + punctuate(plain[1:])
    if code in (plain, printed):
        return
    place = next(
        (at for at, (a, b) in enumerate(zip(code, printed, strict=False)) if a != b),
        min(len(code), len(printed)),
    )
    raise CodeError(f"separators of level {level} stand elsewhere", code, place, printed)
