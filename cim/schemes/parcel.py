"""Parcel code (宗地代码, 宗海代码), first 19 characters of the real-estate unit code, GB/T 37346.

    420606 001 001 GB 00001
    |      |   |   |  sequence in the sub-zone, from 00001
    |      |   |   ownership letter + right letter (宗地特征码)
    |      |   cadastral sub-zone (地籍子区)
    |      cadastral zone (地籍区)
    county-level division, must be in the table

The letters are data (real_estate_unit_letters.csv), and so is that collective land ownership (A)
and homestead use (C) exist on collective land (J) alone. There is no check character.

>>> validate("420606 001001 gb00001")
'420606001001GB00001'
>>> format("420606001001GB00001")
'420606 001001 GB00001'
>>> parse("420606001001JC00012").right
'C'
>>> validate("420606001001GC00012")
Traceback (most recent call last):
    ...
cim.errors.InvalidComponent: parcel: right C does not exist on land of ownership G: \
'420606001001GC00012' at position 13
"""

from functools import cache
from typing import NamedTuple

from cim import code_text, divisions
from cim.code_text import CodeText, compact
from cim.data import Row, rows
from cim.errors import InvalidComponent, InvalidDivision

__all__ = ["SCHEME", "Parcel", "compact", "format", "is_valid", "letters", "parse", "validate"]

SCHEME = "parcel"


class Parcel(NamedTuple):
    """The segments of a parcel code."""

    division: str
    zone: str
    subzone: str
    ownership: str
    right: str
    sequence: str


@cache
def letters(position: int) -> dict[str, str]:
    """Letters allowed at a 1-based position of the unit code (13, 14, 20), with their meaning."""
    return {row["letter"]: row["meaning"] for row in _letter_rows(position)}


@cache
def owners(right: str) -> frozenset[str]:
    """Ownership letters that a right letter may stand with."""
    (row,) = (row for row in _letter_rows(14) if row["letter"] == right)
    return frozenset(row["only_with"].split() or letters(13))


def _letter_rows(position: int) -> list[Row]:
    table = rows("real_estate_unit_letters")
    return [row for row in table if row["position"] == str(position)]


def check_parcel(reading: CodeText) -> None:
    """Check the 19 characters of a parcel at the head of a code."""
    code = reading.code
    reading.need_digits(0, 12, "division, zone and sub-zone are digits")
    reading.need_among(12, 13, letters(13), "the ownership letter is one of G J Z")
    reading.need_among(13, 14, letters(14), "no such right letter")
    reading.need_digits(14, 19, "the sequence is five digits")
    if not divisions.exists(code[:6]):
        raise reading.fault(InvalidDivision, 0, f"there is no division {code[:6]} (GB/T 2260)")
    if code[12] not in owners(code[13]):
        rule = f"right {code[13]} does not exist on land of ownership {code[12]}"
        raise reading.fault(InvalidComponent, 13, rule)
    if code[14:19] == "00000":
        raise reading.fault(InvalidComponent, 14, "the sequence begins at 00001")


def validate(text: str) -> str:
    """The canonical 19 characters; raises InvalidCode."""
    reading = code_text.read(SCHEME, text)
    reading.need_length((19,), "a parcel code has 19 characters")
    check_parcel(reading)
    return reading.code


def is_valid(text: str) -> bool:
    """Whether validate() accepts the text."""
    return code_text.passes(validate, text)


def format(text: str) -> str:
    """The printed form, in groups of 6, 6 and 7."""
    code = validate(text)
    return f"{code[:6]} {code[6:12]} {code[12:]}"


def parse(text: str) -> Parcel:
    """The segments of a code."""
    code = validate(text)
    return Parcel(code[:6], code[6:9], code[9:12], code[12], code[13], code[14:])
