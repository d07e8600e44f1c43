"""The verbs of one code: compact, validate, is_valid, format, parse (编码文本的校验与书写).

>>> format("g00131032223023"), compact("G001310322-230230")
('G001310322-23023', 'G001310322230230')
>>> parse("G001023122-203103-131010.33003300330").below
'33003300330'
>>> format_morton("G00112322303233231203131"), parse_morton("412869894958481408-23")
('412869894958481408-23', 'G001123223-032332-312031.31')
>>> validate("G001310322-333300")
Traceback (most recent call last):
...
gridcode.errors.SymbolError: nothing of the earth lies in this cell in 'G001310322-333300' \
at position 14; allowed: digits of less than 60', 60", 180 and 90 degrees
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gridcode.coordinates import LATITUDE, LONGITUDE, Coordinate, angle
from gridcode.errors import CodeError, GridCodeError, SymbolError
from gridcode.geosot import caps
from gridcode.geosot.index import Index, read
from gridcode.geosot.levels import CAP_LEVEL, CAP_START, MAX_LEVEL

__all__ = [
    "Fields",
    "compact",
    "format",
    "format_morton",
    "index_at",
    "index_of",
    "is_valid",
    "parse",
    "parse_morton",
    "validate",
]


class Fields(NamedTuple):
    """A code taken apart: its level and its digits by field, most significant first."""

    level: int
    degrees: str
    minutes: str
    seconds: str
    below: str


def compact(code: str) -> str:
    """Upper case, without blanks and separators; the text is not checked any further."""
    return _tidy(code).replace("-", "").replace(".", "")


def _tidy(code: str) -> str:
    if not isinstance(code, str):
        raise CodeError("a code is text", str(code), None, "str")
    return "".join(code.split()).upper()


def index_of(code: str) -> Index:
    """The cell of a code; CodeError if there is none, PolarError if the standard leaves it open."""
    return _real(read(_tidy(code)), _tidy(code))


def index_at(lon: Coordinate, lat: Coordinate, level: int) -> Index:
    """The cell that owns a point."""
    x, y = angle(lon, LONGITUDE), angle(lat, LATITUDE)
    if caps.is_polar(y, level):
        return read(caps.write(x, y, level))
    return Index.of(x, y, level)


def _real(index: Index, text: str) -> Index:
    if not index.exists:
        level = next(step for step in range(1, 33) if not index.at(step).exists)
        digits = [place for place, symbol in enumerate(text) if symbol.isdigit()]
        raise SymbolError(
            "nothing of the earth lies in this cell",
            text,
            digits[level - 1] if text.startswith("G") else None,
            "digits of less than 60', 60\", 180 and 90 degrees",
        )
    if index.level >= CAP_LEVEL and index.corner[1].units >= CAP_START:
        caps.check(index)
    return index


def validate(code: str) -> str:
    """The printed form, with separators; CodeError or PolarError if it is no cell."""
    return index_of(code).code


def is_valid(code: str) -> bool:
    """Whether `validate` takes it."""
    try:
        validate(code)
    except GridCodeError:
        return False
    return True


def format(code: str) -> str:
    """The printed form of the standard: ``Gddddddddd-mmmmmm-ssssss.uuuuuuuuuuu``."""
    return validate(code)


def parse(code: str) -> Fields:
    """The digits of degrees, minutes, seconds and below."""
    digits = compact(validate(code))[1:]
    return Fields(len(digits), digits[:9], digits[9:15], digits[15:21], digits[21:])


def format_morton(code: str) -> str:
    """The decimal form: the Morton bits, left-aligned in 64, and the level."""
    index = index_of(code)
    return f"{index.morton}-{index.level}"


def parse_morton(text: str) -> str:
    """The code of a decimal form; CodeError if it is none."""
    found = re.fullmatch(r"\s*(\d{1,20})-(\d{1,2})\s*", text)
    morton, level = map(int, found.groups()) if found else (0, MAX_LEVEL + 1)
    if level > MAX_LEVEL or morton >= 1 << 64 or morton & ((1 << 64 - 2 * level) - 1):
        raise CodeError(
            "this is no decimal form",
            text,
            None,
            "64 Morton bits as a number, zero below the level, '-' and the level",
        )
    return _real(Index.from_morton(morton, level), text).code
