"""Unit grid of city management (单元网格编码), GB/T 30428 practice and DB11 Beijing, 15 digits.

    420606 001 001 001
    |      |   |   sequence in the community, 001-999, west to east and north to south
    |      |   community or village (社区, 村)
    |      township or street (街道, 乡镇)
    county-level division

Township and county are looked up where the tables hold them. CJ/T 213-2005 is said to have had 14
digits (from memory); that form is not read.

>>> validate("420606 001 001 001")
'420606001001001'
>>> parse("420606001001001").township
'420606001'
>>> is_valid("420606001001000")
False
>>> validate("420606990001001")
Traceback (most recent call last):
    ...
cim.errors.InvalidDivision: unit_grid: there is no township 420606990: \
'420606990001001' at position 6
"""

from typing import NamedTuple

from cim import code_text, divisions
from cim.code_text import compact
from cim.errors import InvalidComponent, InvalidDivision

__all__ = ["SCHEME", "UnitGrid", "compact", "format", "is_valid", "parse", "validate"]

SCHEME = "unit_grid"


class UnitGrid(NamedTuple):
    """The segments of a code; township has 9 digits and community 12, with what holds them."""

    division: str
    township: str
    community: str
    sequence: str


def validate(text: str) -> str:
    """The canonical 15 digits; raises InvalidCode."""
    reading = code_text.read(SCHEME, text)
    reading.need_length((15,), "a unit grid code has 15 digits")
    reading.need_digits(0, 15, "a unit grid code is digits alone")
    code = reading.code
    if not divisions.plausible(code[:6]):
        raise reading.fault(InvalidDivision, 0, f"there is no division {code[:6]} (GB/T 2260)")
    if not divisions.plausible(code[:9]):
        raise reading.fault(InvalidDivision, 6, f"there is no township {code[:9]}")
    if code[12:] == "000":
        raise reading.fault(InvalidComponent, 12, "the sequence begins at 001")
    return code


def is_valid(text: str) -> bool:
    """Whether validate() accepts the text."""
    return code_text.passes(validate, text)


def format(text: str) -> str:
    """The printed form, which is the canonical one."""
    return validate(text)


def parse(text: str) -> UnitGrid:
    """The segments of a code."""
    code = validate(text)
    return UnitGrid(code[:6], code[:9], code[:12], code[12:])
