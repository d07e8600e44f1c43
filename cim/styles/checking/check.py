"""The check of one expression (表达式检查), which operators hand on to each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from cim.styles import colours
from cim.styles.checking.types import Json, Type, of_literal, taken

_DEEPEST = 60


class Fault(NamedTuple):
    """What is wrong, and where: a path from what was checked."""

    place: str
    reason: str


@dataclass
class Check:
    """What was found wrong so far, and which operators and variables there are."""

    operators: "Mapping[str, Operator]"
    faults: list[Fault] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    bound: list[Mapping[str, Type]] = field(default_factory=list)
    depth: int = 0

    def fault(self, place: str, reason: str) -> Type | None:
        """Note what is wrong; None, which is the type of what has a fault."""
        self.faults.append(Fault(place, reason))
        return None

    def variable(self, name: Json) -> Type | None:
        return next((scope[name] for scope in reversed(self.bound) if name in scope), None)

    def type_of(self, value: Json, place: str, expected: Type | None = None) -> Type | None:
        """The type that an expression comes to, None where it has a fault."""
        if self.depth > _DEEPEST:
            return self.fault(place, f"more than {_DEEPEST} expressions in each other")
        self.depth += 1
        found = self._found(value, place, expected)
        self.depth -= 1
        if found is None or expected is None:
            return found
        if not taken(expected, found):
            return self.fault(place, f"{expected} expected, {found} found")
        if expected == "color":
            self._colour(value, place)
        return found if expected == "value" else expected

    def _found(self, value: Json, place: str, expected: Type | None) -> Type | None:
        if isinstance(value, dict):
            return self.fault(place, 'an object stands in ["literal", {…}] alone')
        if not isinstance(value, list):
            return of_literal(value)
        if not value:
            return self.fault(place, 'an empty array is ["literal", []]')
        name = value[0]
        if not isinstance(name, str) or name not in self.operators:
            told = 'an array of values stands in ["literal", […]]'
            return self.fault(f"{place}[0]", f"{name!r} is no operator of expressions; {told}")
        self.used.add(name)
        return self.operators[name](self, value, place, expected)

    def _colour(self, value: Json, place: str) -> None:
        """A colour that is written down must be one."""
        if isinstance(value, str) and colours.read(value) is None:
            self.fault(place, f"{value!r} is no colour")


Operator = Callable[[Check, list[Json], str, Type | None], Type | None]
"""Checks the array of an operator with its arguments, at a place, where a type is expected."""
