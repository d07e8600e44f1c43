"""A filter as a tree (过滤条件树): what both encodings are read into.

Every node knows its place: of a text the character it begins with, counted from 1, of JSON the
pointer (RFC 6901) to it. Operators and functions are calls, under their names in small letters.
"""

from dataclasses import dataclass, field
from decimal import Decimal

import shapely

from cim.errors import FilterInvalid

__all__ = ["MAX_DEPTH", "Call", "Listed", "Literal", "Name", "Node", "Place", "Shape", "deeper"]

MAX_DEPTH = 100

Place = int | str


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, a number, or true or false; a `loose` one may stand for a value of another kind."""

    value: str | int | Decimal | bool
    place: Place
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """A property; `grouped` is where parentheses stand around it alone, which may be an array."""

    name: str
    place: Place
    grouped: Place | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Shape:
    """A geometry as it is written, in the axis order of its CRS."""

    geometry: shapely.Geometry
    place: Place


@dataclass(frozen=True, slots=True)
class Listed:
    """An array, or the list of IN."""

    items: tuple["Node", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or a function; an operator between operands has the place of the first."""

    op: str
    args: tuple["Node", ...]
    place: Place


Node = Literal | Name | Shape | Listed | Call


def deeper(depth: int, place: Place) -> int:
    """One level down; FilterInvalid below the last one."""
    if depth >= MAX_DEPTH:
        raise FilterInvalid(place, f"nested deeper than {MAX_DEPTH} levels")
    return depth + 1
