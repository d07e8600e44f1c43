"""A data-driven value taken apart (数据驱动属性): which value is drawn when, one branch each.

What has a value for each class, such as SLD and legends, reads styles through this. Steps along a
number or the zoom are ranges; what is between stops is the value halfway, as `approximate` says.

>>> for branch in of(["match", ["get", "use"], "07", "#ffe26b", ["08", "09"], "#f00", "#ccc"]):
...     print(branch.value, branch.labels, branch.condition)
#ffe26b ('07',) ['==', ['get', 'use'], '07']
#f00 ('08', '09') ['in', ['get', 'use'], ['literal', ['08', '09']]]
#ccc None ['!', ['in', ['get', 'use'], ['literal', ['07', '08', '09']]]]
>>> [(b.value, b.zooms, b.approximate) for b in of(["step", ["zoom"], 1, 12, 3])]
[(1, (None, 12), False), (3, (12, None), False)]
>>> [b.value for b in of({"stops": [[10, 0], [12, 1]]})]
[0, 0.5, 1]
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from cim.styles import colours
from cim.styles.checking.types import Json

Zooms = tuple[float | None, float | None]
MOST = 500  # branches of one value

_RAMPS = ("interpolate", "interpolate-hcl", "interpolate-lab")


class Branch(NamedTuple):
    """A value and when it is drawn.

    condition    an expression, None: always
    zooms        from this zoom and below that one, None: open
    input        the expression that is matched, where the branch is of a match or of steps
    labels       what it is matched with; None for all others
    range        of a number: from this and below that; None where there is none
    approximate  a value halfway stands for those between two stops
    """

    value: Json
    condition: Json = None
    zooms: Zooms = (None, None)
    input: Json = None
    labels: tuple[Json, ...] | None = None
    range: Zooms | None = None
    approximate: bool = False


def of(value: Json) -> list[Branch]:
    """The branches of a value, in the order of the style; one where it is the same for all.

    Of more than `MOST` the first ones, and the last one, which is for all else.
    """
    found = _of(modern(value))
    return found if len(found) <= MOST else [*found[: MOST - 1], found[-1]]


def joined(*conditions: Json) -> Json:
    """All of these conditions as one, None where there is none."""
    given = [each for each in conditions if each is not None and each is not True]
    if not given:
        return None
    parts = [p for each in given for p in (each[1:] if each[:1] == ["all"] else [each])]
    return parts[0] if len(parts) == 1 else ["all", *parts]


def narrowed(one: Zooms, other: Zooms) -> Zooms:
    """The zooms that are in both."""
    lows = [z for z in (one[0], other[0]) if z is not None]
    highs = [z for z in (one[1], other[1]) if z is not None]
    return max(lows, default=None), min(highs, default=None)


def modern(value: Json) -> Json:
    """A legacy function as an expression; other values as they are."""
    if not isinstance(value, dict) or not ({"stops", "property"} & value.keys()):
        return value
    if value.get("type") == "identity":
        return ["get", value["property"]]
    given: Json = ["get", value["property"]] if "property" in value else ["zoom"]
    stops = [(s[0], s[1]) for s in value["stops"] if not isinstance(s[0], dict)]
    if not stops:  # of zoom and property together
        return value["stops"][-1][1]
    flat = [each for stop in stops for each in stop]
    if value.get("type") == "categorical":
        return ["match", given, *flat, value.get("default", stops[-1][1])]
    number = isinstance(stops[0][1], int | float) and not isinstance(stops[0][1], bool)
    colour = isinstance(stops[0][1], str) and colours.read(stops[0][1]) is not None
    if value.get("type") != "interval" and (number or colour):
        return ["interpolate", ["exponential", value.get("base", 1)], given, *flat]
    return ["step", given, stops[0][1], *flat[2:]]


def _of(value: Json) -> list[Branch]:
    if not isinstance(value, list) or not value or not isinstance(value[0], str):
        return [Branch(value)]
    name = value[0]
    if name == "literal":
        return [Branch(value[1])]
    if name in ("to-color", "to-number", "to-string", "number", "string") and len(value) == 2:
        inside = _of(value[1])
        return inside if not isinstance(inside[0].value, list) else [Branch(value)]
    taken = {"match": _match, "case": _case, "step": _step, **dict.fromkeys(_RAMPS, _ramp)}
    return taken[name](value) if name in taken else [Branch(value)]


def _inside(value: Json, outer: Branch) -> list[Branch]:
    """The branches of an output, each with what its own branch says."""
    found = []
    for branch in _of(value):
        zooms = narrowed(outer.zooms, branch.zooms)
        low, high = zooms
        if low is None or high is None or low < high:
            found.append(
                outer._replace(
                    value=branch.value,
                    condition=joined(outer.condition, branch.condition),
                    zooms=zooms,
                    approximate=outer.approximate or branch.approximate,
                )
            )
    return found


def _match(value: list[Json]) -> list[Branch]:
    _, given, *pairs, fallback = value
    found: list[Branch] = []
    seen: list[Json] = []
    for label, output in zip(pairs[::2], pairs[1::2], strict=True):
        labels = tuple(label) if isinstance(label, list) else (label,)
        seen += labels
        if len(found) >= MOST:
            continue
        condition = one_of(given, labels)
        found += _inside(output, Branch(None, condition, input=given, labels=labels))
    others = ["!", one_of(given, seen)]
    return found + _inside(fallback, Branch(None, others, input=given))


def one_of(given: Json, labels: Sequence[Json]) -> Json:
    """Whether an input is one of these."""
    if len(labels) == 1:
        return ["==", given, labels[0]]
    return ["in", given, ["literal", list(labels)]]


def _case(value: list[Json]) -> list[Branch]:
    *pairs, fallback = value[1:]
    found: list[Branch] = []
    before: list[Json] = []
    for condition, output in zip(pairs[::2], pairs[1::2], strict=True):
        if _names_state(condition):  # of the pointer of a client: nothing is so without one
            continue
        found += _inside(output, Branch(None, joined(*before, condition)))
        before.append(["!", condition])
    return found + _inside(fallback, Branch(None, joined(*before)))


def _names_state(value: Json) -> bool:
    if not isinstance(value, list):
        return False
    return value[:1] == ["feature-state"] or any(_names_state(each) for each in value)


def _step(value: list[Json]) -> list[Branch]:
    _, given, first, *pairs = value
    stops = [None, *pairs[::2], None]
    outputs = [first, *pairs[1::2]]
    return [
        branch
        for between, output in zip(pairwise(stops), outputs, strict=True)
        for branch in _inside(output, _between(given, between))
    ]


def _ramp(value: list[Json]) -> list[Branch]:
    _, _, given, *pairs = value
    stops, outputs = pairs[::2], pairs[1::2]
    found = _inside(outputs[0], _between(given, (None, stops[0])))
    for (low, high), (before, after) in zip(pairwise(stops), pairwise(outputs), strict=True):
        half = _between(given, (low, high))._replace(approximate=True)
        found += _inside(_halfway(before, after), half)
    return found + _inside(outputs[-1], _between(given, (stops[-1], None)))


def _between(given: Json, between: Zooms) -> Branch:
    if given == ["zoom"]:
        return Branch(None, zooms=between)
    low, high = between
    conditions = [[">=", given, low]] if low is not None else []
    conditions += [["<", given, high]] if high is not None else []
    return Branch(None, joined(*conditions), input=given, range=between)


def _halfway(before: Json, after: Json) -> Json:
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (before, after))
    if numbers:
        return (before + after) / 2
    texts = isinstance(before, str) and isinstance(after, str)
    read = [colours.read(each) for each in (before, after)] if texts else [None, None]
    if read[0] is None or read[1] is None:
        return after
    mixed = colours.mixed(read[0], read[1])
    if mixed.opacity == 1:
        return mixed.hex
    return f"rgba({mixed.red},{mixed.green},{mixed.blue},{mixed.opacity:g})"
