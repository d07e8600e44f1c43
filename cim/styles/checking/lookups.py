"""Operators that look at values (取值表达式): literals, arrays, texts, comparisons, options.

Each is an `Operator`, or makes one.
"""

from cim.styles.checking.check import Check, Operator
from cim.styles.checking.types import Array, Json, Type, of_literal

_GEOJSON = {"Polygon", "MultiPolygon", "Feature", "FeatureCollection"}
_DISTANT = _GEOJSON | {"Point", "MultiPoint", "LineString", "MultiLineString"}


def literal(check: Check, args: list[Json], place: str, expected: Type | None) -> Type | None:
    if len(args) != 2:
        return check.fault(place, f'"{args[0]}" takes 1 argument, not {len(args) - 1}')
    found = of_literal(args[1])
    if isinstance(found, Array) and found.length == 0 and isinstance(expected, Array):
        return expected
    return found


def array(check: Check, args: list[Json], place: str, _expected: Type | None) -> Type | None:
    if not 2 <= len(args) <= 4:
        return check.fault(place, f'"array" takes 1 to 3 arguments, not {len(args) - 1}')
    item, length = "value", None
    if len(args) > 2:
        if args[1] not in {"string", "number", "boolean"}:
            return check.fault(f"{place}[1]", "an array is of string, number or boolean")
        item = args[1]
    if len(args) > 3:
        length = args[2]
        if length is not None and not (of_literal(length) == "number" and length == int(length)):
            return check.fault(f"{place}[2]", "the length of an array is a whole number")
    last = len(args) - 1
    found = check.type_of(args[last], f"{place}[{last}]", "value")
    return None if found is None else Array(item, length)


def of_format(check: Check, args: list[Json], place: str, _expected: Type | None) -> Type | None:
    if len(args) < 2 or isinstance(args[1], dict):
        return check.fault(place, '"format" begins with a text or an image')
    kinds: dict[str, Type] = {
        "text-font": Array("string"),
        "text-color": "color",
        "font-scale": "number",
        "vertical-align": "string",
    }
    for at, each in enumerate(args[1:], 1):
        here = f"{place}[{at}]"
        if isinstance(each, dict):
            for name, kind in kinds.items():
                if name in each and check.type_of(each[name], f"{here}.{name}", kind) is None:
                    return None
            continue
        found = check.type_of(each, here, "value")
        if found is None:
            return None
        if found not in {"string", "value", "null", "resolvedImage"}:
            return check.fault(here, f"a part is a text or an image, not a {found}")
    return "formatted"


def options(gives: Type, first: Type | None, kinds: dict[str, Type]) -> Operator:
    """An operator with an object of options, and an input before it where there is a `first`."""

    def checked(check: Check, args: list[Json], place: str, _: Type | None) -> Type | None:
        last = 2 if first is not None else 1
        if len(args) != last + 1 or not isinstance(args[last], dict):
            return check.fault(place, f'"{args[0]}" takes {last} arguments, the last an object')
        if first is not None and check.type_of(args[1], f"{place}[1]", first) is None:
            return None
        for name, kind in kinds.items():
            here = f"{place}[{last}].{name}"
            given = args[last].get(name)
            if given is not None and check.type_of(given, here, kind) is None:
                return None
        return gives

    return checked


def compared(check: Check, args: list[Json], place: str, _expected: Type | None) -> Type | None:
    """A comparison: of two values of one type that can be compared."""
    if len(args) not in {3, 4}:
        return check.fault(place, f'"{args[0]}" takes 2 to 3 arguments, not {len(args) - 1}')
    kinds = [_side(check, args, place, at) for at in (1, 2)]
    if None in kinds:
        return None
    if kinds[0] != kinds[1] and "value" not in kinds:
        return check.fault(place, f"a {kinds[0]} is not compared with a {kinds[1]}")
    if len(args) == 4:
        if not {"string", "value"} & set(kinds):
            return check.fault(place, "a collator is for texts")
        if check.type_of(args[3], f"{place}[3]", "collator") is None:
            return None
    return "boolean"


def _side(check: Check, args: list[Json], place: str, at: int) -> Type | None:
    """The type of one side of a comparison, None where it cannot be compared."""
    found = check.type_of(args[at], f"{place}[{at}]", "value")
    usable = {"string", "number", "value"}
    if args[0] in {"==", "!="}:
        usable |= {"boolean", "null"}
    if found is None or found in usable:
        return found
    return check.fault(f"{place}[{at}]", f'"{args[0]}" does not compare a {found}')


def at(check: Check, args: list[Json], place: str, expected: Type | None) -> Type | None:
    if len(args) != 3:
        return check.fault(place, f'"at" takes 2 arguments, not {len(args) - 1}')
    item = expected if isinstance(expected, str) else "value"
    if check.type_of(args[1], f"{place}[1]", "number") is None:
        return None
    found = check.type_of(args[2], f"{place}[2]", Array(item))
    return None if found is None else item


def length(check: Check, args: list[Json], place: str, _expected: Type | None) -> Type | None:
    if len(args) != 2:
        return check.fault(place, f'"length" takes 1 argument, not {len(args) - 1}')
    found = check.type_of(args[1], f"{place}[1]", "value")
    if found in {"string", "value"} or isinstance(found, Array):
        return "number"
    return None if found is None else check.fault(f"{place}[1]", f"a {found} has no length")


def within_text(gives: Type | None) -> Operator:
    """`in` and `index-of`, which look into a text or an array, and `slice`, which cuts one off."""
    looks = gives is not None

    def checked(check: Check, args: list[Json], place: str, _: Type | None) -> Type | None:
        most = 3 if args[0] == "in" else 4
        if not 3 <= len(args) <= most:
            return check.fault(place, f'"{args[0]}" does not take {len(args) - 1} arguments')
        whole = 2 if looks else 1
        if looks and check.type_of(args[1], f"{place}[1]", "value") is None:
            return None
        found = check.type_of(args[whole], f"{place}[{whole}]", "value")
        if found is None:
            return None
        if found not in {"string", "value"} and not isinstance(found, Array):
            return check.fault(f"{place}[{whole}]", f"a text or an array expected, {found} found")
        for number in range(3 if looks else 2, len(args)):
            if check.type_of(args[number], f"{place}[{number}]", "number") is None:
                return None
        return gives or found

    return checked


def spatial(gives: Type) -> Operator:
    """`within` or `distance`, whose argument is GeoJSON."""
    kinds = _GEOJSON if gives == "boolean" else _DISTANT

    def checked(check: Check, args: list[Json], place: str, _: Type | None) -> Type | None:
        given = args[1] if len(args) == 2 else None
        kind = given.get("type") if isinstance(given, dict) else None
        if isinstance(kind, str) and kind in kinds:
            return gives
        return check.fault(place, f'"{args[0]}" takes GeoJSON: {", ".join(sorted(kinds))}')

    return checked


LOOKUPS: dict[str, Operator] = {
    "literal": literal,
    "semiliteral": literal,
    "array": array,
    "format": of_format,
    "collator": options(
        "collator",
        None,
        {"case-sensitive": "boolean", "diacritic-sensitive": "boolean", "locale": "string"},
    ),
    "number-format": options(
        "string",
        "number",
        {
            "locale": "string",
            "currency": "string",
            "unit": "string",
            "min-fraction-digits": "number",
            "max-fraction-digits": "number",
        },
    ),
    "at": at,
    "length": length,
    "in": within_text("boolean"),
    "index-of": within_text("number"),
    "slice": within_text(None),
    "within": spatial("boolean"),
    "distance": spatial("number"),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), compared),
}
