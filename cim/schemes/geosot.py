"""GeoSOT code (地球空间网格编码), GB/T 40087-2021, as a name of an entity.

The rules are those of `gridcode.geosot`; here they take the shape that all schemes share.

>>> validate("g001310322-230230")
'G001310322230230'
>>> is_valid("X")
False
"""

from cim import code_text
from cim.code_text import place
from cim.errors import InvalidComponent
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
        at = place(text, error.position or 0, ".")
        raise InvalidComponent(SCHEME, text, at, error.problem) from error


def is_valid(text: str) -> bool:
    """Whether validate() accepts the text."""
    return code_text.passes(validate, text)


def format(text: str) -> str:
    """The printed form of the standard."""
    return grid.format(validate(text))


def parse(text: str) -> Fields:
    """The fields of a code: degrees, minutes, seconds and below."""
    return grid.parse(validate(text))
