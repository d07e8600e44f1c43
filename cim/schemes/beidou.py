"""BeiDou grid location code (北斗网格位置码), GB/T 39409-2020, as a name of an entity.

The rules are those of `gridcode.beidou`; here they take the shape that all schemes share.

>>> validate("n49i8008153")
'N49I8008153'
>>> is_valid("X")
False
"""

from cim import code_text
from cim.code_text import place
from cim.errors import InvalidComponent
from gridcode import beidou as grid
from gridcode.errors import GridCodeError

SCHEME = "beidou"
LENGTHS = (1, 4, 6, 7, 9, 11, 12, 14, 16, 18, 20)


def compact(text: str) -> str:
    """Half-width capitals without separators."""
    return code_text.compact(text).replace(".", "")


def validate(text: str) -> str:
    """The canonical code without separators; raises InvalidCode."""
    try:
        return grid.compact(grid.validate(compact(text)))
    except GridCodeError as error:
        at = place(text, error.position or 0, ".")
        raise InvalidComponent(SCHEME, text, at, error.problem) from error


def is_valid(text: str) -> bool:
    """Whether validate() accepts the text."""
    return code_text.passes(validate, text)


def format(text: str) -> str:
    """The printed form of the standard."""
    return grid.format(validate(text))


def parse(text: str) -> grid.Segments:
    """The segments of a code, one a level."""
    return grid.parse(validate(text))
