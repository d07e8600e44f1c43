"""Indicators of governance (治理指标) of each vector layer and business table, now and day by day.

================  ============================================================================
赋码率 coded      rows with a living code / rows. A row of a layer has one while its entity is
                  active; a row of a table where a fusion links it to such an entity
治理率 governed   rows that pass the checks of the catalog / rows: their layer, or columns of
                  their table, are bound, and no value breaks a rule
上图率 mapped     rows on the map / rows: with a geometry in a collection that is bound to the
                  catalog, thus not private; rows of a table by the feature that they are linked to
governed_mapped   rows that are governed and on the map / rows that are governed
================  ============================================================================

One running system (Ezhou 数公基) has 治理率 = governed / raw rows and 上图率 = rows that can be
shown / governed rows; what counts as governed and shown, 赋码率, and the share of all rows on the
map are ours. Rows are those of now, without what loads refused. Of nothing there is no share.

A day is one of the city (Asia/Shanghai). A snapshot of a day is overwritten by later ones of it.
Fused collections have no rows of their own and are not counted.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection

from cim import registry, source_view
from cim.access import ANONYMOUS
from cim.catalog.binding import FITTING
from cim.database.sql import affected, run, stream
from cim.fusion import business, fused
from cim.fusion.model import BusinessTable
from cim.layer import Column, Layer
from cim.names import quoted
from layers import governed
from layers.arrow_types import ARROW
from layers.governed import Checked

ZONE = "Asia/Shanghai"
_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Kpi:
    """The counts of a layer or table; `department` is None of a layer that is bound to nothing."""

    kind: str
    name: str
    title_zh: str
    title_en: str
    department: str | None
    rows: int
    coded: int
    governed: int
    mapped: int
    governed_mapped: int

    def shares(self) -> dict[str, float | None]:
        """The four shares, None of nothing."""
        return shares(self.rows, self.coded, self.governed, self.mapped, self.governed_mapped)


def shares(rows: int, *counts: int) -> dict[str, float | None]:
    """The shares of so many rows, of which so many are coded, governed, mapped, and both.

    >>> shares(4, 4, 2, 3, 1)
    {'coded_share': 1.0, 'governed_share': 0.5, 'mapped_share': 0.75, 'governed_mapped_share': 0.5}
    >>> shares(0, 0, 0, 0, 0)["coded_share"] is None
    True
    """
    coded, governed_rows, mapped, both = counts
    return {
        "coded_share": coded / rows if rows else None,
        "governed_share": governed_rows / rows if rows else None,
        "mapped_share": mapped / rows if rows else None,
        "governed_mapped_share": both / governed_rows if governed_rows else None,
    }


def measure(
    connection: Connection,
    layers: Collection[str] | None = None,
    tables: Collection[str] | None = None,
) -> list[Kpi]:
    """The indicators as they are now, of those that are named, or of all where none is.

    Tables of others that cannot be read now are left out.
    """
    all_of_them = layers is None and tables is None
    wanted_layers, wanted_tables = layers or (), tables or ()
    known = registry.read(connection).visible(ANONYMOUS)
    own = [layer for layer in known if layer.kind == "vector" and layer.fusion is None]
    asked = [la for la in own if all_of_them or la.name in wanted_layers]
    found = [_layer(connection, layer) for layer in asked if _readable(connection, layer)]
    return found + [
        _table(connection, table)
        for table in business.listed(connection)
        if (all_of_them or table.name in wanted_tables) and business.readable(connection, table)
    ]


def _readable(connection: Connection, layer: Layer) -> bool:
    return layer.source is None or source_view.fault(connection, layer.name) is None


def record(
    connection: Connection,
    layers: Collection[str] | None = None,
    tables: Collection[str] | None = None,
    day: date | None = None,
) -> list[Kpi]:
    """Write the indicators down as those of the day, by default today's; they are returned."""
    found = measure(connection, layers, tables)
    for kpi in found:
        title = json.dumps({"zh": kpi.title_zh, "en": kpi.title_en}, ensure_ascii=False)
        counts = (kpi.rows, kpi.coded, kpi.governed, kpi.mapped, kpi.governed_mapped)
        run(connection, _RECORD, day, kpi.kind, kpi.name, title, kpi.department, *counts)
    return found


_RECORD = f"""
    INSERT INTO cim.kpi
        (day, kind, name, title, department, rows, coded, governed, mapped, governed_mapped)
    VALUES (coalesce($1::date, (now() AT TIME ZONE '{ZONE}')::date), $2, $3, $4, $5, $6, $7, $8,
            $9, $10)
    ON CONFLICT (day, kind, name) DO UPDATE SET
        title = excluded.title, department = excluded.department, rows = excluded.rows,
        coded = excluded.coded, governed = excluded.governed, mapped = excluded.mapped,
        governed_mapped = excluded.governed_mapped, recorded_at = now()
"""


def of_row(connection: Connection, name: str, key: str) -> Kpi | None:
    """The indicators of one row of a table; None where the table cannot be read now."""
    table = business.get(connection, name)
    return _table(connection, table, key) if business.readable(connection, table) else None


def move(connection: Connection, before: Kpi, after: Kpi) -> None:
    """Write down that a row counts otherwise than before: its table is not counted anew."""
    moved = [
        now - then
        for now, then in (
            (after.coded, before.coded),
            (after.mapped, before.mapped),
            (after.governed_mapped, before.governed_mapped),
        )
    ]
    if any(moved) and not affected(connection, _MOVE, after.name, *moved):
        record(connection, tables=[after.name])


_MOVE = f"""
    INSERT INTO cim.kpi AS k
        (day, kind, name, title, department, rows, coded, governed, mapped, governed_mapped)
    SELECT (now() AT TIME ZONE '{ZONE}')::date, kind, name, title, department, rows, coded + $2,
           governed, mapped + $3, governed_mapped + $4
    FROM cim.kpi WHERE kind = 'table' AND name = $1 ORDER BY day DESC LIMIT 1
    ON CONFLICT (day, kind, name) DO UPDATE SET
        coded = k.coded + $2, mapped = k.mapped + $3,
        governed_mapped = k.governed_mapped + $4, recorded_at = now()
"""


def _layer(connection: Connection, layer: Layer) -> Kpi:
    binding = layer.binding
    (count,) = run(
        connection,
        f"""
        SELECT count(*) AS rows, count(*) FILTER (WHERE e.state = 'active') AS coded,
               count(*) FILTER (WHERE NOT ST_IsEmpty(i.geom)) AS mapped
        FROM item.{quoted(layer.name)} i LEFT JOIN cim.entity e ON e.code = i.code
        """,
    )
    passed, passed_mapped = 0, 0
    if binding is not None:
        said = [
            (column, binding.columns[column.name].field, binding.columns[column.name].unit)
            for column in layer.columns
            if column.name in binding.columns
        ]
        rows = f"item.{quoted(layer.name)} t"
        checks = governed.columns_of(connection, said)
        passed, passed_mapped = _passing(connection, checks, rows, "NOT ST_IsEmpty(t.geom)")
    return Kpi(
        "layer",
        layer.name,
        layer.title.zh,
        layer.title.en,
        binding.department if binding else None,
        count.rows,
        count.coded,
        passed,
        0 if layer.private else count.mapped,
        passed_mapped,
    )


def _table(connection: Connection, table: BusinessTable, row: str | None = None) -> Kpi:
    """Of a table, or of the one row of it that has this key."""
    _link(connection, table, row)
    key, values = quoted(table.key.name), () if row is None else (row,)
    of = table.relation
    if row is not None:
        of = f"(SELECT * FROM {table.relation} WHERE {key}::text = $1)"
    rows = f"{of} t LEFT JOIN kpi_link k ON k.row_key = t.{key}::text"
    (count,) = run(
        connection,
        f"""
        SELECT count(*) AS rows, count(k.row_key) AS coded, count(*) FILTER (WHERE k.mapped)
               AS mapped FROM {rows}
        """,
        *values,
    )
    said = [
        (Column(column.name, column.type), item, item.unit)
        for column in table.columns
        if (item := table.item_of(column.name)) is not None
    ]
    passed, passed_mapped = 0, 0
    if said:
        checks = governed.columns_of(connection, said)
        mapped = "coalesce(k.mapped, false)"
        passed, passed_mapped = _passing(connection, checks, rows, mapped, *values)
    return Kpi(
        "table",
        table.name,
        table.title_zh,
        table.title_en,
        table.owner,
        count.rows,
        count.coded,
        passed,
        count.mapped,
        passed_mapped,
    )


def _link(connection: Connection, table: BusinessTable, row: str | None) -> None:
    """Make `kpi_link`: rows of a table that are linked to living entities, and which are mapped."""
    run(connection, "DROP TABLE IF EXISTS pg_temp.kpi_link")
    run(
        connection,
        "CREATE TEMP TABLE kpi_link (row_key text PRIMARY KEY, mapped boolean) ON COMMIT DROP",
    )
    known = registry.read(connection).layers
    for fusion, join in fused.reading(connection, table.name):
        item = f"item.{quoted(fusion.base)}"
        if not _readable(connection, known[fusion.base]):  # then it is on no map
            item = "(SELECT NULL::text AS code, NULL::geometry AS geom LIMIT 0)"
        run(
            connection,
            f"""
            INSERT INTO kpi_link AS k
            SELECT l.row_key, coalesce(NOT ST_IsEmpty(i.geom), false) FROM cim.fusion_link l
            JOIN cim.entity e ON e.code = l.code AND e.state = 'active'
            LEFT JOIN {item} i ON i.code = l.code
            WHERE l.join_id = $1 AND l.state = 'linked' AND ($2::text IS NULL OR l.row_key = $2)
            ON CONFLICT (row_key) DO UPDATE SET mapped = k.mapped OR excluded.mapped
            """,
            join.id,
            row,
        )
    run(connection, "ANALYZE kpi_link")


def _passing(
    connection: Connection, checks: Sequence[Checked], rows: str, mapped: str, *given: str
) -> tuple[int, int]:
    """How many rows break no rule, and how many of these are mapped."""
    if not checks or any(_never(check) for check in checks):
        return 0, 0
    values = ", ".join(_value(check.column) for check in checks)
    passed = passed_mapped = 0
    found = stream(connection, f"SELECT {mapped} AS cim_mapped, {values} FROM {rows}", *given)
    while batch := list(islice(found, _BATCH)):
        shown, *columns = zip(*batch, strict=True)
        wrong = set(_wrong(checks, columns))
        passed += len(batch) - len(wrong)
        passed_mapped += sum(yes for row, yes in enumerate(shown) if row not in wrong)
    return passed, passed_mapped


def _never(check: Checked) -> bool:
    """Whether no row can pass: the column is in another unit or of another type than the field."""
    return check.unit != check.field.unit or check.column.type not in FITTING[check.field.type]


def _value(column: Column) -> str:
    value = f"t.{quoted(column.name)}"
    return f"{value}::float8" if column.type == "numeric" else value


def _wrong(checks: Sequence[Checked], columns: Sequence[Sequence[Any]]) -> Iterator[int]:
    for check, values in zip(checks, columns, strict=True):
        array = pa.array(values, ARROW.get(check.column.type))
        yield from (fault.row for fault in check.faults(array))
