"""What a fused collection is made of (融合定义), as the registry holds it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cim.catalog import grades
from cim.database.sql import run
from cim.errors import UnknownFusion
from cim.fusion import model
from cim.fusion.model import TOLD, BusinessTable
from cim.fusion.ways import Way

TAKES = ("sum", "count", "min", "max", "avg")
_SUMS = {"integer": "bigint", "bigint": "numeric"}

# One JSON list; part of the statement that reads the registry.
READ = f"""
    SELECT coalesce(json_agg(json_build_object(
        'layer_id', f.layer_id, 'base_id', f.base_id, 'name', l.name, 'base', b.name,
        'defined_by', a.who, 'why', a.why, 'defined_at', a.recorded_at,
        'joins', (SELECT coalesce(json_agg(json_build_object(
            'id', j.id, 'ways', j.ways, 'accept', j.accept, 'review', j.review,
            'margin', j.margin, 'several', j.several, 'several_field', j.several_field,
            'refreshed_at', j.refreshed_at, 'table', {TOLD},
            'fields', (SELECT coalesce(json_agg(json_build_object('column', x.column_name,
                           'take', x.take, 'name', x.name) ORDER BY x.position), '[]')
                       FROM cim.fusion_field x WHERE x.join_id = j.id)) ORDER BY j.id), '[]')
            FROM cim.fusion_table j JOIN cim.business_table t ON t.id = j.table_id
            WHERE j.layer_id = f.layer_id)) ORDER BY f.layer_id), '[]')
    FROM cim.fusion f JOIN cim.action a ON a.id = f.action_id
        JOIN cim.layer l ON l.id = f.layer_id JOIN cim.layer b ON b.id = f.base_id
"""


@dataclass(frozen=True, slots=True)
class FusedField:
    """A property of a fused collection that comes from a column of a table.

    `take` is how the rows of one feature become one value (TAKES), "" the value of one row of them.
    The column is "" where rows are counted.
    """

    name: str
    column: str
    take: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """A table in a fusion: how its rows are linked, and which fields it gives.

    accept, review  scores from which a link is taken at once, and from which people decide
    margin          by how much the best candidate must be ahead of the second
    several         which row of several of one feature gives its values: refuse, that is none;
                    first, by key; latest, by `several_field`
    """

    id: int
    table: BusinessTable
    ways: tuple[Way, ...]
    accept: float
    review: float
    margin: float
    several: str
    several_field: str
    refreshed_at: datetime | None
    fields: tuple[FusedField, ...]

    def type_of(self, field: FusedField) -> str:
        """PostgreSQL type of a field."""
        if field.take == "count":
            return "bigint"
        kind = self.table.column(field.column).type
        if field.take in {"sum", "avg"}:
            return _SUMS.get(kind, kind) if field.take == "sum" else _average(kind)
        return kind

    def grade_of(self, field: FusedField) -> str:
        """A count of rows has the grade of the table, another field that of its column."""
        return self.table.grade_of(field.column) if field.column else self.table.grade


def _average(kind: str) -> str:
    return "double precision" if kind == "double precision" else "numeric"


@dataclass(frozen=True, slots=True)
class Fusion:
    """What a fused collection is made of: the layer `base`, and tables."""

    layer_id: int
    base_id: int
    name: str
    base: str
    joins: tuple[Join, ...]
    defined_by: str
    why: str | None
    defined_at: datetime

    def fields(self) -> Iterator[tuple[Join, FusedField]]:
        return ((join, field) for join in self.joins for field in join.fields)

    def find(self, name: str) -> tuple[Join, FusedField] | None:
        """The field that a property is, and its table; None of properties of the layer."""
        return next(((j, f) for j, f in self.fields() if f.name == name), None)

    def join_of(self, table: str) -> Join | None:
        return next((join for join in self.joins if join.table.name == table), None)

    def grade(self, base: str | None) -> str:
        """The highest grade of all fields and of the layer, whose grade is given."""
        own = (join.grade_of(field) for join, field in self.fields())
        return grades.highest((*filter(None, [base]), *(j.table.grade for j in self.joins), *own))


def parse(raw: Mapping[str, Any]) -> Fusion:
    """A fusion out of an object of what `READ` gives."""
    return Fusion(
        **{n: raw[n] for n in ("layer_id", "base_id", "name", "base", "defined_by", "why")},
        joins=tuple(_join(each) for each in raw["joins"]),
        defined_at=datetime.fromisoformat(raw["defined_at"]),
    )


def _join(raw: Mapping[str, Any]) -> Join:
    at = raw["refreshed_at"]
    return Join(
        **{n: raw[n] for n in ("id", "accept", "review", "margin", "several", "several_field")},
        table=model.parse(raw["table"]),
        ways=tuple(Way(**way) for way in raw["ways"]),
        refreshed_at=datetime.fromisoformat(at) if at else None,
        fields=tuple(FusedField(**field) for field in raw["fields"]),
    )


def listed(connection: Connection) -> list[Fusion]:
    """All fusions in the order of their definition."""
    (row,) = run(connection, f"SELECT ({READ})::text AS document")
    return [parse(each) for each in json.loads(row.document)]


def get(connection: Connection, name: str) -> Fusion:
    """UnknownFusion."""
    return found(listed(connection), name)


def found(fusions: Iterable[Fusion], name: str) -> Fusion:
    """The one of that name; UnknownFusion."""
    for fusion in fusions:
        if fusion.name == name:
            return fusion
    raise UnknownFusion(name)


def over(connection: Connection, base: str) -> list[Fusion]:
    """The fusions of a layer."""
    return [fusion for fusion in listed(connection) if fusion.base == base]


def reading(connection: Connection, table: str) -> list[tuple[Fusion, Join]]:
    """The fusions that a table is in."""
    pairs = ((fusion, fusion.join_of(table)) for fusion in listed(connection))
    return [(fusion, join) for fusion, join in pairs if join is not None]
