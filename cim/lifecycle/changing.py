"""Changed rows (变更): their old versions go into the history of their layer."""

from collections.abc import Sequence

from sqlalchemy import Connection

from cim.assignment.codes import Target
from cim.database.sql import run
from cim.layer import Column
from cim.lifecycle import ending
from cim.names import quoted


def change_rows(connection: Connection, target: Target) -> int:
    """Bring rows of active entities to what is staged of them, where that differs; how many."""
    own = [quoted(column.name) for column in target.columns]
    new = ", ".join(["s.cim_beidou", "s.cim_geom", *(f"s.{name}" for name in own)])
    old = ", ".join(["l.beidou_code", "l.geom", *(f"l.{name}" for name in own)])
    _begin(
        connection,
        f"""
        SELECT c.code, c.cim_row FROM stage s JOIN stage_code c USING (cim_row)
        JOIN layer.{quoted(target.layer)} l ON l.code = c.code
        WHERE c.state = 'active' AND ({old}) IS DISTINCT FROM ({new})
        """,
    )
    changed = int(run(connection, "SELECT count(*) AS size FROM changing")[0].size)
    if changed:
        ending.keep_versions(connection, target, target.columns, "changing")
        columns = ", ".join(["beidou_code", "geom", *own])
        run(
            connection,
            f"""
            UPDATE layer.{quoted(target.layer)} l SET ({columns}) = ROW ({new}),
                cim_version = l.cim_version + 1, cim_recorded_at = now(), cim_valid_from = $1
            FROM changing d JOIN stage s USING (cim_row) WHERE l.code = d.code
            """,
            target.valid_at,
        )
        _change_cells(connection)
        _tell(connection, target)
    return changed


def keep_all(connection: Connection, target: Target, columns: Sequence[Column]) -> None:
    """Keep the versions of all rows before the layer loses some of its columns."""
    _begin(connection, f"SELECT code, NULL FROM layer.{quoted(target.layer)}")
    ending.keep_versions(connection, target, columns, "changing")
    run(
        connection,
        f"""
        UPDATE layer.{quoted(target.layer)} SET cim_version = cim_version + 1,
            cim_recorded_at = now(), cim_valid_from = $1
        """,
        target.valid_at,
    )
    _tell(connection, target)


def _begin(connection: Connection, query: str) -> None:
    run(connection, "DROP TABLE IF EXISTS pg_temp.changing")
    run(
        connection,
        """
        CREATE TEMP TABLE changing (code text COLLATE "C" PRIMARY KEY, cim_row bigint)
        ON COMMIT DROP
        """,
    )
    run(connection, f"INSERT INTO changing {query}")


def _change_cells(connection: Connection) -> None:
    run(connection, "DELETE FROM cim.cover c USING changing d WHERE c.code = d.code")
    run(
        connection,
        """
        INSERT INTO cim.cover (cell, code)
        SELECT unnest(s.cim_cells) AS cell, d.code FROM stage s JOIN changing d USING (cim_row)
        ORDER BY cell
        """,
    )


def _tell(connection: Connection, target: Target) -> None:
    run(
        connection,
        """
        INSERT INTO cim.event (turn, code, kind, valid_at, action_id)
        SELECT (SELECT cim.turn()), code, 'changed', $1, $2 FROM changing ORDER BY code
        """,
        target.valid_at,
        target.action_id,
    )
