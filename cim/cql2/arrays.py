"""Arrays in filters (过滤条件中的数组): sets of values, OGC 21-065r2 clause 7.12.

Columns of PostgreSQL arrays and of `jsonb` that holds arrays are compared as `jsonb`, so that
texts, numbers and truths may stand beside each other; days and times are texts there. Neither
order nor repetition counts. Of `jsonb` that is no array, nothing is told.
"""

import json
from decimal import Decimal
from typing import Any

from cim.cql2.terms import KINDS, Bound, Term
from cim.cql2.tree import Place
from cim.errors import FilterInvalid

__all__ = ["RELATIONS", "SCALARS", "literal", "relation"]

_OF = (
    "(SELECT FROM jsonb_array_elements({0}) e WHERE e.value {2} (SELECT jsonb_array_elements({1})))"
)
_ALL_IN = f"NOT EXISTS {_OF.format('{0}', '{1}', 'NOT IN')}"

RELATIONS = {
    "a_contains": _ALL_IN.format("y", "x"),
    "a_containedby": _ALL_IN.format("x", "y"),
    "a_equals": f"{_ALL_IN.format('x', 'y')} AND {_ALL_IN.format('y', 'x')}",
    "a_overlaps": f"EXISTS {_OF.format('x', 'y', 'IN')}",
}
SCALARS = {"text", "number", "boolean", "date", "moment", "local"}
_ELEMENTS = {*SCALARS, "array"}


def literal(items: list[Term], bound: Bound, place: Place) -> Term:
    """An array of values, properties and arrays."""
    for item in items:
        if item.kind not in _ELEMENTS:
            reason = f"{item.said} is {KINDS[item.kind]}, which no array here holds"
            raise FilterInvalid(item.place, reason)
    if all(_plain(item) for item in items):
        text = json.dumps([item.value for item in items], default=_written, ensure_ascii=False)
        sql = f"{bound.put(text, 'text')}::jsonb"
    else:
        made = ", ".join(f"to_jsonb({bound.term(item)})" for item in items)
        sql = (  # of a set with something unknown in it, nothing is told
            "(SELECT CASE WHEN array_position(a, NULL) IS NULL THEN to_jsonb(a) END"
            f" FROM (SELECT ARRAY[{made}]::jsonb[] AS a OFFSET 0) s)"
        )
    return Term(sql, "array", place, "the array")


def _plain(item: Term) -> bool:
    return isinstance(item.value, str | int | Decimal) and item.value is not None


def _written(value: Any) -> Any:
    """A decimal as a number of JSON, whose digits are kept."""
    return int(value) if value == value.to_integral_value() else float(value)


def relation(op: str, terms: list[Term]) -> str:
    """SQL of a relation of two arrays, each worked out once."""
    for term in terms:
        if term.kind != "array":
            raise FilterInvalid(term.place, f"{term.said} is {KINDS[term.kind]}, not an array")
    first, second = (f"to_jsonb({term.sql})" for term in terms)
    return (
        "SELECT CASE WHEN jsonb_typeof(x) = 'array' AND jsonb_typeof(y) = 'array'"
        f" THEN {RELATIONS[op]} END FROM (SELECT {first} AS x, {second} AS y OFFSET 0) a"
    )
