"""Checks a document of the MapLibre Style Specification, version 8 (样式检查).

What there is and what it may hold is the reference of the specification itself
(`cim.data.maplibre_style`), also the operators of expressions with the types of their arguments.
The rules between the parts are those of the specification's own validator, which is the oracle of
the tests: what that refuses is refused here, at the same place.

>>> faults({"version": 8, "sources": {}, "layers": []})
[]
>>> for fault in faults({"version": 7, "sources": {}, "layers": [{"id": "a", "type": "fil"}]}):
...     print(*fault, sep=": ")
$.version: 7 is not one of 8
$.layers[0].type: 'fil' is not one of fill, line, symbol, circle, heatmap, fill-extrusion, raster, \
hillshade, color-relief, background
$.layers[0]: 'source' is missing
"""

from cim.errors import StyleInvalid
from cim.styles.checking.check import Fault
from cim.styles.checking.parts import document
from cim.styles.checking.types import Json

__all__ = ["Fault", "check", "faults"]


def faults(style: Json) -> list[Fault]:
    """What is wrong with the document, each with its place as a path from `$`."""
    return document(style)


def check(style: Json) -> None:
    """StyleInvalid, with all faults."""
    found = faults(style)
    if found:
        raise StyleInvalid(found)
