"""GeoSOT code (地球空间网格编码), GB/T 40087-2021, as a name of an entity.

The cell of a place as an alias of the thing that stands there: G and up to 32 digits of 0 to 3,
one for each level. The rules are those of `gridcode.geosot`, where frame, axis order and levels
stand; here they take the shape that all schemes share.

>>> validate("g001310322-230230")
'G001310322230230'
>>> format("G001310322230230")
'G001310322-230230'
>>> parse("G001310322230230").minutes
'230230'
>>> validate("g001310322-235")
Traceback (most recent call last):
    ...
cim.errors.InvalidCharacter: geosot: '5' is no digit of level 12; allowed: 0, 1, 2, 3: \
'g001310322-235' at position 13
"""

from cim import code_text
from cim.schemes.grid_fault import told
from gridcode import geosot as grid
from gridcode.errors import GridCodeError
from gridcode.geosot.text import Fields

SCHEME = "geosot"


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


def parse(text: str) -> Fields:
    """The fields of a code: degrees, minutes, seconds and below."""
    return grid.parse(validate(text))
