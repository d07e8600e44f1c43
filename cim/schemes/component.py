"""City component identifier (城市部件标识码), CJ/T 214 and GB/T 30428.2, 16 digits.

    320508 01 01 000001
    |      |  |  sequence in the county
    |      |  minor class (小类)
    |      major class (大类): 01-06 are named (component_majors.csv), others are extensions
    county-level division

Structure from a sample in use (H). The list of minor classes was not available, so a minor class
is digits alone; 00 is no class. There is no check character.

>>> validate("320508-01-01-000001")
'3205080101000001'
>>> parse("4206060101000001").major_name
'公用设施类'
>>> parse("4206062101000001").major_name
''
>>> validate("4206060001000001")
Traceback (most recent call last):
    ...
cim.errors.InvalidComponent: component: 00 is no major class: '4206060001000001' at position 6
"""

from functools import cache
from typing import NamedTuple

from cim import code_text, divisions
from cim.code_text import compact
from cim.data import rows
from cim.errors import InvalidComponent, InvalidDivision

__all__ = ["SCHEME", "Component", "compact", "format", "is_valid", "parse", "validate"]

SCHEME = "component"


class Component(NamedTuple):
    """The segments of a code; `major_name` is "" for an extension class."""

    division: str
    major: str
    minor: str
    sequence: str
    major_name: str


@cache
def majors() -> dict[str, str]:
    """Chinese names of the major classes."""
    return {row["code"]: row["name_zh"] for row in rows("component_majors")}


def validate(text: str) -> str:
    """The canonical 16 digits; raises InvalidCode."""
    reading = code_text.read(SCHEME, text)
    reading.need_length((16,), "a component code has 16 digits")
    reading.need_digits(0, 16, "a component code is digits alone")
    code = reading.code
    if not divisions.plausible(code[:6]):
        raise reading.fault(InvalidDivision, 0, f"there is no division {code[:6]} (GB/T 2260)")
    if code[6:8] == "00":
        raise reading.fault(InvalidComponent, 6, "00 is no major class")
    if code[8:10] == "00":
        raise reading.fault(InvalidComponent, 8, "00 is no minor class")
    return code


def is_valid(text: str) -> bool:
    """Whether validate() accepts the text."""
    return code_text.passes(validate, text)


def format(text: str) -> str:
    """The printed form, which is the canonical one."""
    return validate(text)


def parse(text: str) -> Component:
    """The segments of a code."""
    code = validate(text)
    return Component(code[:6], code[6:8], code[8:10], code[10:], majors().get(code[6:8], ""))
