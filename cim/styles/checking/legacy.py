"""Filters and functions as styles wrote them before expressions (旧式写法), which v8 still takes.

>>> filter_faults(["all", ["==", "$type", "Polygon"], ["in", "landuse", "07", "09"]])
[]
>>> filter_faults(["==", "landuse"])
[Fault(place='', reason='a filter with "==" has a property and a value')]
>>> is_expression(["in", "a", ["literal", ["a", "b"]]]), is_expression(["has", "$id"])
(True, False)
"""

from itertools import pairwise

from cim.data.maplibre_style import reference
from cim.styles.checking.check import Fault
from cim.styles.checking.types import Json, of_literal

_COMPARED = {"==", "!=", ">", ">=", "<", "<="}
_TYPES = ("identity", "exponential", "interval", "categorical")


def is_expression(given: Json) -> bool:
    """Whether a filter is an expression; it is a legacy one otherwise."""
    if isinstance(given, bool):
        return True
    if not isinstance(given, list) or not given:
        return False
    name, count = given[0], len(given)
    if not isinstance(name, str):
        return True
    found = True
    if name == "has":
        found = count >= 2 and given[1] not in ("$id", "$type")
    elif name == "in":
        found = count >= 3 and (not isinstance(given[1], str) or isinstance(given[2], list))
    elif name in _COMPARED:
        found = count != 3 or isinstance(given[1], list) or isinstance(given[2], list)
    elif name in ("any", "all"):
        found = all(is_expression(each) for each in given[1:])
    return found and name not in ("!in", "!has", "none")


def filter_faults(given: Json, place: str = "") -> list[Fault]:
    """What is wrong with a legacy filter."""
    if not isinstance(given, list) or not given:
        return [Fault(place, f"a filter is an array, not {given!r}")]
    name = given[0]
    if not isinstance(name, str) or name not in reference()["filter_operator"]["values"]:
        return [Fault(f"{place}[0]", f"{name!r} is no operator of filters")]
    if name in ("any", "all", "none"):
        inside = enumerate(given[1:], 1)
        return [f for at, each in inside for f in filter_faults(each, f"{place}[{at}]")]
    if name in _COMPARED and len(given) != 3:
        return [Fault(place, f'a filter with "{name}" has a property and a value')]
    if name in ("has", "!has") and len(given) != 2:
        return [Fault(place, f'a filter with "{name}" has a property')]
    return _values(given, place)


def _values(given: list[Json], place: str) -> list[Fault]:
    name, *rest = given
    if rest and not isinstance(rest[0], str):
        return [Fault(f"{place}[1]", f"the name of a property expected, {rest[0]!r} found")]
    if rest[:1] == ["$type"]:
        if name in {"<", "<=", ">", ">="}:
            return [Fault(place, f'"$type" has no order for "{name}"')]
        known, told = reference()["geometry_type"]["values"], "Point, LineString or Polygon"
    else:
        known, told = None, "a text, a number or a boolean"
    return [
        Fault(f"{place}[{at}]", f"{told} expected, {each!r} found")
        for at, each in enumerate(rest[1:], 2)
        if not (_plain(each) if known is None else isinstance(each, str) and each in known)
    ]


def _plain(value: Json) -> bool:
    return of_literal(value) in {"string", "number", "boolean"}


def is_function(value: Json, spec: Json) -> bool:
    """Whether the value of a property is a legacy function."""
    return isinstance(value, dict) and "expression" in spec


def function_faults(value: dict[str, Json], spec: Json, place: str) -> list[Fault]:
    """What is wrong with a legacy function, but for its outputs."""
    kind, known = value.get("type"), reference()["function"]
    found = [Fault(place, f"a function has no {name!r}") for name in value if name not in known]
    if "base" in value and of_literal(value["base"]) != "number":
        found.append(Fault(f"{place}.base", "number expected"))
    if kind is not None and kind not in _TYPES:
        found.append(Fault(f"{place}.type", f"{kind!r} is not one of {', '.join(_TYPES)}"))
    if found:
        return found
    of_feature = "property" in value or kind in ("categorical", "identity")
    wanted = "feature" if of_feature else "zoom"
    if of_feature and not isinstance(value.get("property"), str):
        return [Fault(place, "'property' is missing, or no text")]
    if wanted not in spec["expression"]["parameters"]:
        return [Fault(place, f"this property is no function of the {wanted}")]
    return [] if kind == "identity" else _stops(value, place)


def _stops(value: dict[str, Json], place: str) -> list[Fault]:
    stops, here = value.get("stops"), f"{place}.stops"
    if not isinstance(stops, list) or not stops:
        return [Fault(here, "at least one stop expected")]
    for at, stop in enumerate(stops):
        if not isinstance(stop, list) or len(stop) != 2:
            return [Fault(f"{here}[{at}]", "a stop is a pair of input and output")]
    inputs = [_input(stop[0]) for stop in stops]
    kinds = {of_literal(each) for each in inputs}
    if len(kinds) > 1 or not all(_plain(each) for each in inputs):
        return [Fault(here, "stops are all of one type: numbers, texts or booleans")]
    if value.get("type") == "categorical":
        twice = len({str(each) for each in inputs}) < len(inputs) and not _zoomed(stops)
        return [Fault(here, "a stop stands there twice")] if twice else []
    if kinds != {"number"}:
        return [Fault(here, "stops are numbers, unless the type is categorical")]
    falling = not _zoomed(stops) and any(a > b for a, b in pairwise(inputs))
    return [Fault(here, "stops rise")] if falling else []


def _zoomed(stops: list[Json]) -> bool:
    return isinstance(stops[0][0], dict)


def _input(given: Json) -> Json:
    """The input of a stop: its value where it is of a zoom level as well."""
    return given.get("value") if isinstance(given, dict) else given
