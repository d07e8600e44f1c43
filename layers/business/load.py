"""Loads a file as a business table (业务表入库), all of it or nothing.

A file that is the whole table (`replace`) takes rows away that it has not; an `upsert` adds and
changes by the key. A row that says what it said stays as it is, so that it still tells the load
that brought it (`cim_load`). The same file again, said to be the same, changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pyarrow as pa
from sqlalchemy import Connection

from cim import actions, registry
from cim.actions import Action
from cim.database.sql import affected, driver, run
from cim.errors import FusionExists, TableInvalid
from cim.fusion import business, upkeep, views
from cim.fusion.business import Said
from cim.fusion.fused import reading
from cim.fusion.model import LOAD, ROW, BusinessTable, TableColumn
from cim.names import layer_name, quoted
from layers import kpi
from layers.business import columns
from layers.business import file as files
from layers.business.file import Contents
from layers.errors import SourceUnreadable, ValueUnfit

Mode = Literal["replace", "upsert"]
_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file and what is said of its table; `types` are those of columns that differ."""

    path: Path
    said: Said
    mode: Mode = "replace"
    encoding: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TableReport:
    """What a load did."""

    table: str
    read: int
    added: int
    changed: int
    removed: int
    encoding: str
    sha256: str


def load(connection: Connection, wanted: TableFile, by: Action) -> TableReport:
    """Bring a business table to what its file says, and link anew what is fused with it.

    SourceUnreadable, TableInvalid, GradeInvalid, UnknownField, FusedUpon, FusionExists, BadName.
    """
    name = layer_name(wanted.said.name)
    relation = business.relation_of(name)
    business.lock(connection, name)
    upkeep.hold_bases(connection, name)
    held = business.find(connection, name)
    if held is not None and not held.loaded:
        raise FusionExists(name, "is a registered table: its rows are not loaded here")
    before = {column.name: column.type for column in held.columns} if held else {}
    contents = files.read(wanted.path, wanted.encoding, wanted.types, before)
    contents = _fitted(connection, contents, held, wanted)
    table = business.describe(connection, wanted.said, held, (relation, True, contents.columns), by)
    _shape(connection, held, table)
    _stage(connection, table, contents)
    (row,) = run(
        connection,
        _RUN,
        table.id,
        wanted.path.name,
        contents.sha256,
        contents.encoding,
        wanted.mode,
        contents.table.num_rows,
        actions.record(connection, by),
    )
    counts = _bring(connection, table, wanted.mode, row.id)
    run(connection, _COUNTED, row.id, *counts)
    upkeep.after_table(connection, name)
    kpi.record(connection, tables=[name])
    return TableReport(name, contents.table.num_rows, *counts, contents.encoding, contents.sha256)


_RUN = """
    INSERT INTO cim.business_load
        (table_id, file, sha256, encoding, mode, read, added, changed, removed, action_id)
    VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, $7) RETURNING id
"""
_COUNTED = "UPDATE cim.business_load SET added = $2, changed = $3, removed = $4 WHERE id = $1"


def _fitted(
    connection: Connection, contents: Contents, held: BusinessTable | None, wanted: TableFile
) -> Contents:
    """The file with its columns in the types that the table has for them, where they fit.

    An upsert must fit, and brings some of the columns or all; a replace may change their types,
    but of those that fusions read.
    """
    if held is None:
        return contents
    whole, known = wanted.mode == "replace", {column.name: column for column in held.columns}
    arrays, found = {}, {}
    for column in contents.columns:
        has = known.get(column.name)
        if has is None and not whole:
            raise TableInvalid("column", f"{column.name!r} is not in the table {held.name}")
        values = contents.table.column(column.name)
        told = column.name in wanted.types
        fitting = None if has is None or told else _cast(values, has)
        if fitting is None and has is not None and not told:
            fusions = business.reading_of(connection, held.id, has.name)
            if fusions or not whole:
                _tell_unfit(wanted.path, has, values, fusions)
        if fitting is None and not whole:
            raise TableInvalid(
                "column", f"{column.name!r} has values that are no {has and has.type}"
            )
        arrays[column.name] = values if fitting is None else fitting
        found[column.name] = column if fitting is None or has is None else has
    named = found.values() if whole else known.values()
    own = tuple(TableColumn(column.name, column.type, column.type) for column in named)
    return Contents(own, pa.table(arrays), contents.sha256, contents.encoding)


def _tell_unfit(
    path: Path, column: TableColumn, values: pa.ChunkedArray, fusions: Sequence[str]
) -> None:
    """SourceUnreadable with the first value that is not of the type that a column has to keep."""
    kind, why = files.KEPT.get(column.type), ""
    if fusions:
        why = f", which the column has to be: fused collections read it: {', '.join(fusions)}"
    try:
        if kind is not None and not pa.types.is_nested(values.type):
            columns.typed(values.cast(pa.string()), kind)
    except ValueUnfit as error:
        raise SourceUnreadable(path, f"column {column.name!r}, {error}{why}") from None


_ARROW = {
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "double precision": pa.float64(),
    "text": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
}


def _cast(values: pa.ChunkedArray, column: TableColumn) -> pa.ChunkedArray | None:
    """The values in the type of a column, None where they do not fit."""
    wanted = _ARROW.get(column.type)
    if wanted is None or values.type == wanted:
        return values
    try:
        return values.cast(wanted)
    except pa.ArrowException:
        return None


def _shape(connection: Connection, held: BusinessTable | None, table: BusinessTable) -> None:
    """Make the table, anew where its columns are others; views of fusions come back over it."""
    same = held is not None and _shapes(held) == _shapes(table)
    if same:
        return
    over = reading(connection, table.name) if held is not None else []
    for fusion, _ in over:
        views.drop(connection, fusion.name)
    run(connection, f"DROP TABLE IF EXISTS {table.relation}")
    own = "".join(f", {quoted(column.name)} {column.type}" for column in table.columns)
    run(
        connection,
        f"CREATE TABLE {table.relation} ({ROW} bigint NOT NULL, {LOAD} bigint NOT NULL{own}, "
        f"PRIMARY KEY ({quoted(table.key.name)}))",
    )
    for fusion, _ in over:
        base = registry.read(connection).layers[fusion.base]
        views.create(connection, fusion, base.columns)


def _shapes(table: BusinessTable) -> list[tuple[str, str]]:
    return [(column.name, column.type) for column in table.columns]


def _stage(connection: Connection, table: BusinessTable, contents: Contents) -> None:
    """Copy the rows into `business_stage`; TableInvalid where a key is missing or there twice."""
    names = contents.table.column_names
    types = {column.name: column.type for column in table.columns}
    own = "".join(f", {quoted(name)} {types[name]}" for name in names)
    run(connection, "DROP TABLE IF EXISTS pg_temp.business_stage")
    run(connection, f"CREATE TEMP TABLE business_stage ({ROW} bigint{own}) ON COMMIT DROP")
    statement = b"COPY business_stage FROM STDIN"
    row = 1
    with driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
        for batch in contents.table.to_batches(_BATCH):
            columns = [column.to_pylist() for column in batch.columns]
            for values in zip(*columns, strict=True):
                copy.write_row((row, *values))
                row += 1
    if table.key_field is not None:
        _check_key(connection, table, names)
    run(connection, "ANALYZE business_stage")


def _check_key(connection: Connection, table: BusinessTable, names: Sequence[str]) -> None:
    if table.key_field not in names:
        raise TableInvalid(
            "key", f"{table.key_field!r} is not in the file; it has {', '.join(names)}"
        )
    key = quoted(table.key.name)
    broken = run(
        connection,
        f"""
        SELECT {key}::text AS key, min({ROW}) AS first, max({ROW}) AS last FROM business_stage
        GROUP BY {key} HAVING {key} IS NULL OR count(*) > 1 ORDER BY min({ROW}) LIMIT 1
        """,
    )
    for row in broken:
        if row.key is None:
            raise TableInvalid("key", f"row {row.first}: {table.key_field} is empty")
        raise TableInvalid("key", f"row {row.last}: {row.key!r} is the key of row {row.first}, too")


def _bring(
    connection: Connection, table: BusinessTable, mode: str, load: int
) -> tuple[int, int, int]:
    """Bring the table to the stage: how many rows were added, changed, removed."""
    if mode == "upsert" and table.key_field is None:
        raise TableInvalid("key", f"is missing: {table.name} has none, and only replace suits it")
    key = quoted(table.key.name)
    names = _staged(connection)
    own = ", ".join(quoted(name) for name in names)
    removed = 0
    if mode == "replace":
        removed = affected(
            connection,
            f"DELETE FROM {table.relation} t WHERE NOT EXISTS "
            f"(SELECT FROM business_stage s WHERE s.{key} = t.{key})",
        )
    set_to = ", ".join(f"{quoted(name)} = excluded.{quoted(name)}" for name in names)
    before = ", ".join(f"t.{quoted(name)}" for name in names)
    after = ", ".join(f"excluded.{quoted(name)}" for name in names)
    written = run(
        connection,
        f"""
        WITH written AS (
            INSERT INTO {table.relation} AS t ({ROW}, {LOAD}, {own})
            SELECT {ROW}, $1, {own} FROM business_stage ORDER BY {ROW}
            ON CONFLICT ({key}) DO UPDATE SET {set_to}, {ROW} = excluded.{ROW},
                {LOAD} = excluded.{LOAD}
            WHERE ROW ({before}) IS DISTINCT FROM ROW ({after})
            RETURNING xmax = 0 AS added)
        SELECT count(*) FILTER (WHERE added) AS added,
               count(*) FILTER (WHERE NOT added) AS changed FROM written
        """,
        load,
    )
    run(connection, f"ANALYZE {table.relation}")
    return written[0].added, written[0].changed, removed


def _staged(connection: Connection) -> list[str]:
    """The columns that the file has."""
    rows = run(
        connection,
        "SELECT attname::text AS name FROM pg_attribute "
        "WHERE attrelid = 'business_stage'::regclass AND attnum > 1 ORDER BY attnum",
    )
    return [row.name for row in rows]
