"""Filters of OGC Filter Encoding 1.0 as conditions of MapLibre (过滤条件读入).

Literals of a filter have no types, and MapLibre's comparisons are strict: where the column is a
number, or nothing is known of it and the comparison has an order, a literal that is a number is
one; everything else is compared as text, in small letters with `matchCase="false"`, which QGIS
writes for ILIKE. Untranslatable where a condition has no counterpart:
spatial operators, feature ids, functions, and patterns with a wildcard for one character or in the
middle.
"""

import re
from collections.abc import Callable, Collection
from typing import NamedTuple

from cim.styles.branches import joined
from cim.styles.checking.types import Json
from cim.styles.sld.elements import Element, child, children, name_of, text_of
from cim.styles.sld.notes import Untranslatable

_COMPARED = {
    "PropertyIsEqualTo": "==",
    "PropertyIsNotEqualTo": "!=",
    "PropertyIsLessThan": "<",
    "PropertyIsLessThanOrEqualTo": "<=",
    "PropertyIsGreaterThan": ">",
    "PropertyIsGreaterThanOrEqualTo": ">=",
}
_SUMS = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/"}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class Columns(NamedTuple):
    """Which columns of a collection are numbers, and which are texts, or compared as texts."""

    numbers: Collection[str] = ()
    texts: Collection[str] = ()


NONE_KNOWN = Columns()
Reader = Callable[[Element, Columns], Json]


def condition(filter_: Element, columns: Columns = NONE_KNOWN) -> Json:
    """The condition of a Filter element; `columns` are those of its collection."""
    parts = [_condition(each, columns) for each in children(filter_)]
    return joined(*parts)


def expression(element: Element) -> Json:
    """A property, a literal (as text) or a sum."""
    name = name_of(element)
    if name == "PropertyName":
        return ["get", text_of(element).rpartition("/")[2].rpartition(":")[2]]
    if name == "Literal":
        return text_of(element)
    if name in _SUMS:
        one, other = (_number(expression(each)) for each in _two(element))
        return [_SUMS[name], one, other]
    raise Untranslatable(f"{name} in an expression")


def _number(value: Json) -> Json:
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            raise Untranslatable(f"a sum with the text {value!r}")
        return number(value)
    return ["to-number", value] if value[0] == "get" else value


def number(text: str) -> int | float:
    """The number of a text that is one."""
    read = float(text)
    return int(read) if read.is_integer() and abs(read) < 2**53 else read


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def _condition(element: Element, columns: Columns) -> Json:
    name = name_of(element)
    if name in _COMPARED:
        return _compared(element, columns)
    if name in _OTHERS:
        return _OTHERS[name](element, columns)
    raise Untranslatable(f"{name} has no counterpart in MapLibre styles")


def _two(element: Element) -> list[Element]:
    found = list(children(element))
    if len(found) != 2:
        raise Untranslatable(f"{name_of(element)} with {len(found)} parts in place of 2")
    return found


def _compared(element: Element, columns: Columns) -> Json:
    one, other = (expression(each) for each in _two(element))
    ordered = _COMPARED[name_of(element)] not in ("==", "!=")
    one, other = _typed(one, other, columns, ordered), _typed(other, one, columns, ordered)
    if _folds(element):
        one, other = _small(one), _small(other)
    found = [_COMPARED[name_of(element)], one, other]
    if found[0] == "==" and "" not in (one, other):
        return found
    # Of a property that is not there nothing is true, neither more, nor less, nor unequal.
    return joined(*(["has", each] for each in _properties(one, other)), found)


def _folds(element: Element) -> bool:
    return (element.get("matchCase") or "").strip() in ("false", "0")


def _small(value: Json) -> Json:
    """A text in small letters; a number as it is."""
    if isinstance(value, str):
        return value.lower()
    text = isinstance(value, list) and value[0] == "to-string"
    return ["downcase", value] if text else value


def _properties(*values: Json) -> list[str]:
    """The properties in these values, each once."""
    found: dict[str, None] = {}
    for value in values:
        if isinstance(value, list):
            found |= (
                {value[1]: None} if value[0] == "get" else dict.fromkeys(_properties(*value[1:]))
            )
    return list(found)


def _typed(value: Json, other: Json, columns: Columns, ordered: bool) -> Json:
    """One side of a comparison, as a number or as text, as the other side has it."""
    if _is_number(value, other, columns, ordered):
        return number(value) if isinstance(value, str) else value
    return ["to-string", value] if isinstance(value, list) and value[0] == "get" else value


def _is_number(value: Json, other: Json, columns: Columns, ordered: bool) -> bool:
    sides = (value, other)
    if any(isinstance(each, str) and not is_number(each) for each in sides):
        return False
    if any(isinstance(each, list) and each[0] in _SUMS.values() for each in sides):
        return True
    named = [each[1] for each in sides if isinstance(each, list)]
    literal = any(isinstance(each, str) for each in sides)
    if all(name in columns.numbers for name in named):
        return True
    return ordered and literal and not any(name in columns.texts for name in named)


def _between(element: Element, columns: Columns) -> Json:
    value = next(iter(children(element)), None)
    low, high = (child(element, each) for each in ("LowerBoundary", "UpperBoundary"))
    if value is None or low is None or high is None:
        raise Untranslatable("PropertyIsBetween without its boundaries")
    least, most = (expression(next(iter(children(e)), e)) for e in (low, high))
    given = expression(value)
    bounds = [_typed(each, given, columns, True) for each in (least, most)]
    one, other = (_typed(given, each, columns, True) for each in (least, most))
    there = (["has", each] for each in _properties(one))
    return joined(*there, [">=", one, bounds[0]], ["<=", other, bounds[1]])


def _like(element: Element, _: Columns) -> Json:
    value, literal = (expression(each) for each in _two(element))
    many, single = element.get("wildCard", "*"), element.get("singleChar", "?")
    escape = element.get("escape") or element.get("escapeChar") or "\\"
    parts = _pattern(str(literal), many, single, escape)
    text: Json = ["to-string", value]
    if _folds(element):
        text, parts = _small(text), [each.lower() for each in parts]
    if len(parts) == 1:
        return ["==", text, parts[0]]
    first, *middle, last = parts
    if first and last and not middle:
        lengths = [">=", ["length", text], len(first) + len(last)]
        return joined(lengths, _begins(text, first), _ends(text, last))
    if len([each for each in parts if each]) > 1:
        raise Untranslatable(f"PropertyIsLike with the pattern {literal!r}")
    if first:
        return _begins(text, first)
    if last:
        return _ends(text, last)
    inside = "".join(middle)
    return ["in", inside, text] if inside else ["has", value[1]]


def _begins(text: Json, part: str) -> Json:
    return ["==", ["slice", text, 0, len(part)], part]


def _ends(text: Json, part: str) -> Json:
    return ["==", ["slice", text, -len(part)], part]


def _pattern(pattern: str, many: str, single: str, escape: str) -> list[str]:
    """The texts between the wildcards for any number of characters."""
    parts, at = [""], 0
    while at < len(pattern):
        if escape and pattern.startswith(escape, at) and at + len(escape) < len(pattern):
            at += len(escape)
            parts[-1] += pattern[at]
            at += 1
        elif many and pattern.startswith(many, at):
            parts.append("")
            at += len(many)
        elif single and pattern.startswith(single, at):
            raise Untranslatable(f"PropertyIsLike with {single!r} for one character")
        else:
            parts[-1] += pattern[at]
            at += 1
    return parts


def _null(element: Element, _: Columns) -> Json:
    value = next(iter(children(element)), None)
    found = expression(value) if value is not None else None
    if not isinstance(found, list) or found[0] != "get":
        raise Untranslatable("PropertyIsNull of something that is no property")
    return ["!", ["has", found[1]]]


def _several(name: str) -> Reader:
    def read(element: Element, columns: Columns) -> Json:
        parts = [_condition(each, columns) for each in children(element)]
        if not parts:
            raise Untranslatable(f"{name_of(element)} of nothing")
        return joined(*parts) if name == "all" else [name, *parts]

    return read


def _not(element: Element, columns: Columns) -> Json:
    parts = [_condition(each, columns) for each in children(element)]
    if len(parts) != 1:
        raise Untranslatable(f"Not of {len(parts)} parts")
    inside = parts[0]
    return inside[1] if inside[:1] == ["!"] and inside[1][0] == "has" else ["!", inside]


_OTHERS: dict[str, Reader] = {
    "PropertyIsBetween": _between,
    "PropertyIsLike": _like,
    "PropertyIsNull": _null,
    "And": _several("all"),
    "Or": _several("any"),
    "Not": _not,
}
