"""Codes whose standard could not be read, so that nothing about them is checked (不透明编码).

    standard_address   统一标准地址编码, DB42/T 2175-2024 (Hubei): six levels, digits not known
    jgj496             房屋建筑统一编码, JGJ/T 496-2022: digits and check not known

A text is stored as it was given and compared as it stands: no width, case or separator is
changed, since any of them might bear a meaning. It matches only where the scheme is named.

>>> validate("42-0606 a/7")
'42-0606 a/7'
>>> compact("42-0606 a/7")
'42-0606 a/7'
>>> is_valid("")
False
>>> validate("  ")
Traceback (most recent call last):
    ...
cim.errors.InvalidLength: opaque: a code is not blank: '  ' at position 0
"""

from typing import NamedTuple

from cim import code_text
from cim.errors import InvalidLength

SCHEME = "opaque"


class Opaque(NamedTuple):
    """A code with no known inner structure."""

    text: str


def compact(text: str) -> str:
    """The text itself."""
    return text


def validate(text: str) -> str:
    """The text itself; raises InvalidLength when it is blank."""
    if not text.strip():
        raise InvalidLength(SCHEME, text, 0, "a code is not blank")
    return text


def is_valid(text: str) -> bool:
    """Whether the text is not blank."""
    return code_text.passes(validate, text)


def format(text: str) -> str:
    """The text itself."""
    return validate(text)


def parse(text: str) -> Opaque:
    """The text as the only segment."""
    return Opaque(validate(text))
