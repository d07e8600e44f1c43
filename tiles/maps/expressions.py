"""Values of a style that depend on a feature and on the scale (样式表达式): MapLibre expressions.

The part of the language that styles of layers need; anything else is refused by its name, when the
style is read and not when a feature is met. `compile` gives a function of a `Seen` feature; what
depends on no feature is worked out once by whoever draws.

>>> seen = Seen({"class": "road", "lanes": 4}, "LineString", zoom=12.0)
>>> compile(["match", ["get", "class"], ["road", "street"], "#fff", "#000"])(seen)
'#fff'
>>> compile(["interpolate", ["linear"], ["zoom"], 10, 1, 14, 5])(seen)
3.0
>>> depends_on(["step", ["get", "lanes"], 1, 3, 2])
{'lanes'}
>>> compile(["within", {}])
Traceback (most recent call last):
ValueError: the expression 'within' is not known here
"""

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, NamedTuple

from cim.styles.colours import Colour
from tiles.maps import colours
from tiles.maps.operators import PLAIN, number

Value = Any
_MOST_DEEP = 64


class Seen(NamedTuple):
    """A feature and the scale that it is seen at."""

    properties: Mapping[str, Value]
    geometry: str
    zoom: float


Function = Callable[[Seen], Value]


def compile(expression: Value, deep: int = 0) -> Function:
    """The function of an expression; ValueError says what of it is not known or does not fit."""
    if deep > _MOST_DEEP:
        raise ValueError(f"the expression is more than {_MOST_DEEP} deep")
    if isinstance(expression, dict):
        raise ValueError("functions with 'stops' are not drawn; write interpolate or step")
    if not isinstance(expression, list):
        return lambda _: expression
    if not expression or not isinstance(expression[0], str):
        raise ValueError(f"{expression!r} begins with no operator; write a list as ['literal', …]")
    operator, *given = expression
    special = _SPECIAL.get(operator)
    if special is not None:
        return special(given, deep + 1)
    function = PLAIN.get(operator)
    if function is None:
        raise ValueError(f"the expression {operator!r} is not known here")
    try:
        signature(function).bind(*given)
    except TypeError as error:
        raise ValueError(f"{operator!r}: {error}") from None
    return _applied(function, [compile(each, deep + 1) for each in given])


def depends_on(expression: Value) -> set[str]:
    """The properties that an expression reads."""
    if not isinstance(expression, list) or not expression or expression[0] == "literal":
        return set()
    if expression[0] in {"get", "has"} and len(expression) == 2 and isinstance(expression[1], str):
        return {expression[1]}
    return set().union(*(depends_on(each) for each in expression[1:]))


def is_constant(expression: Value) -> bool:
    """Whether a value is the same for all features; it may depend on the scale."""
    if not isinstance(expression, list) or not expression or expression[0] == "literal":
        return True
    if expression[0] in {"get", "has", "geometry-type", "id", "properties"}:
        return False
    return all(is_constant(each) for each in expression[1:])


def _applied(function: Callable[..., Value], of: list[Function]) -> Function:
    if len(of) == 1:
        (only,) = of
        return lambda seen: function(only(seen))
    if len(of) == 2:
        first, second = of
        return lambda seen: function(first(seen), second(seen))
    return lambda seen: function(*(each(seen) for each in of))


def _literal(given: list[Value], _deep: int) -> Function:
    (value,) = _many(given, "literal", 1)
    return lambda _: value


def _get(given: list[Value], _deep: int) -> Function:
    (name,) = _many(given, "get", 1)
    if not isinstance(name, str):
        raise ValueError("'get' takes the name of a property")
    return lambda seen: seen.properties.get(name)


def _has(given: list[Value], _deep: int) -> Function:
    (name,) = _many(given, "has", 1)
    return lambda seen: seen.properties.get(name) is not None


def _all(given: list[Value], deep: int) -> Function:
    parts = [compile(each, deep) for each in given]
    return lambda seen: all(part(seen) for part in parts)


def _any(given: list[Value], deep: int) -> Function:
    parts = [compile(each, deep) for each in given]
    return lambda seen: any(part(seen) for part in parts)


def _none(given: list[Value], deep: int) -> Function:
    some = _any(given, deep)
    return lambda seen: not some(seen)


def _case(given: list[Value], deep: int) -> Function:
    if len(given) < 3 or len(given) % 2 == 0:
        raise ValueError("'case' takes pairs of a condition and a value, and a last value")
    parts = [compile(each, deep) for each in given]
    pairs, rest = list(zip(parts[:-1:2], parts[1:-1:2], strict=True)), parts[-1]
    return lambda seen: next((value for when, value in pairs if when(seen)), rest)(seen)


def _coalesce(given: list[Value], deep: int) -> Function:
    parts = [compile(each, deep) for each in given]

    def first(seen: Seen) -> Value:
        return next((found for part in parts if (found := part(seen)) is not None), None)

    return first


def _match(given: list[Value], deep: int) -> Function:
    if len(given) < 4 or len(given) % 2:
        raise ValueError("'match' takes a value, pairs of labels and a value, and a last value")
    of, rest = compile(given[0], deep), compile(given[-1], deep)
    table: dict[Value, Function] = {}
    for labels, value in zip(given[1:-1:2], given[2:-1:2], strict=True):
        made = compile(value, deep)
        for label in labels if isinstance(labels, list) else [labels]:
            if not isinstance(label, str | int | float):
                raise ValueError(f"'match' has the label {label!r}; labels are texts or numbers")
            table.setdefault(label, made)

    def chosen(seen: Seen) -> Value:
        found = of(seen)
        known = isinstance(found, str | int | float) and not isinstance(found, bool)
        return (table.get(found, rest) if known else rest)(seen)

    return chosen


def _step(given: list[Value], deep: int) -> Function:
    if len(given) < 2 or len(given) % 2:
        raise ValueError("'step' takes a number, a value, and pairs of a stop and a value")
    of = compile(given[0], deep)
    stops = _stops(given[2::2], "step")
    values = [compile(each, deep) for each in given[1::2]]

    def stepped(seen: Seen) -> Value:
        at = number(of(seen))
        return values[sum(stop <= at for stop in stops)](seen)

    return stepped


def _interpolate(given: list[Value], deep: int) -> Function:
    if len(given) < 4 or len(given) % 2:
        raise ValueError("'interpolate' takes a kind, a number, and pairs of a stop and a value")
    base, of = _base(given[0]), compile(given[1], deep)
    stops = _stops(given[2::2], "interpolate")
    values = [compile(each, deep) for each in given[3::2]]

    def between(seen: Seen) -> Value:
        at = number(of(seen))
        after = sum(stop <= at for stop in stops)
        if after in {0, len(stops)}:
            return values[max(after - 1, 0)](seen)
        low, high = stops[after - 1], stops[after]
        share = _share(base, at - low, high - low)
        return _mixed(values[after - 1](seen), values[after](seen), share)

    return between


def _base(kind: Value) -> float:
    if kind == ["linear"]:
        return 1.0
    if isinstance(kind, list) and kind[:1] == ["exponential"] and len(kind) == 2:
        return float(kind[1])
    raise ValueError(f"'interpolate' is ['linear'] or ['exponential', base] here, not {kind!r}")


def _share(base: float, come: float, whole: float) -> float:
    if base == 1.0:
        return come / whole
    return float((base**come - 1) / (base**whole - 1))


def _mixed(low: Value, high: Value, share: float) -> Value:
    if isinstance(low, str | Colour) and isinstance(high, str | Colour):
        ends = [colours.parse(end) if isinstance(end, str) else end for end in (low, high)]
        red, green, blue, alpha = (a + (b - a) * share for a, b in zip(*ends, strict=True))
        return Colour(round(red), round(green), round(blue), round(alpha, 3)).css
    if isinstance(low, list) and isinstance(high, list):
        return [_mixed(a, b, share) for a, b in zip(low, high, strict=True)]
    return number(low) + (number(high) - number(low)) * share


def _stops(given: list[Value], name: str) -> list[float]:
    numbers = [each for each in given if isinstance(each, int | float)]
    if len(numbers) < len(given) or sorted(set(numbers)) != numbers:
        raise ValueError(f"the stops of {name!r} are numbers, each above the one before")
    return [float(each) for each in numbers]


def _many(given: list[Value], name: str, count: int) -> list[Value]:
    if len(given) != count:
        raise ValueError(f"{name!r} takes {count} and has {len(given)}")
    return given


_SPECIAL: dict[str, Callable[[list[Value], int], Function]] = {
    "literal": _literal,
    "get": _get,
    "has": _has,
    "all": _all,
    "any": _any,
    "none": _none,
    "case": _case,
    "coalesce": _coalesce,
    "match": _match,
    "step": _step,
    "interpolate": _interpolate,
    "zoom": lambda _given, _deep: lambda seen: seen.zoom,
    "geometry-type": lambda _given, _deep: lambda seen: seen.geometry,
}
