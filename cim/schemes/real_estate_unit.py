"""Real-estate unit code (不动产单元代码), GB/T 37346, 28 characters.

    420606 001001 GB00001 F00010002
    |                     |
    |                     fixture letter (定着物特征码) + eight digits of the fixture unit;
    |                     for F four digits of the building (幢) and four of the room (户)
    the 19 characters of the parcel (cim.schemes.parcel)

Which fixture letters go with which right letter is data (real_estate_unit_pairs.csv, conf M: the
practice of one registry product; W and Y leave it open). W, no fixture, has eight zeros (M).
There is no check character. The year of the standard is not settled (2018 or 2019).

>>> validate("420606 001001 GB00001 F00010002")
'420606001001GB00001F00010002'
>>> parse("420606001001GB00001F00010002").room
'0002'
>>> format("420606001001JA00001W00000000")
'420606 001001 JA00001 W00000000'
>>> validate("420606001001JD00001F00010002")
Traceback (most recent call last):
    ...
cim.errors.InvalidComponent: real_estate_unit: right D takes no fixture F: \
'420606001001JD00001F00010002' at position 19
"""

from functools import cache
from typing import NamedTuple

from cim import code_text
from cim.code_text import compact
from cim.data import rows
from cim.errors import InvalidComponent
from cim.schemes.parcel import check_parcel, letters

__all__ = ["SCHEME", "RealEstateUnit", "compact", "format", "is_valid", "parse", "validate"]

SCHEME = "real_estate_unit"
NO_FIXTURE = "W"


class RealEstateUnit(NamedTuple):
    """The segments of a unit code; building and room are "" when the fixture is no building."""

    parcel: str
    fixture: str
    unit: str
    building: str
    room: str


@cache
def fixtures(right: str) -> frozenset[str]:
    """Fixture letters that may stand with a right letter."""
    allowed = {row["letter14"]: row["fixture_letters"] for row in rows("real_estate_unit_pairs")}
    if allowed[right] == "unspecified":
        return frozenset(letters(20))
    return frozenset(allowed[right].split())


def validate(text: str) -> str:
    """The canonical 28 characters; raises InvalidCode."""
    reading = code_text.read(SCHEME, text)
    reading.need_length((28,), "a real-estate unit code has 28 characters")
    check_parcel(reading)
    reading.need_among(19, 20, letters(20), "the fixture letter is one of F L Q W")
    reading.need_digits(20, 28, "the fixture unit is eight digits")
    right, fixture = reading.code[13], reading.code[19]
    if fixture not in fixtures(right):
        raise reading.fault(InvalidComponent, 19, f"right {right} takes no fixture {fixture}")
    if fixture == NO_FIXTURE and reading.code[20:] != "00000000":
        raise reading.fault(InvalidComponent, 20, "no fixture (W) is followed by eight zeros")
    return reading.code


def is_valid(text: str) -> bool:
    """Whether validate() accepts the text."""
    return code_text.passes(validate, text)


def format(text: str) -> str:
    """The printed form, in groups of 6, 6, 7 and 9."""
    code = validate(text)
    return f"{code[:6]} {code[6:12]} {code[12:19]} {code[19:]}"


def parse(text: str) -> RealEstateUnit:
    """The segments of a code."""
    code = validate(text)
    unit = code[20:]
    building, room = (unit[:4], unit[4:]) if code[19] == "F" else ("", "")
    return RealEstateUnit(code[:19], code[19], unit, building, room)
