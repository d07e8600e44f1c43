"""The typed table of a layer, its history, and the views over them (图层表、历史与视图).

=====================  ==========================================================================
`layer.<name>`         a row for each feature as it is now, keyed by its 21-digit code
`history.<name>`       the rows that were replaced, with the end of their valid time and the time
                       at which they were replaced; it outlives the layer
`item.<name>`          what items, tiles, resolution and pygeoapi read of the present, so that they
                       cannot disagree: it adds the division and the class, which are parts of the
                       code, and the latest readings of a station, and leaves out nothing
`version.<name>`       the same of all times: the present (valid to infinity) and the history;
                       without readings, since a join would keep indexes from being used below
=====================  ==========================================================================

`cim_valid_from` and `cim_valid_to` are valid time (when it was so in the city), `cim_recorded_at`
and `cim_replaced_at` transaction time (when we knew). Versions of one feature follow each other
without overlap. `cim_latest` comes by a left join on a key: a statement that does not ask for it
does without the join.
"""

import re
from collections.abc import Container, Sequence
from itertools import count

from sqlalchemy import Connection

from cim import pyramid
from cim.database.sql import run
from cim.feature_sql import CODE_COLUMNS, WITH_LATEST
from cim.fusion import views
from cim.layer import Column
from cim.names import quoted
from cim.versions import PLACE

_OWN = {"geom", *CODE_COLUMNS}  # and whatever begins with cim_
_KEPT = "code, beidou_code, cim_version, cim_recorded_at, cim_valid_from"


def property_names(fields: Sequence[str]) -> list[str]:
    """The properties that the fields of a file become: `source_code` where `code` is ours."""
    names: list[str] = []
    for field in fields:
        name = field
        while name in _OWN or name.startswith("cim_") or name in names:
            name = f"source_{name}"
        names.append(name)
    return names


def property_name(field: str) -> str:
    """The property that a field becomes, such as the one that holds the key.

    >>> property_name("code"), property_name("number")
    ('source_code', 'number')
    """
    return property_names([field])[0]


def create(connection: Connection, name: str, columns: Sequence[Column]) -> None:
    """Make the empty table of a layer, and its views; a history that is there is gone on with.

    `finish` makes its key and what follows its rows, which is quicker over rows that are there. Not
    so the index: made over them it would lie across more places, and items be found more slowly.
    """
    own = "".join(f", {quoted(c.name)} {c.type}" for c in columns)
    run(
        connection,
        f"""
        CREATE TABLE layer.{quoted(name)} (
            code text COLLATE "C" NOT NULL,
            beidou_code text COLLATE "C" NOT NULL,
            cim_version bigint NOT NULL DEFAULT 1,
            cim_recorded_at timestamptz NOT NULL DEFAULT now(),
            cim_valid_from timestamptz NOT NULL DEFAULT now(),
            geom geometry NOT NULL CHECK (ST_SRID(geom) = 4490){own}
        )
    """,
    )
    run(connection, f"CREATE INDEX ON layer.{quoted(name)} USING gist (geom, ({PLACE}))")
    _create_history(connection, name, columns)
    _create_views(connection, name, columns)


def finish(connection: Connection, name: str) -> None:
    """Make the key of a table that was created, and let the pyramid follow it."""
    run(connection, f"ALTER TABLE layer.{quoted(name)} ADD PRIMARY KEY (code)")
    pyramid.follow(connection, name)


def alter(
    connection: Connection, name: str, before: Sequence[Column], after: Sequence[Column]
) -> None:
    """Give the table of a layer the columns of its new file; the history keeps those it had.

    Collections that are fused of the layer have its columns, too.
    """
    fusions = views.drop_over(connection, name)
    _drop_views(connection, name)
    gone = [f"DROP COLUMN {quoted(c.name)}" for c in before if c not in after]
    new = [f"ADD COLUMN {quoted(c.name)} {c.type}" for c in after if c not in before]
    for change in gone + new:
        run(connection, f"ALTER TABLE layer.{quoted(name)} {change}")
    _widen_history(connection, name, after)
    _create_views(connection, name, after)
    for fusion in fusions:
        views.create(connection, fusion, after)


def drop(connection: Connection, name: str) -> None:
    """Take the table away; its rows should have gone into the history, which stays.

    Of a registered layer that is the table of its codes.
    """
    _drop_views(connection, name)
    run(connection, f"DROP FUNCTION IF EXISTS layer.{quoted(name)}()")  # of `cim.source_view`
    run(connection, f"DROP TABLE IF EXISTS layer.{quoted(name)}")
    pyramid.forget(connection, name)


def _create_history(connection: Connection, name: str, columns: Sequence[Column]) -> None:
    if run(connection, "SELECT to_regclass($1) AS found", f"history.{quoted(name)}")[0].found:
        _widen_history(connection, name, columns)
        return
    run(
        connection,
        f"""
        CREATE TABLE history.{quoted(name)} (
            LIKE layer.{quoted(name)},
            cim_valid_to timestamptz NOT NULL,
            cim_replaced_at timestamptz NOT NULL DEFAULT now()
        )
    """,
    )
    run(connection, f"CREATE INDEX ON history.{quoted(name)} (code, cim_valid_from)")
    run(connection, f"CREATE INDEX ON history.{quoted(name)} USING gist (geom)")


def _widen_history(connection: Connection, name: str, columns: Sequence[Column]) -> None:
    """Give the history the columns; one of another type keeps its values under another name.

    When a column has its former type again, what was kept of it has its own name again.
    """
    held = {
        row.name: row.type
        for row in run(
            connection,
            """
            SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type
            FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
            """,
            f"history.{quoted(name)}",
        )
    }
    table = f"ALTER TABLE history.{quoted(name)}"
    for column in columns:
        kind = _formatted(connection, column.type)
        if held.get(column.name) == kind:
            continue
        if column.name in held:
            old = _former_name(column.name, held)
            run(connection, f"{table} RENAME {quoted(column.name)} TO {quoted(old)}")
            held[old] = held.pop(column.name)
        former = next(
            (n for n, k in held.items() if k == kind and _is_former(n, column.name)), None
        )
        if former is None:
            run(connection, f"{table} ADD COLUMN {quoted(column.name)} {column.type}")
        else:
            run(connection, f"{table} RENAME {quoted(former)} TO {quoted(column.name)}")
            del held[former]
        held[column.name] = kind


def _former_name(name: str, held: Container[str]) -> str:
    """A name for a column of the history whose own name is needed for another type."""
    return next(n for n in (f"cim_was_{name}_{i}" for i in count(1)) if n not in held)


def _is_former(former: str, name: str) -> bool:
    """Whether a column of the history was once called that.

    >>> _is_former("cim_was_landuse_1", "landuse"), _is_former("cim_was_x_1_2", "x")
    (True, False)
    """
    return re.fullmatch(rf"cim_was_{re.escape(name)}_\d+", former) is not None


def _formatted(connection: Connection, kind: str) -> str:
    """The type as the catalogue writes it: `timestamptz` is `timestamp with time zone`."""
    return str(run(connection, "SELECT format_type($1::regtype, NULL) AS kind", kind)[0].kind)


def _create_views(connection: Connection, name: str, columns: Sequence[Column]) -> None:
    own = "".join(f", {quoted(c.name)}" for c in columns)
    parts = "substr(code, 1, 6) AS region_code, substr(code, 7, 6) AS type_code"
    run(
        connection,
        f"""
        CREATE VIEW item.{quoted(name)} AS
        SELECT code, {parts}, beidou_code, cim_version, cim_recorded_at, cim_valid_from, geom{own},
               cim_latest
        FROM layer.{quoted(name)} {WITH_LATEST}
    """,
    )
    run(
        connection,
        f"""
        CREATE VIEW version.{quoted(name)} AS
        SELECT {_KEPT}, {parts}, 'infinity'::timestamptz AS cim_valid_to, geom{own}
        FROM layer.{quoted(name)}
        UNION ALL
        SELECT {_KEPT}, {parts}, cim_valid_to, geom{own}
        FROM history.{quoted(name)}
    """,
    )


def _drop_views(connection: Connection, name: str) -> None:
    run(connection, f"DROP VIEW IF EXISTS item.{quoted(name)}, version.{quoted(name)}")
