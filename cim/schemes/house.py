"""House code (房屋代码), draft standard in use in Beijing, 23 characters.

    110101010 2020 0009 10001 2
    |         |    |    |     check character, ISO 7064 MOD 11-2, 0-9 or X
    |         |    |    room; 00000 is the building itself
    |         |    building in the street
    |         year of completion
    division down to the street, nine digits

JGJ/T 496-2022 may have another layout; its text was not available (see cim.schemes.opaque).

>>> validate("110101010 2020 0009 10001 2")
'11010101020200009100012'
>>> parse("11010101020200009000003").room
''
>>> is_valid("11010101020200009100013")
False
>>> validate("11010101020200009100013")
Traceback (most recent call last):
    ...
cim.errors.InvalidCheckCharacter: house: the check character must be 2 (MOD 11-2): \
'11010101020200009100013' at position 22
"""

from typing import NamedTuple

from stdnum.iso7064 import mod_11_2

from cim import code_text, divisions
from cim.code_text import DIGITS, compact
from cim.errors import InvalidCheckCharacter, InvalidDivision

__all__ = ["SCHEME", "House", "compact", "format", "is_valid", "parse", "validate"]

SCHEME = "house"
WHOLE_BUILDING = "00000"


class House(NamedTuple):
    """The segments of a code; `room` is "" for the whole building."""

    street: str
    year: str
    building: str
    room: str


def validate(text: str) -> str:
    """The canonical 23 characters; raises InvalidCode."""
    reading = code_text.read(SCHEME, text)
    reading.need_length((23,), "a house code has 23 characters")
    reading.need_digits(0, 22, "the first 22 characters are digits")
    reading.need_among(22, 23, DIGITS + "X", "the check character is 0-9 or X")
    code = reading.code
    if not divisions.plausible(code[:9]):
        raise reading.fault(InvalidDivision, 0, f"there is no street {code[:9]}")
    right = mod_11_2.calc_check_digit(code[:22])
    if code[22] != right:
        rule = f"the check character must be {right} (MOD 11-2)"
        raise reading.fault(InvalidCheckCharacter, 22, rule)
    return code


def is_valid(text: str) -> bool:
    """Whether validate() accepts the text."""
    return code_text.passes(validate, text)


def format(text: str) -> str:
    """The printed form, which is the canonical one."""
    return validate(text)


def parse(text: str) -> House:
    """The segments of a code."""
    code = validate(text)
    room = "" if code[17:22] == WHOLE_BUILDING else code[17:22]
    return House(code[:9], code[9:13], code[13:17], room)
