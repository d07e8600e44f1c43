"""Operators of expressions by name (表达式算子), most of them as the reference says.

>>> overloads("get")[0].gives, overloads("get")[0].least, overloads("get")[0].most
('value', 1, 2)
>>> overloads("+")[0].most is None
True
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from cim.data.maplibre_style import reference
from cim.styles.checking.check import Check, Fault, Operator
from cim.styles.checking.forms import BRANCHES
from cim.styles.checking.lookups import LOOKUPS
from cim.styles.checking.types import Array, Json, Type

# Types that the reference calls by other names.
_SAID: dict[str, Type] = {
    "any": "value",
    "T": "value",
    "image": "resolvedImage",
    "projection": "projectionDefinition",
    "string literal": "string",
    "number literal": "number",
    "array": Array("value"),
    "JSON array": Array("value"),
}
_NUMBERED = re.compile(r"_(\d+|n)\??$")


class Overload(NamedTuple):
    """A way to call an operator; the last type is that of all further arguments as well."""

    parameters: tuple[Type, ...]
    least: int
    most: int | None
    gives: Type


@cache
def operators() -> Mapping[str, Operator]:
    names = reference()["expression_name"]["values"]
    special = BRANCHES | LOOKUPS
    return {name: special.get(name) or _plain(overloads(name)) for name in names}


def overloads(name: str) -> list[Overload]:
    """The ways to call an operator that has no form of its own."""
    syntax = reference()["expression_name"]["values"][name]["syntax"]
    said = {each["name"]: each["type"] for each in syntax.get("parameters", [])}
    return [_overload(each, said) for each in syntax["overloads"]]


def _overload(each: Json, said: Mapping[str, Json]) -> Overload:
    names = [name for name in each["parameters"] if name != "..."]
    types = tuple(_type(said.get(_plain_name(name), said.get(name.rstrip("?")))) for name in names)
    gives = _type(each["output-type"])
    if "..." in each["parameters"]:
        least = 1 if names[0] == "value_1" else 0  # the first that converts is taken
        return Overload(types[:1], least, None, gives)
    least = sum(not name.endswith("?") for name in names)
    return Overload(types, least, len(names), gives)


def _plain_name(name: str) -> str:
    """As the reference describes numbered parameters: `input_2` as `input_i`."""
    return _NUMBERED.sub("_i", name)


def _type(said: Json) -> Type:
    if not isinstance(said, str):
        return "value"
    if said.startswith("array<"):
        item = said[6:-1]
        return Array(item if item in {"number", "string", "color"} else "value")
    return _SAID.get(said, said)


def _plain(ways: list[Overload]) -> Operator:
    """An operator whose arguments do not depend on each other."""

    def checked(check: Check, args: list[Json], place: str, _: Type | None) -> Type | None:
        fitting = [way for way in ways if _counts(way, len(args) - 1)]
        if not fitting:
            return check.fault(place, f'"{args[0]}" takes {_told(ways)}, not {len(args) - 1}')
        before, first = len(check.faults), None
        for way in fitting:
            if _arguments(check, way, args, place):
                return way.gives
            first = first or check.faults[before:]
            del check.faults[before:]
        check.faults.extend(first or [Fault(place, "arguments that do not fit")])
        return None

    return checked


def _counts(way: Overload, count: int) -> bool:
    return way.least <= count and (way.most is None or count <= way.most)


def _arguments(check: Check, way: Overload, args: list[Json], place: str) -> bool:
    for at, each in enumerate(args[1:], 1):
        wanted = way.parameters[min(at, len(way.parameters)) - 1]
        if check.type_of(each, f"{place}[{at}]", wanted) is None:
            return False
    return True


def _told(ways: list[Overload]) -> str:
    counts = sorted({(way.least, way.most) for way in ways}, key=str)
    texts = [f"{a}" if a == b else f"{a} to {b}" for a, b in counts]
    return f"{' or '.join(texts)} arguments"
