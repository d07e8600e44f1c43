"""What a filter is made of in SQL (过滤条件的 SQL 项): queryables, kinds, values that are bound.

A queryable (可查询属性) is an SQL expression with its PostgreSQL type; what is compared must be of
one kind, and a time without a zone is one of UTC.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple

from cim.cql2.tree import Place
from cim.errors import PropertyUnknown

__all__ = ["INSTANTS", "KINDS", "Bound", "Kind", "Queryable", "Term", "found", "same_instant"]

Kind = Literal[
    "boolean", "number", "text", "date", "moment", "local", "interval", "geometry", "array", "other"
]

INSTANTS: tuple[Kind, ...] = ("date", "moment", "local")

_KINDS: dict[str, Kind] = {
    "boolean": "boolean",
    **dict.fromkeys(("text", "character varying", "varchar", "character", "name"), "text"),
    **dict.fromkeys(("uuid", "time"), "text"),
    **dict.fromkeys(("smallint", "integer", "bigint", "numeric", "real"), "number"),
    **dict.fromkeys(("double precision", "int2", "int4", "int8", "float4", "float8"), "number"),
    "date": "date",
    **dict.fromkeys(("timestamptz", "timestamp with time zone"), "moment"),
    **dict.fromkeys(("timestamp", "timestamp without time zone"), "local"),
    **dict.fromkeys(("geometry", "geography"), "geometry"),
    **dict.fromkeys(("json", "jsonb"), "array"),
}

KINDS: dict[Kind, str] = {
    "boolean": "true or false",
    "number": "a number",
    "text": "a text",
    "date": "a date",
    "moment": "a time",
    "local": "a time",
    "interval": "an interval",
    "geometry": "a geometry",
    "array": "an array",
    "other": "of a type that is not compared",
}
"""Kinds as errors call them."""

_WRITTEN = {"uuid", "time"}  # compared as the texts that features show them as
_REAL = 3e38  # beyond it a number is too large for `real`
_INTEGERS = {"smallint", "integer", "bigint", "int2", "int4", "int8"}


@dataclass(frozen=True, slots=True)
class Queryable:
    """A property that filters may name: its SQL, and its PostgreSQL type such as `text[]`.

    The SQL stands within a larger expression: identifiers are quoted, operators parenthesised.
    `indexed` geometries have an index, so that a page may be read through it. Where the index is
    of something else, `near` is SQL of a condition that it serves, which holds for what meets the
    geometry of the SQL that it is given.
    """

    sql: str
    type: str
    indexed: bool = False
    near: Callable[[str], str] | None = None

    @property
    def kind(self) -> Kind:
        """
        >>> Queryable('"area"', "double precision").kind, Queryable("tags", "text[]").kind
        ('number', 'array')
        """
        name = self.type.lower()
        return "array" if name.endswith("[]") else _KINDS.get(name.partition("(")[0], "other")


class Term(NamedTuple):
    """An expression of a kind. A `value` that is given has no `sql` yet: it is bound as it is used.

    `exact` tells how numbers are: integer, numeric, real, or double. `open` is the end of an
    interval that has none; `ends` are the two of an interval. `said` is what errors call it.
    `fixed` is the same for all rows. A geometry is `indexed`; a condition is `located` where it
    holds only for rows that such an index finds. A `loose` value may be of another kind.
    """

    sql: str
    kind: Kind
    place: Place
    said: str
    value: Any = None
    exact: str = ""
    ends: tuple["Term", "Term"] | None = None
    open: bool = False
    fixed: bool = False
    indexed: bool = False
    located: bool = False
    loose: bool = False
    near: Callable[[str], str] | None = None

    @property
    def same_for_all(self) -> bool:
        return self.fixed or self.value is not None


@dataclass(slots=True)
class Bound:
    """Values as `$n` parameters, from `first` on."""

    first: int
    values: list[Any] = field(default_factory=list)

    def put(self, value: Any, kind: str) -> str:
        self.values.append(value)
        return f"${self.first + len(self.values) - 1}::{kind}"

    def term(self, term: Term, beside: Term | None = None) -> str:
        """SQL of a term, its value bound as what stands beside it needs it."""
        if term.value is None:
            return term.sql
        return self.put(*typed([term.value], beside)[0])

    def listed(self, terms: list[Term], beside: Term) -> str:
        """SQL of an array of values."""
        pairs = typed([term.value for term in terms], beside)
        return self.put([value for value, _ in pairs], f"{pairs[0][1]}[]")


def typed(values: list[Any], beside: Term | None) -> list[tuple[Any, str]]:
    """Values with the PostgreSQL type that all of them have."""
    first = values[0]
    if isinstance(first, bool):
        return [(value, "boolean") for value in values]
    if isinstance(first, int | Decimal):
        return _numbers(values, beside.exact if beside else "")
    if isinstance(first, datetime):
        return [(value, "timestamptz") for value in values]
    if isinstance(first, date):
        return [(value, "date") for value in values]
    return [(value, "text") for value in values]


def _numbers(values: list[Any], beside: str) -> list[tuple[Any, str]]:
    """As exactly as they are written: a double beside doubles, and `real` beside those."""
    if beside in {"double", "real"}:
        narrow = beside == "real" and all(abs(value) < _REAL for value in values)
        return [(float(value), "real" if narrow else "double precision") for value in values]
    if all(isinstance(value, int) and abs(value) < 2**63 for value in values):
        return [(value, "bigint") for value in values]
    return [(Decimal(value), "numeric") for value in values]


def exactness(kind: str) -> str:
    name = kind.lower().partition("(")[0]
    if name in _INTEGERS:
        return "integer"
    return {"numeric": "numeric", "real": "real", "float4": "real"}.get(name, "double")


def found(name: str, place: Place, queryables: Mapping[str, Queryable]) -> Term:
    """The property; PropertyUnknown with those that have a name like it."""
    queryable = queryables.get(name)
    if queryable is None:
        near = get_close_matches(name, queryables, 5, 0.5)
        there = f"near are {', '.join(near)}" if near else "/queryables lists those there are"
        raise PropertyUnknown(place, f"there is no property {name!r}; {there}")
    kind = queryable.kind
    said = f"the property {name!r}"
    exact = exactness(queryable.type) if kind == "number" else ""
    written = queryable.type.lower() in _WRITTEN
    return Term(
        f"({queryable.sql})::text" if written else queryable.sql,
        kind,
        place,
        said,
        exact=exact,
        indexed=queryable.indexed,
        near=queryable.near,
    )


def same_instant(term: Term, bound: Bound, *, days: bool) -> str:
    """SQL of an instant as a day of UTC, or as a `timestamptz`."""
    sql = bound.term(term)
    if days:
        if term.kind == "date":
            return sql
        return f"({sql} AT TIME ZONE 'UTC')::date" if term.kind == "moment" else f"({sql})::date"
    return f"({sql} AT TIME ZONE 'UTC')" if term.kind == "local" else sql
