"""Filters of style layers (图层过滤) in one form: expressions, and what geometry they are for.

>>> modern(["any", ["==", "$type", "Polygon"], ["!in", "use", "07"]])
['any', ['==', ['geometry-type'], 'Polygon'], ['!', ['in', ['get', 'use'], ['literal', ['07']]]]]
>>> apart(["all", ["==", ["geometry-type"], "Polygon"], ["has", "use"]])
(['has', 'use'], frozenset({'Polygon'}))
>>> sorted(apart(["!=", ["geometry-type"], "Point"])[1])
['LineString', 'Polygon']
"""

from cim.styles.branches import joined
from cim.styles.checking.legacy import is_expression
from cim.styles.checking.types import Json

GEOMETRIES = frozenset({"Point", "LineString", "Polygon"})
_TYPE = ["geometry-type"]
_ITS_OWN: dict[str, Json] = {"$type": _TYPE, "$id": ["id"]}


def modern(given: Json) -> Json:
    """The filter as an expression, None where there is none."""
    if given is None or is_expression(given):
        return given
    name, *rest = given
    if name in ("all", "any", "none"):
        parts = [modern(each) for each in rest]
        return ["!", ["any", *parts]] if name == "none" else [name, *parts]
    if name.startswith("!") and name != "!=":
        return ["!", modern([name[1:], *rest])]
    if name == "has":
        return ["has", rest[0]]
    own = _ITS_OWN.get(rest[0], ["get", rest[0]])
    return ["in", own, ["literal", rest[1:]]] if name == "in" else [name, own, rest[1]]


def apart(given: Json) -> tuple[Json, frozenset[str]]:
    """What a filter asks besides the type of geometry, and the types that it lets through."""
    whole = modern(given)
    if whole is None:
        return None, GEOMETRIES
    parts = whole[1:] if isinstance(whole, list) and whole[:1] == ["all"] else [whole]
    types, others = GEOMETRIES, []
    for part in parts:
        found = _types(part)
        if found is None:
            others.append(part)
        else:
            types &= found
    return joined(*others), types


def _types(part: Json) -> frozenset[str] | None:
    """The types that a condition on the geometry alone lets through, None where it is none."""
    if not isinstance(part, list) or len(part) < 3 or part[1] != _TYPE:
        return None
    if part[0] in ("==", "!=") and isinstance(part[2], str):
        named = frozenset({part[2].removeprefix("Multi")})
        return named if part[0] == "==" else GEOMETRIES - named
    if part[0] == "in" and isinstance(part[2], list) and part[2][:1] == ["literal"]:
        return frozenset(str(each).removeprefix("Multi") for each in part[2][1])
    if part[0] == "match" and part[3:] == [True, False]:
        labels = part[2] if isinstance(part[2], list) else [part[2]]
        return frozenset(str(each).removeprefix("Multi") for each in labels)
    return None
