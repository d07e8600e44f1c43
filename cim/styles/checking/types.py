"""Types of values in MapLibre expressions (表达式类型), and which of them fit where.

>>> fits("value", "number"), fits(Array("number"), Array("number", 2)), fits("number", "string")
(True, True, False)
>>> taken("color", "string"), taken("boolean", "value"), taken("string", "number")
(True, True, False)
"""

from typing import Any, NamedTuple

Json = Any


class Array(NamedTuple):
    """An array of a type, of so many where `length` is known."""

    item: str
    length: int | None = None

    def __str__(self) -> str:
        if self.length is not None:
            return f"array<{self.item}, {self.length}>"
        return "array" if self.item == "value" else f"array<{self.item}>"


Type = str | Array

_ASSERTED = {"string", "number", "boolean", "object"}  # a value is taken on trust
_COERCED = {
    "color": ("value", "string"),
    "formatted": ("value", "string"),
    "resolvedImage": ("value", "string"),
    "projectionDefinition": ("value", "string", "array"),
    "padding": ("value", "number", "array"),
    "numberArray": ("value", "number", "array"),
    "colorArray": ("value", "string", "array"),
    "variableAnchorOffsetCollection": ("value", "array"),
}
# What a property of a type is worked out as; the types that are not here are themselves.
_OF_PROPERTY = {"enum": "string", "projection": "projectionDefinition"}


def fits(expected: Type, actual: Type) -> bool:
    """Whether whatever has the one type has the other as well."""
    if isinstance(expected, Array):
        if not isinstance(actual, Array):
            return False
        empty = actual.length == 0 and actual.item == "value"
        long = expected.length in {None, actual.length}
        return long and (empty or fits(expected.item, actual.item))
    if expected == "value":
        return actual != "collator"
    return expected == actual


def taken(expected: Type, actual: Type) -> bool:
    """Whether a value of a type is taken where another one is expected."""
    if actual == "value" and (isinstance(expected, Array) or expected in _ASSERTED):
        return True
    kind = "array" if isinstance(actual, Array) else actual
    if isinstance(expected, str) and kind in _COERCED.get(expected, ()):
        return True
    return fits(expected, actual)


def of_literal(value: Json) -> Type:
    """The type of a JSON value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    if isinstance(value, list):
        items = {of_literal(each) for each in value}
        item = items.pop() if len(items) == 1 else "value"
        return Array(item if isinstance(item, str) else "value", len(value))
    return "object"


def of_property(spec: Json) -> Type:
    """The type that an expression of a property must come to."""
    if spec["type"] == "array":
        item = spec["value"] if isinstance(spec["value"], str) else "value"
        return Array(_OF_PROPERTY.get(item, item), spec.get("length"))
    kind: str = spec["type"]
    return _OF_PROPERTY.get(kind, kind)
