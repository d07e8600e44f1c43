"""Values that stand in a style (属性值检查): constants, expressions and legacy functions.

>>> from cim.data.maplibre_style import reference
>>> opacity = reference()["paint_fill"]["fill-opacity"]
>>> faults(0.4, opacity, "fill-opacity"), faults(["zoom"], opacity, "o")[0].place
([], 'o')
>>> faults(3, opacity, "fill-opacity")
[Fault(place='fill-opacity', reason='3 is more than 1, the most there is')]
"""

import re
from collections.abc import Callable

from cim.data.maplibre_style import reference
from cim.styles import colours
from cim.styles.checking import legacy
from cim.styles.checking.check import Check, Fault
from cim.styles.checking.operators import operators
from cim.styles.checking.types import Array, Json, Type, of_literal, of_property

_TOKEN = re.compile(r"\{[^}]+\}")
_OF_FEATURE = {"get", "has", "properties", "geometry-type", "id", "within", "distance"}
_PARAMETERS = {
    "zoom": "zoom",
    "feature-state": "feature-state",
    "heatmap-density": "heatmap-density",
    "line-progress": "line-progress",
    "elevation": "elevation",
    **dict.fromkeys(_OF_FEATURE, "feature"),
}
_ANCHORS = reference()["layout_symbol"]["text-anchor"]["values"]
_CURVES = {"step", "interpolate", "interpolate-hcl", "interpolate-lab"}


def faults(value: Json, spec: Json, place: str) -> list[Fault]:
    """What is wrong with the value of a property that the reference describes so."""
    if legacy.is_function(value, spec):
        return _function(value, spec, place)
    if "expression" in spec and _is_expression(value):
        return _expression(value, spec, place)
    return constant(value, spec, place)


def condition(value: Json, place: str) -> list[Fault]:
    """What is wrong with a filter."""
    if not legacy.is_expression(value):
        return legacy.filter_faults(value, place)
    check = Check(operators())
    check.type_of(value, place, "boolean")
    if not check.faults and "feature-state" in check.used:
        check.fault(place, "a filter does not know the state of a feature")
    return check.faults


def expression(value: Json, place: str, expected: Type | None = None) -> list[Fault]:
    """What is wrong with an expression of no property."""
    check = Check(operators())
    check.type_of(value, place, expected)
    return check.faults


def constant(value: Json, spec: Json, place: str) -> list[Fault]:
    """What is wrong with a value that is no expression."""
    kind = spec.get("type", "*")
    return _CONSTANTS.get(kind, _anything)(value, spec, place)


def _is_expression(value: Json) -> bool:
    known = isinstance(value, list) and bool(value) and isinstance(value[0], str)
    return known and value[0] in operators()


def _function(value: dict[str, Json], spec: Json, place: str) -> list[Fault]:
    found = legacy.function_faults(value, spec, place)
    outputs = value.get("stops")
    if not found and isinstance(outputs, list):
        for at, (_, output) in enumerate(outputs):
            found += constant(output, spec, f"{place}.stops[{at}][1]")
    if not found and "default" in value:
        found += constant(value["default"], spec, f"{place}.default")
    return found


def _expression(value: Json, spec: Json, place: str) -> list[Fault]:
    check = Check(operators())
    check.type_of(value, place, of_property(spec))
    if check.faults:
        return check.faults
    known = spec["expression"]["parameters"]
    for name in sorted(check.used & _PARAMETERS.keys()):
        if _PARAMETERS[name] not in known:
            return [Fault(place, f"this property does not depend on {_PARAMETERS[name]}")]
    if "zoom" in check.used:
        return _zoom(value, spec, place)
    return []


def _zoom(value: Json, spec: Json, place: str) -> list[Fault]:
    """The zoom is the input of one ramp, which nothing else stands around."""
    top = value
    while top[0] in ("let", "coalesce"):
        inside = [each for each in top[1:] if _has_zoom(each)]
        if len(inside) != 1 or (top[0] == "let" and inside[0] is not top[-1]):
            break
        top = inside[0]
    ramp = isinstance(top, list) and top[0] in _CURVES
    at = 1 if ramp and top[0] == "step" else 2
    if not ramp or top[at] != ["zoom"] or any(_has_zoom(each) for each in top[at + 1 :]):
        return [Fault(place, 'the zoom is the input of "step" or "interpolate" at the top alone')]
    if top[0] != "step" and not spec["expression"]["interpolated"]:
        return [Fault(place, 'this property has nothing between its values: use "step"')]
    return []


def _has_zoom(value: Json) -> bool:
    if not isinstance(value, list):
        return False
    if value[:1] == ["literal"]:
        return False
    return value == ["zoom"] or any(_has_zoom(each) for each in value)


def _anything(_value: Json, _spec: Json, _place: str) -> list[Fault]:
    return []


def _kind(*kinds: str) -> Callable[[Json, Json, str], list[Fault]]:
    def checked(value: Json, _spec: Json, place: str) -> list[Fault]:
        found = of_literal(value)
        if found in kinds:
            return []
        return [Fault(place, f"{' or '.join(kinds)} expected, {_name(found)} found")]

    return checked


def _name(kind: Type) -> str:
    return "array" if isinstance(kind, Array) else kind


def _number(value: Json, spec: Json, place: str) -> list[Fault]:
    if of_literal(value) != "number":
        return [Fault(place, f"number expected, {_name(of_literal(value))} found")]
    if "minimum" in spec and value < spec["minimum"]:
        return [Fault(place, f"{value} is less than {spec['minimum']}, the least there is")]
    if "maximum" in spec and value > spec["maximum"]:
        return [Fault(place, f"{value} is more than {spec['maximum']}, the most there is")]
    return []


def _colour(value: Json, _spec: Json, place: str) -> list[Fault]:
    if isinstance(value, str) and colours.read(value) is not None:
        return []
    return [Fault(place, f"a colour expected, {value!r} found")]


def _enum(value: Json, spec: Json, place: str) -> list[Fault]:
    known = list(spec["values"])
    if any(value is each or (value == each and type(value) is type(each)) for each in known):
        return []
    return [Fault(place, f"{value!r} is not one of {', '.join(map(str, known))}")]


def _array(value: Json, spec: Json, place: str) -> list[Fault]:
    if not isinstance(value, list):
        return [Fault(place, f"array expected, {_name(of_literal(value))} found")]
    if "length" in spec and len(value) != spec["length"]:
        return [Fault(place, f"{spec['length']} values expected, {len(value)} found")]
    inside = spec["value"]
    item = inside if isinstance(inside, dict) else {"type": inside, "values": spec.get("values")}
    return [f for at, v in enumerate(value) for f in constant(v, item, f"{place}[{at}]")]


def _padding(value: Json, _spec: Json, place: str) -> list[Fault]:
    if not isinstance(value, list):
        return _number(value, {}, place)
    if not 1 <= len(value) <= 4:
        return [Fault(place, f"1 to 4 numbers expected, {len(value)} found")]
    return [f for at, v in enumerate(value) for f in _number(v, {}, f"{place}[{at}]")]


def _many(one: Callable[[Json, Json, str], list[Fault]]) -> Callable[..., list[Fault]]:
    def checked(value: Json, spec: Json, place: str) -> list[Fault]:
        if not isinstance(value, list):
            return one(value, spec, place)
        if not value:
            return [Fault(place, "at least one value expected")]
        return [f for at, v in enumerate(value) for f in one(v, {}, f"{place}[{at}]")]

    return checked


def _anchors(value: Json, _spec: Json, place: str) -> list[Fault]:
    if not isinstance(value, list) or not value or len(value) % 2:
        return [Fault(place, "pairs of anchor and offset expected")]
    for at in range(0, len(value), 2):
        pair = value[at + 1]
        numbers = isinstance(pair, list) and [of_literal(v) for v in pair] == ["number"] * 2
        if not isinstance(value[at], str) or value[at] not in _ANCHORS or not numbers:
            return [Fault(f"{place}[{at}]", "an anchor and a pair of numbers expected")]
    return []


def is_token(value: Json, spec: Json) -> bool:
    """Whether a text is the name of a property in braces, where that means nothing."""
    of_feature = "feature" in spec.get("expression", {}).get("parameters", ())
    braced = isinstance(value, str) and _TOKEN.fullmatch(value) is not None
    return braced and of_feature and not spec.get("tokens")


_CONSTANTS: dict[str, Callable[[Json, Json, str], list[Fault]]] = {
    "*": _anything,
    "number": _number,
    "string": _kind("string"),
    "boolean": _kind("boolean"),
    "enum": _enum,
    "color": _colour,
    "array": _array,
    "formatted": _kind("string"),
    "resolvedImage": _kind("string"),
    "padding": _padding,
    "numberArray": _many(_number),
    "colorArray": _many(_colour),
    "variableAnchorOffsetCollection": _anchors,
}
