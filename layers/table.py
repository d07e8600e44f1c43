"""The typed table of a layer and the view that everything reads (图层表与视图).

`layer.<name>` holds a row for each feature, keyed by its 21-digit code. `item.<name>` is what
items, tiles, resolution and pygeoapi read, so that they cannot disagree: it adds the division
and the class, which are parts of the code, and leaves out nothing.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from cim.database.sql import run
from cim.items import CODE_COLUMNS, PLACE
from cim.names import quoted
from cim.registry import Column

_OWN = {"geom", *CODE_COLUMNS}  # and whatever begins with cim_


def property_names(fields: Sequence[str]) -> list[str]:
    """The properties that the fields of a file become: `source_code` where `code` is ours."""
    names: list[str] = []
    for field in fields:
        name = field
        while name in _OWN or name.startswith("cim_") or name in names:
            name = f"source_{name}"
        names.append(name)
    return names


def create(connection: Connection, name: str, columns: Sequence[Column]) -> None:
    """Make the empty table of a layer, and its view."""
    own = "".join(f", {quoted(c.name)} {c.type}" for c in columns)
    run(
        connection,
        f"""
        CREATE TABLE layer.{quoted(name)} (
            code text COLLATE "C" PRIMARY KEY,
            beidou_code text COLLATE "C" NOT NULL,
            cim_version bigint NOT NULL DEFAULT 1,
            cim_recorded_at timestamptz NOT NULL DEFAULT now(),
            geom geometry NOT NULL CHECK (ST_SRID(geom) = 4490){own}
        )
    """,
    )
    run(connection, f"CREATE INDEX ON layer.{quoted(name)} USING gist (geom, ({PLACE}))")
    _create_view(connection, name, columns)


def alter(
    connection: Connection, name: str, before: Sequence[Column], after: Sequence[Column]
) -> None:
    """Give the table of a layer the columns of its new file; what a field lost is gone."""
    _drop_view(connection, name)
    gone = [f"DROP COLUMN {quoted(c.name)}" for c in before if c not in after]
    new = [f"ADD COLUMN {quoted(c.name)} {c.type}" for c in after if c not in before]
    for change in gone + new:
        run(connection, f"ALTER TABLE layer.{quoted(name)} {change}")
    _create_view(connection, name, after)


def drop(connection: Connection, name: str) -> None:
    _drop_view(connection, name)
    run(connection, f"DROP TABLE IF EXISTS layer.{quoted(name)}")


def _create_view(connection: Connection, name: str, columns: Sequence[Column]) -> None:
    own = "".join(f", {quoted(c.name)}" for c in columns)
    run(
        connection,
        f"""
        CREATE VIEW item.{quoted(name)} AS
        SELECT code, substr(code, 1, 6) AS region_code, substr(code, 7, 6) AS type_code,
               beidou_code, cim_version, cim_recorded_at, geom{own}
        FROM layer.{quoted(name)}
    """,
    )


def _drop_view(connection: Connection, name: str) -> None:
    run(connection, f"DROP VIEW IF EXISTS item.{quoted(name)}")
