"""Faults of grid codes (网格码错误) told as those of every other scheme.

>>> from gridcode import beidou
>>> try:
...     beidou.validate("N50J4Z")
... except GridCodeError as error:
...     print(repr(told("beidou", "N50.J4z", error)))
InvalidCharacter('beidou', 'N50.J4z', 6, "'Z' is no latitude digit of level 2; allowed: 01234567")
"""

from cim.code_text import place
from cim.errors import InvalidCharacter, InvalidCode, InvalidComponent, InvalidLength
from gridcode.errors import GridCodeError, LengthError, SymbolError


def told(scheme: str, text: str, error: GridCodeError) -> InvalidCode:
    """The error about `text` for one that gridcode raised about its compact form."""
    rule = f"{error.problem}; allowed: {error.allowed}" if error.allowed else error.problem
    return _kind(error)(scheme, text, place(text, error.position or 0, "."), rule)


def _kind(error: GridCodeError) -> type[InvalidCode]:
    if isinstance(error, LengthError):
        return InvalidLength
    return InvalidCharacter if isinstance(error, SymbolError) else InvalidComponent
