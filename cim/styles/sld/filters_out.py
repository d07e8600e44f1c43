"""Conditions of MapLibre as filters of OGC Filter Encoding 1.0 (过滤条件写出).

Untranslatable where a condition has no counterpart.
"""

from collections.abc import Callable, Sequence

from cim.styles.checking.types import Json
from cim.styles.sld.elements import Element, ogc
from cim.styles.sld.notes import Untranslatable

_COMPARED = {
    "==": "PropertyIsEqualTo",
    "!=": "PropertyIsNotEqualTo",
    "<": "PropertyIsLessThan",
    "<=": "PropertyIsLessThanOrEqualTo",
    ">": "PropertyIsGreaterThan",
    ">=": "PropertyIsGreaterThanOrEqualTo",
}
_SUMS = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div"}
_WRAPPED = ("to-string", "to-number", "string", "number", "boolean", "to-boolean")
_LIKE = {"wildCard": "*", "singleChar": "?", "escape": "\\"}


def filter_of(condition: Json) -> Element:
    return ogc("Filter", _condition(condition))


def expression(value: Json) -> Element:
    """A property, a literal or a sum of them."""
    if isinstance(value, bool):
        return ogc("Literal", text="true" if value else "false")
    if isinstance(value, int | float):
        return ogc("Literal", text=f"{value:.12g}")
    if isinstance(value, str):
        return ogc("Literal", text=value)
    if not isinstance(value, list) or not value:
        raise Untranslatable(f"the value {value!r}")
    name, *rest = value
    if name == "get" and len(rest) == 1 and isinstance(rest[0], str):
        return ogc("PropertyName", text=rest[0])
    if name in _WRAPPED and len(rest) == 1:
        return expression(rest[0])
    if name in _SUMS and len(rest) >= 2:
        made = expression(rest[0])
        for each in rest[1:]:
            made = ogc(_SUMS[name], made, expression(each))
        return made
    raise Untranslatable(f"the expression {name!r} has no counterpart in Filter 1.0")


def _condition(value: Json) -> Element:
    if not isinstance(value, list) or not value:
        raise Untranslatable(f"the condition {value!r}")
    name = value[0]
    if name in _COMPARED and len(value) == 3:
        return _compared(name, value[1], value[2])
    if name in _CONDITIONS:
        return _CONDITIONS[name](value[1:])
    raise Untranslatable(f"the condition {name!r} has no counterpart in Filter 1.0")


def _compared(name: str, one: Json, other: Json) -> Element:
    if one is None or other is None:
        null = ogc("PropertyIsNull", _property(one if other is None else other))
        return null if name == "==" else ogc("Not", null)
    if name in ("==", "!="):
        like = _part(one, other)
        like = _part(other, one) if like is None else like
        if like is not None:
            return like if name == "==" else ogc("Not", like)
    return ogc(_COMPARED[name], expression(one), expression(other))


def _part(cut: Json, text: Json) -> Element | None:
    """`slice` of a text compared with as much text: how it begins or ends."""
    if not (isinstance(cut, list) and cut[:1] == ["slice"] and isinstance(text, str)):
        return None
    if cut[2:] == [0, len(text)]:
        return _like(cut[1], f"{_escaped(text)}*")
    if cut[2:] == [-len(text)]:
        return _like(cut[1], f"*{_escaped(text)}")
    raise Untranslatable("a part of a text, but for its beginning or end")


def _like(value: Json, pattern: str) -> Element:
    return ogc("PropertyIsLike", _property(value), ogc("Literal", text=pattern), **_LIKE)


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "*?\\" else c for c in text)


def _property(value: Json) -> Element:
    made = expression(value)
    if not made.tag.endswith("PropertyName"):
        raise Untranslatable("a comparison of something that is no property")
    return made


def _and(parts: Sequence[Json]) -> Element:
    """All of the parts, without those that a comparison says already: that a property is there."""
    both = _both_ends(parts)
    if both is not None:
        return both
    compared = [p[1:] for p in parts if isinstance(p, list) and p[:1] and p[0] in _COMPARED]
    named = [name for pair in compared for each in pair for name in _named(each)]
    return _several("And")(
        [p for p in parts if not (p[:1] == ["has"] and len(p) == 2 and p[1] in named)]
    )


def _both_ends(parts: Sequence[Json]) -> Element | None:
    """How a text begins and ends, where it is as long as both: one pattern."""
    if len(parts) != 3 or [p[0] for p in parts if isinstance(p, list) and p] != [">=", "==", "=="]:
        return None
    long, begins, ends = parts
    text = long[1][1] if isinstance(long[1], list) and long[1][:1] == ["length"] else None
    first, last = begins[2], ends[2]
    known = isinstance(first, str) and isinstance(last, str) and text is not None
    if not known or long[2] != len(first) + len(last):
        return None
    if [begins[1], ends[1]] != [["slice", text, 0, len(first)], ["slice", text, -len(last)]]:
        return None
    return _like(text, f"{_escaped(first)}*{_escaped(last)}")


def _named(value: Json) -> list[Json]:
    """The properties in one side of a comparison."""
    if not isinstance(value, list) or len(value) < 2:
        return []
    if value[0] == "get":
        return [value[1]]
    inside = value[1:] if value[0] in (*_WRAPPED, *_SUMS) else []
    return [name for each in inside for name in _named(each)]


def _several(name: str) -> Callable[[Sequence[Json]], Element]:
    def made(parts: Sequence[Json]) -> Element:
        if not parts:
            raise Untranslatable("a condition of no parts")
        inside = [_condition(each) for each in parts]
        return inside[0] if len(inside) == 1 else ogc(name, *inside)

    return made


def _not(parts: Sequence[Json]) -> Element:
    inside = parts[0]
    if isinstance(inside, list) and inside[:1] == ["has"]:
        return ogc("PropertyIsNull", ogc("PropertyName", text=str(inside[1])))
    return ogc("Not", _condition(inside))


def _has(parts: Sequence[Json]) -> Element:
    return ogc("Not", ogc("PropertyIsNull", ogc("PropertyName", text=str(parts[0]))))


def _in(parts: Sequence[Json]) -> Element:
    item, among = parts
    if isinstance(among, list) and among[:1] == ["literal"] and isinstance(among[1], list):
        return _several("Or")([["==", item, each] for each in among[1]])
    if isinstance(item, str):
        return _like(among, f"*{_escaped(item)}*")
    raise Untranslatable("'in' something that is no list of literals")


def _match(parts: Sequence[Json]) -> Element:
    if list(parts[2:]) not in ([True, False], [False, True]):
        raise Untranslatable("'match' as a condition, but for true and false")
    labels = parts[1] if isinstance(parts[1], list) else [parts[1]]
    made = _in([parts[0], ["literal", labels]])
    return made if parts[2] is True else ogc("Not", made)


def _true(parts: Sequence[Json]) -> Element:
    """A property that is a boolean itself."""
    return ogc("PropertyIsEqualTo", expression(["get", *parts]), expression(True))


_CONDITIONS: dict[str, Callable[[Sequence[Json]], Element]] = {
    "all": _and,
    "any": _several("Or"),
    "!": _not,
    "has": _has,
    "in": _in,
    "match": _match,
    "get": _true,
    "boolean": lambda parts: _condition(parts[0]),
    "to-boolean": lambda parts: _condition(parts[0]),
}
