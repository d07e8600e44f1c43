"""Unified social credit code (统一社会信用代码), GB 32100-2015, 18 characters.

    9 1 110000 60003734 1 L
    | | |      |          check character, modulus 31 (python-stdnum)
    | | |      organisation code (组织机构代码), nine characters
    | | division of the registering office, not looked up: offices outlive their divisions
    | kind of body
    registering department (登记管理部门)

The alphabet is the digits and the capitals without I, O, S, V and Z. python-stdnum's own validate
takes digits alone in the first two places and so refuses N2..., rural collective bodies, which
own land; its check character is used, its shape rule is not.

>>> validate("9111 0000 6000 3734 1l")
'91110000600037341L'
>>> parse("91110000600037341L").organisation
'600037341'
>>> is_valid("91110000600037341L")
True
>>> validate("91110000600037341M")
Traceback (most recent call last):
    ...
cim.errors.InvalidCheckCharacter: uscc: the check character must be L (GB 32100): \
'91110000600037341M' at position 17
"""

from typing import NamedTuple

from stdnum.cn import uscc

from cim import code_text
from cim.code_text import compact
from cim.errors import InvalidCheckCharacter

__all__ = ["SCHEME", "SocialCreditCode", "compact", "format", "is_valid", "parse", "validate"]

SCHEME = "uscc"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


class SocialCreditCode(NamedTuple):
    """The segments of a code."""

    department: str
    kind: str
    division: str
    organisation: str
    check: str


def validate(text: str) -> str:
    """The canonical 18 characters; raises InvalidCode."""
    reading = code_text.read(SCHEME, text)
    reading.need_length((18,), "a unified social credit code has 18 characters")
    reading.need_among(0, 18, ALPHABET, "digits and capitals without I, O, S, V, Z")
    reading.need_digits(2, 8, "the division is six digits")
    right = uscc.calc_check_digit(reading.code[:17])
    if reading.code[17] != right:
        rule = f"the check character must be {right} (GB 32100)"
        raise reading.fault(InvalidCheckCharacter, 17, rule)
    return reading.code


def is_valid(text: str) -> bool:
    """Whether validate() accepts the text."""
    return code_text.passes(validate, text)


def format(text: str) -> str:
    """The printed form, which is the canonical one."""
    return validate(text)


def parse(text: str) -> SocialCreditCode:
    """The segments of a code."""
    code = validate(text)
    return SocialCreditCode(code[0], code[1], code[2:8], code[8:17], code[17])
