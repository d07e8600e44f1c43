"""Operators that choose between outputs (分支表达式): branches, ramps, variables.

Each is an `Operator`: the array as it stands, its place, and the type that is expected of it.
"""

from itertools import pairwise

from cim.styles.checking.check import Check, Operator
from cim.styles.checking.types import Array, Json, Type, of_literal

_INTERPOLATED = {
    "number",
    "color",
    "projectionDefinition",
    "padding",
    "numberArray",
    "colorArray",
    "variableAnchorOffsetCollection",
}
_SAFE = 2**53 - 1


def match(check: Check, args: list[Json], place: str, expected: Type | None) -> Type | None:
    if len(args) < 5 or len(args) % 2 == 0:
        return check.fault(place, '"match" takes an input, pairs of label and output, a fallback')
    kind = _labels(check, args, place)
    if kind is None:
        return None
    found = check.type_of(args[1], f"{place}[1]", "value")
    if found is None:
        return None
    if found not in {"value", kind}:
        return check.fault(f"{place}[1]", f"{kind} expected, as the labels are, {found} found")
    outputs = [*range(3, len(args) - 1, 2), len(args) - 1]
    return _outputs(check, args, place, outputs, expected)


def _labels(check: Check, args: list[Json], place: str) -> Type | None:
    """The type of the labels of a match, None where they have a fault."""
    kind: Type | None = None
    seen: set[str] = set()
    for at in range(2, len(args) - 1, 2):
        labels = args[at] if isinstance(args[at], list) else [args[at]]
        here = f"{place}[{at}]"
        if not labels:
            return check.fault(here, "a branch has at least one label")
        for label in labels:
            found = of_literal(label)
            whole = found == "string" or (found == "number" and _whole(label))
            if not whole:
                return check.fault(here, f"a label is a text or a whole number, not {label!r}")
            if kind not in {None, found}:
                return check.fault(here, f"{kind} expected, as the labels before, {found} found")
            if str(label) in seen:
                return check.fault(here, f"the label {label!r} stands there twice")
            kind = found
            seen.add(str(label))
    return kind


def _whole(number: float) -> bool:
    return abs(number) <= _SAFE and number == int(number)


def case(check: Check, args: list[Json], place: str, expected: Type | None) -> Type | None:
    if len(args) < 4 or len(args) % 2:
        return check.fault(place, '"case" takes pairs of condition and output, and a fallback')
    for at in range(1, len(args) - 1, 2):
        if check.type_of(args[at], f"{place}[{at}]", "boolean") is None:
            return None
    outputs = [*range(2, len(args) - 1, 2), len(args) - 1]
    return _outputs(check, args, place, outputs, expected)


def step(check: Check, args: list[Json], place: str, expected: Type | None) -> Type | None:
    if len(args) < 5 or len(args) % 2 == 0:
        return check.fault(place, '"step" takes an input, an output, pairs of stop and output')
    if check.type_of(args[1], f"{place}[1]", "number") is None:
        return None
    if not _rising(check, args, place, range(3, len(args), 2)):
        return None
    return _outputs(check, args, place, list(range(2, len(args), 2)), expected)


def interpolate(check: Check, args: list[Json], place: str, expected: Type | None) -> Type | None:
    if len(args) < 2 or not _is_curve(args[1]):
        told = "how to interpolate: linear, exponential with its base, cubic-bezier with 4 numbers"
        return check.fault(f"{place}[1]", f"this is no way {told}")
    if len(args) < 5 or len(args) % 2 == 0:
        return check.fault(place, f'"{args[0]}" takes a curve, an input, pairs of stop and output')
    if check.type_of(args[2], f"{place}[2]", "number") is None:
        return None
    if not _rising(check, args, place, range(3, len(args), 2)):
        return None
    of_colours = args[0] != "interpolate" and expected != "colorArray"
    wanted = "color" if of_colours else expected
    found = _outputs(check, args, place, list(range(4, len(args), 2)), wanted)
    item = found.item if isinstance(found, Array) else found
    if found is None or item in (_INTERPOLATED if item is found else {"number"}):
        return found
    return check.fault(place, f"nothing is between values of the type {found}")


def _is_curve(curve: Json) -> bool:
    if not isinstance(curve, list) or not curve:
        return False
    numbers = [each for each in curve[1:] if of_literal(each) == "number"]
    if curve[0] == "cubic-bezier":
        return len(numbers) == len(curve) - 1 == 4 and all(0 <= each <= 1 for each in numbers)
    return curve[0] == "linear" or (curve[0] == "exponential" and curve[1:2] == numbers[:1] != [])


def _rising(check: Check, args: list[Json], place: str, stops: range) -> bool:
    for at in stops:
        if of_literal(args[at]) != "number":
            check.fault(f"{place}[{at}]", f"a stop is a number, not {args[at]!r}")
            return False
    for before, after in pairwise(stops):
        if args[before] >= args[after]:
            check.fault(f"{place}[{after}]", "stops rise")
            return False
    return True


def _outputs(
    check: Check, args: list[Json], place: str, at: list[int], expected: Type | None
) -> Type | None:
    """The type of all outputs: that which is expected, else that of the first."""
    wanted = None if expected == "value" else expected
    for each in at:
        found = check.type_of(args[each], f"{place}[{each}]", wanted)
        if found is None:
            return None
        wanted = wanted or found
    return wanted


def coalesce(check: Check, args: list[Json], place: str, expected: Type | None) -> Type | None:
    if len(args) < 2:
        return check.fault(place, '"coalesce" takes at least 1 argument')
    wanted = None if expected == "value" else expected
    found: set[Type] = set()
    for at, each in enumerate(args[1:], 1):
        kind = check.type_of(each, f"{place}[{at}]", wanted)
        if kind is None:
            return None
        found.add(kind)
    return wanted or (found.pop() if len(found) == 1 else "value")


def let(check: Check, args: list[Json], place: str, expected: Type | None) -> Type | None:
    if len(args) < 4 or len(args) % 2:
        return check.fault(place, '"let" takes pairs of name and value, and an expression')
    scope: dict[str, Type] = {}
    for at in range(1, len(args) - 1, 2):
        name = args[at]
        if not isinstance(name, str) or not name.replace("_", "a").isalnum():
            return check.fault(f"{place}[{at}]", f"a variable is letters, digits and _: {name!r}")
        found = check.type_of(args[at + 1], f"{place}[{at + 1}]")
        if found is None:
            return None
        scope[name] = found
    check.bound.append(scope)
    last = len(args) - 1
    result = check.type_of(args[last], f"{place}[{last}]", expected)
    check.bound.pop()
    return result


def var(check: Check, args: list[Json], place: str, _expected: Type | None) -> Type | None:
    if len(args) != 2 or not isinstance(args[1], str):
        return check.fault(place, '"var" takes the name of a variable')
    found = check.variable(args[1])
    return found or check.fault(f"{place}[1]", f"there is no variable {args[1]!r} here")


BRANCHES: dict[str, Operator] = {
    "match": match,
    "case": case,
    "step": step,
    "interpolate": interpolate,
    "interpolate-hcl": interpolate,
    "interpolate-lab": interpolate,
    "coalesce": coalesce,
    "let": let,
    "var": var,
}
