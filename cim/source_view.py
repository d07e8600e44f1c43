"""The codes of a registered table's rows, and the views over both (登记表的编码与视图).

=====================  ==========================================================================
`layer.<name>`         a row for each row of the table that has a code: the code, the key, and
                       `cim_seen`, a digest of the row as it was when its cells and names were made
`layer.<name>()`       the rows of the table with their codes. A function is text to PostgreSQL: the
                       owner of the table may alter it, drop it and make it anew as if there were no
                       layer. The planner puts its query in the place of the call, so that the
                       indexes of the table serve.
`item.<name>`          as for any layer, and `cim_where` (`cim.source_table`)
`version.<name>`       the rows as they are now, valid since they have a code: what they were before
                       nobody kept
=====================  ==========================================================================
"""

from collections.abc import Iterable, Sequence

import psycopg
from sqlalchemy import Connection

from cim.database.sql import run
from cim.errors import LayerUnreadable
from cim.feature_sql import WITH_LATEST
from cim.fusion import views
from cim.layer import Column
from cim.names import quoted
from cim.source_table import SourceTable
from cim.versions import PLACE

_KEPT = "beidou_code, cim_version, cim_recorded_at, cim_valid_from"
_PARTS = "substr(code, 1, 6) AS region_code, substr(code, 7, 6) AS type_code"


def create(connection: Connection, name: str, source: SourceTable) -> None:
    """Make the empty table of codes, and what reads it."""
    run(
        connection,
        f"""
        CREATE TABLE layer.{quoted(name)} (
            code text COLLATE "C" PRIMARY KEY,
            cim_key {source.key_type} NOT NULL UNIQUE,
            beidou_code text COLLATE "C" NOT NULL,
            cim_version bigint NOT NULL DEFAULT 1,
            cim_recorded_at timestamptz NOT NULL DEFAULT now(),
            cim_valid_from timestamptz NOT NULL DEFAULT now(),
            cim_seen uuid NOT NULL
        )
    """,
    )
    run(connection, f"CREATE INDEX ON layer.{quoted(name)} (({PLACE}))")
    _create_views(connection, name, source)


def alter(connection: Connection, name: str, before: SourceTable, after: SourceTable) -> None:
    """Read the table as it is now; its codes stay, and collections that are fused of the layer."""
    fusions = views.drop_over(connection, name)
    run(connection, f"DROP VIEW IF EXISTS item.{quoted(name)}, version.{quoted(name)}")
    run(connection, f"DROP FUNCTION IF EXISTS layer.{quoted(name)}()")
    if before.key_type != after.key_type:
        change = f"ALTER cim_key TYPE {after.key_type} USING cim_key::text::{_plain(after)}"
        run(connection, f"ALTER TABLE layer.{quoted(name)} {change}")
    _create_views(connection, name, after)
    for fusion in fusions:
        views.create(connection, fusion, columns(after))


def key_of(source: SourceTable, text: str) -> str:
    """SQL of a key that was written as text."""
    return f"{text}::{_plain(source)}"


def _plain(source: SourceTable) -> str:
    return source.key_type.partition(" COLLATE ")[0]


def _create_views(connection: Connection, name: str, source: SourceTable) -> None:
    run(connection, _function(name, source))
    own = "".join(f", {quoted(field.name)}" for field in source.fields)
    # A column of a function has no collation of its own, and without it no index over codes helps.
    rows = (
        f'(SELECT code COLLATE "C" AS code, {_KEPT}, geom, cim_where{own}'
        f" FROM layer.{quoted(name)}()) r"
    )
    run(
        connection,
        f"""
        CREATE VIEW item.{quoted(name)} AS
        SELECT code, {_PARTS}, {_KEPT}, geom{own}, cim_latest, cim_where FROM {rows} {WITH_LATEST}
        """,
    )
    run(
        connection,
        f"""
        CREATE VIEW version.{quoted(name)} AS
        SELECT code, {_PARTS}, {_KEPT}, 'infinity'::timestamptz AS cim_valid_to, geom{own},
               cim_where
        FROM {rows}
        """,
    )


def _function(name: str, source: SourceTable) -> str:
    fields = source.fields
    given = "".join(f", {quoted(field.name)} {field.type}" for field in fields)
    body = f"""
        SELECT k.code::text, k.beidou_code::text, k.cim_version, k.cim_recorded_at,
               k.cim_valid_from, {source.geom}::geometry, s.{quoted(source.geometry)}::geometry
               {_listed([field.value for field in fields])}
        FROM {source.place} s
        JOIN layer.{quoted(name)} k ON k.cim_key = s.{quoted(source.key)}
        WHERE {source.shown}
    """
    text = body.replace("'", "''")
    return f"""
        CREATE FUNCTION layer.{quoted(name)}() RETURNS TABLE (
            code text, beidou_code text, cim_version bigint, cim_recorded_at timestamptz,
            cim_valid_from timestamptz, geom geometry, cim_where geometry{given})
        LANGUAGE sql STABLE AS '{text}'
    """


def fault(connection: Connection, name: str) -> str | None:
    """Why the rows of a registered layer cannot be read now, in PostgreSQL's words; else None."""
    try:
        with connection.begin_nested():
            run(connection, trial(name))
    except psycopg.Error as error:
        return error.diag.message_primary or str(error)
    return None


def trial(name: str) -> str:
    """A statement that fails where the rows of a layer cannot be read, and reads none."""
    return f"SELECT * FROM item.{quoted(name)} LIMIT 0"


def check(connection: Connection, names: Iterable[str]) -> None:
    """See that the rows of registered layers can be read; LayerUnreadable."""
    for name in names:
        if fault(connection, name) is not None:
            raise LayerUnreadable(name)


def _listed(values: Sequence[str]) -> str:
    return "".join(f", {value}" for value in values)


def columns(source: SourceTable) -> tuple[Column, ...]:
    """The properties that the columns of the table become."""
    return tuple(Column(field.name, field.type) for field in source.fields)
