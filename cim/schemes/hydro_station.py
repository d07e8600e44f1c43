"""Hydrological station code (水文测站编码), SL 502-2010, eight characters.

    A BB C DDDD
    | |  | number
    | |  kind of station or section
    | river system (水系)
    basin (流域)

Digits and capitals. The lists of basins, systems and kinds were not available: shape alone is
checked, so that almost any eight characters pass; read the text as this scheme only where other
knowledge says so.

>>> validate("6010 7300")
'60107300'
>>> parse("60107300").basin
'6'
>>> is_valid("6010730")
False
>>> validate("6010#300")
Traceback (most recent call last):
    ...
cim.errors.InvalidCharacter: hydro_station: digits and capitals: '6010#300' at position 4
"""

from typing import NamedTuple

from cim import code_text
from cim.code_text import CAPITALS, DIGITS, compact

__all__ = ["SCHEME", "HydroStation", "compact", "format", "is_valid", "parse", "validate"]

SCHEME = "hydro_station"


class HydroStation(NamedTuple):
    """The segments of a code."""

    basin: str
    system: str
    kind: str
    number: str


def validate(text: str) -> str:
    """The canonical eight characters; raises InvalidCode."""
    reading = code_text.read(SCHEME, text)
    reading.need_length((8,), "a station code has eight characters")
    reading.need_among(0, 8, DIGITS + CAPITALS, "digits and capitals")
    return reading.code


def is_valid(text: str) -> bool:
    """Whether validate() accepts the text."""
    return code_text.passes(validate, text)


def format(text: str) -> str:
    """The printed form, which is the canonical one."""
    return validate(text)


def parse(text: str) -> HydroStation:
    """The segments of a code."""
    code = validate(text)
    return HydroStation(code[0], code[1:3], code[3], code[4:])
