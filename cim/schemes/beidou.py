"""BeiDou grid location code (北斗网格位置码), GB/T 39409-2020, as a name of an entity.

The cell of a place as an alias of the thing that stands there, 1 to 20 characters: hemisphere,
then one segment for each of ten levels. The rules are those of `gridcode.beidou`, where frame,
axis order and levels stand; here they take the shape that all schemes share. Codes with a height
(32 characters) are not read as aliases.

>>> validate("n49 i8.008153")
'N49I8008153'
>>> parse("N49I8008153").level
5
>>> is_valid("N49I8008153170")
True
>>> validate("n49.i8 008153 9")
Traceback (most recent call last):
    ...
cim.errors.InvalidCharacter: beidou: '9' is no digit of level 6; allowed: 0123: \
'n49.i8 008153 9' at position 14
"""

from cim import code_text
from cim.schemes.grid_fault import told
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
        raise told(SCHEME, text, error) from error


def is_valid(text: str) -> bool:
    """Whether validate() accepts the text."""
    return code_text.passes(validate, text)


def format(text: str) -> str:
    """The printed form of the standard."""
    return grid.format(validate(text))


def parse(text: str) -> grid.Segments:
    """The segments of a code, one a level."""
    return grid.parse(validate(text))
