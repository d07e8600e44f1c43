"""The views of a fused collection (融合视图): features of a layer with attributes of tables.

`item.<fused>` and `version.<fused>` have all that those of the layer have, so that every reader
takes them for a layer. The attributes stay in their tables and are looked up by the key of their
row, feature by feature, so that a page costs with its length. Tables keep no history: a version of
a feature that was replaced has none of their attributes, and the present has those of now.

A field whose name the layer has, or an earlier table, gets the name of its table before it.
"""

import json
from collections.abc import Collection, Sequence
from itertools import count
from typing import NamedTuple, Protocol

from sqlalchemy import Connection

from cim.database.sql import run
from cim.fusion import fused
from cim.fusion.fused import FusedField, Fusion, Join
from cim.fusion.model import TableColumn
from cim.names import quoted

_CODES = ("code", "region_code", "type_code", "beidou_code", "geom")


class Property(Protocol):
    """A property of a layer."""

    @property
    def name(self) -> str: ...

    @property
    def type(self) -> str: ...


class _Names(NamedTuple):
    """Names that are taken, and which have been given to fields."""

    taken: set[str]

    def take(self, table: str, field: FusedField) -> str:
        """A name that nothing has yet."""
        wanted = _plain(table, field)
        tries = (wanted, f"{table}_{wanted}", *(f"{table}_{wanted}_{n}" for n in range(2, 100)))
        name = next(n for n in tries if not _unfit(n, self.taken))
        self.taken.add(name)
        return name


def _plain(table: str, field: FusedField) -> str:
    if not field.column:
        return f"{table}_count"
    return f"{field.column}_{field.take}" if field.take else field.column


def _unfit(name: str, taken: Collection[str]) -> bool:
    return name in taken or name in _CODES or name.startswith("cim_")


def create(connection: Connection, fusion: Fusion, base: Sequence[Property]) -> None:
    """Make the views over a layer that has these properties now; the registry is told of them."""
    names = _Names({column.name for column in base})
    columns = [{"name": c.name, "type": c.type} for c in base]
    joins: list[tuple[Join, list[str]]] = []
    for join in fusion.joins:
        given = [names.take(join.table.name, field) for field in join.fields]
        joins.append((join, given))
        types = (join.type_of(field) for field in join.fields)
        columns += [{"name": n, "type": t} for n, t in zip(given, types, strict=True)]
        _rename(connection, join, given)
    _create(connection, "item", fusion, joins)
    _create(connection, "version", fusion, joins)
    run(
        connection,
        "UPDATE cim.layer SET columns = $2, version = version + 1, updated_at = now() "
        "WHERE id = $1",
        fusion.layer_id,
        json.dumps(columns, ensure_ascii=False),
    )


def _rename(connection: Connection, join: Join, names: Sequence[str]) -> None:
    for position, name in enumerate(names, 1):
        run(
            connection,
            "UPDATE cim.fusion_field SET name = $3 WHERE join_id = $1 AND position = $2",
            join.id,
            position,
            name,
        )


def _create(
    connection: Connection, schema: str, fusion: Fusion, joins: Sequence[tuple[Join, list[str]]]
) -> None:
    own, parts = "", ""
    number = count(1)
    for join, names in joins:
        part = f"f{next(number)}"
        own += "".join(f", {part}.{quoted(name)}" for name in names)
        now = "AND i.cim_valid_to = 'infinity'" if schema == "version" else ""
        parts += f" LEFT JOIN LATERAL ({_rows(join, names, now)}) {part} ON true"
    view, base = f"{schema}.{quoted(fusion.name)}", f"{schema}.{quoted(fusion.base)}"
    run(connection, f"CREATE VIEW {view} AS SELECT i.*{own} FROM {base} i{parts}")


def _rows(join: Join, names: Sequence[str], now: str) -> str:
    """Query of one row at the most: the fields of a feature `i`."""
    key = join.table.key
    order = f"t.{quoted(key.name)}"
    if join.several == "latest":
        order = f"t.{quoted(join.several_field)} DESC NULLS LAST, {order}"
    together = any(field.take for field in join.fields)
    values = [_value(join, field, order if together else "") for field in join.fields]
    shown = ", ".join(f"{v} AS {quoted(n)}" for v, n in zip(values, names, strict=True))
    return f"""
        SELECT {shown} FROM cim.fusion_link k
        JOIN {join.table.relation} t ON t.{quoted(key.name)} = {row_key(key)}
        WHERE {linked_to(str(join.id), "i.code")} {now}
        {"" if together else f"ORDER BY {order} LIMIT 1"}"""


def linked_to(join: str, code: str) -> str:
    """Condition on links `k`: those of a join to a feature.

    The sum keeps the planner, whose statistics may be older than the join, to the index over codes:
    of a feature there are a few, of a join there may be a million.
    """
    return f"k.code = {code} AND k.join_id + 0 = {join} AND k.state = 'linked'"


def row_key(key: TableColumn, link: str = "k") -> str:
    """The key of a row out of the text of it in a link, so that an index of the table is of use."""
    typed = f"{link}.row_key::{key.raw}"
    return f"{typed} COLLATE {key.collation}" if key.collation else typed


def _value(join: Join, field: FusedField, order: str) -> str:
    if field.take == "count":
        return "count(*)" if not field.column else f"count(t.{quoted(field.column)})"
    column = join.table.column(field.column)
    value = f"t.{quoted(column.name)}"
    value = value if column.raw == column.type else f"{value}::{column.type}"
    if field.take:
        return f"{field.take}({value})::{join.type_of(field)}"
    return f"(array_agg({value} ORDER BY {order}))[1]" if order else value


def drop(connection: Connection, name: str) -> None:
    run(connection, f"DROP VIEW IF EXISTS item.{quoted(name)}, version.{quoted(name)}")


def drop_over(connection: Connection, base: str) -> list[Fusion]:
    """Take away the views that rest on those of a layer; the fusions, for `create`."""
    fusions = fused.over(connection, base)
    for fusion in fusions:
        drop(connection, fusion.name)
    return fusions
