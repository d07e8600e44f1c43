"""Unified identification code of an urban entity (城市数字公共基础设施统一识别代码), CJ/T 553-2024.

    420602 01 01 01 000000001 [L]
    |      |  |  |  |          check character of the external form
    |      |  |  |  serial, given by the locality (自定义码), nine digits
    |      |  |  minor class (小类)
    |      |  middle class (中类)
    |      major class (大类); 99 is left to the locality
    county-level division, GB/T 2260; filled up with zeros for what crosses counties or cities

The stored, canonical form is 21 digits. The external form adds one check character, ISO/IEC 7064
MOD 37,36 (GB/T 17710) over the 21 digits; the standard itself asks for none. Both are read, in
any width and case, with spaces and hyphens. Valid means: division in the table, shape, serial,
check character. Whether the class is registered is asked at assignment, not here. Serial
000000000 is reserved: it is never assigned, so a code that bears it is not valid.

>>> validate("４２０６０２-010101 000000001")
'420602010101000000001'
>>> format("420602010101000000001")
'420602010101000000001L'
>>> parse("420606020301000012345-2").division
'420606'
>>> validate("420682990101000000001X")
Traceback (most recent call last):
    ...
cim.errors.InvalidCheckCharacter: uic: the check character must be Y (MOD 37,36): \
'420682990101000000001X' at position 21
"""

from typing import NamedTuple

from stdnum.iso7064 import mod_37_36

from cim import code_text, divisions
from cim.code_text import CAPITALS, DIGITS, CodeText, compact
from cim.errors import InvalidCheckCharacter, InvalidComponent, InvalidDivision, InvalidLength

__all__ = [
    "RESERVED_SERIAL",
    "SCHEME",
    "EntityCode",
    "check_character",
    "compact",
    "encode",
    "external",
    "format",
    "is_valid",
    "parse",
    "validate",
]

SCHEME = "uic"
RESERVED_SERIAL = "000000000"
_CHECK_ALPHABET = DIGITS + CAPITALS
_LENGTH_RULE = "a code has 21 digits, or 22 characters with the check character"


class EntityCode(NamedTuple):
    """The segments of a valid code, each with its leading zeros."""

    division: str
    major: str
    middle: str
    minor: str
    serial: str

    @property
    def class_code(self) -> str:
        """The six digits of the class."""
        return self.major + self.middle + self.minor

    @property
    def code(self) -> str:
        """The canonical 21 digits."""
        return "".join(self)


def validate(text: str) -> str:
    """The canonical 21 digits; raises an InvalidCode that names the rule and the place."""
    reading = code_text.read(SCHEME, text)
    _check_shape(reading)
    if len(reading.code) == 22:
        _check_last(reading)
    return reading.code[:21]


def _check_shape(reading: CodeText) -> None:
    code = reading.code
    reading.need_length((21, 22), _LENGTH_RULE)
    reading.need_digits(0, 21, "the first 21 characters are digits")
    reading.need_among(21, 22, _CHECK_ALPHABET, "the check character is 0-9 or A-Z")
    if not divisions.exists(code[:6]):
        rule = f"there is no division {code[:6]} (GB/T 2260)"
        raise reading.fault(InvalidDivision, 0, rule)
    if code[12:21] == RESERVED_SERIAL:
        raise reading.fault(InvalidComponent, 12, "serial 000000000 is reserved")


def _check_last(reading: CodeText) -> None:
    right = mod_37_36.calc_check_digit(reading.code[:21])
    if reading.code[21] != right:
        rule = f"the check character must be {right} (MOD 37,36)"
        raise reading.fault(InvalidCheckCharacter, 21, rule)


def is_valid(text: str) -> bool:
    """Whether validate() accepts the text."""
    return code_text.passes(validate, text)


def format(text: str) -> str:
    """The external form: 22 characters, the last one the check character."""
    return external(validate(text))


def external(code: str) -> str:
    """The same of a code that is known to be canonical, as those in the database are.

    >>> external("420606020301000012345")
    '4206060203010000123452'
    """
    product = 36
    for digit in code.encode():
        product = _NEXT[product][digit]
    return code + _CHECK_ALPHABET[(1 - product) % 36]


def _next(product: int, digit: int) -> int:
    return (product + digit - ord("0")) % 36 * 2 % 37 or 35  # 36 * 2 % 37, where the sum is 36


# ISO 7064, the hybrid system of 37 and 36: the product after a product and an ASCII digit.
_NEXT = [[_next(product, digit) for digit in range(ord("9") + 1)] for product in range(37)]


def parse(text: str) -> EntityCode:
    """The segments of a code."""
    code = validate(text)
    return EntityCode(code[:6], code[6:8], code[8:10], code[10:12], code[12:])


def encode(division: str, class_code: str, serial: int) -> str:
    """The canonical code of a six-digit division, a six-digit class and a serial.

    The serial is from 1 to 999,999,999. Raises an InvalidCode, as `validate` does.

    >>> encode("420606", "990101", 7)
    '420606990101000000007'
    """
    segments = ((division, 6), (class_code, 6), (f"{serial:09d}", 9))
    text = "".join(segment for segment, _ in segments)
    start = 0
    for segment, width in segments:
        if len(segment) != width:
            raise InvalidLength(SCHEME, text, start, f"{segment!r} must have {width} digits")
        start += width
    return validate(text)


def check_character(text: str) -> str:
    """The character that the external form adds to 21 digits (校验码).

    >>> check_character("420606020301000012345")
    '2'
    """
    reading = code_text.read(SCHEME, text)
    reading.need_length((21,), "the check character is taken over 21 digits")
    reading.need_digits(0, 21, "the check character is taken over digits")
    return str(mod_37_36.calc_check_digit(reading.code))
