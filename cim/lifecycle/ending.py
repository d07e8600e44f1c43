"""Ends of lives (终止): retired, merged, split, void.

The row of an entity goes from its layer into the layer's history, its aliases end, its cells and
its name leave the indexes; the code stays in `cim.entity` with its state, and the feed is told.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from cim.assignment import targets
from cim.assignment.codes import Target
from cim.database.sql import run
from cim.errors import ValidTimeDisorder
from cim.layer import Column
from cim.names import quoted


def retire_missing(connection: Connection, target: Target) -> int:
    """Retire the source's active entities of the layer that are not staged; how many."""
    return end(
        connection,
        target,
        "retired",
        f"""
        SELECT l.code FROM layer.{quoted(target.layer)} l JOIN cim.entity e USING (code)
        WHERE e.source_system = $1
          AND NOT EXISTS (SELECT FROM stage_code c WHERE c.code = l.code)
        """,
        target.source_system,
    )


def retire_all(connection: Connection, target: Target) -> int:
    """Retire every active entity of the layer, whoever asked for it; how many."""
    every = f"SELECT code FROM layer.{quoted(target.layer)}"
    return end(connection, target, "retired", every)


def retire_registered(connection: Connection, target: Target) -> int:
    """The same of a registered layer."""
    every = f"SELECT code FROM layer.{quoted(target.layer)}"
    return end_registered(connection, target, "retired", every)


def end_codes(connection: Connection, target: Target, state: str, codes: Sequence[str]) -> int:
    """End the lives of these active entities of the layer."""
    return end(connection, target, state, "SELECT unnest($1::text[])", list(codes))


def end(connection: Connection, target: Target, state: str, query: str, *values: object) -> int:
    """End the lives of the active entities that a query of one column names; how many.

    Raises ValidTimeDisorder where one began after the target's valid time.
    """
    _begin(connection, query, *values)
    keep_versions(connection, target, target.columns, "ending")
    return _leave(connection, target, state)


def end_registered(
    connection: Connection, target: Target, state: str, query: str, *values: object
) -> int:
    """The same of a registered layer, which has codes alone and no versions to keep."""
    _begin(connection, query, *values)
    return _leave(connection, target, state)


def _begin(connection: Connection, query: str, *values: object) -> None:
    run(connection, "DROP TABLE IF EXISTS pg_temp.ending")
    run(connection, 'CREATE TEMP TABLE ending (code text COLLATE "C" PRIMARY KEY) ON COMMIT DROP')
    run(connection, f"INSERT INTO ending {query}", *values)


def _leave(connection: Connection, target: Target, state: str) -> int:
    table = quoted(target.layer)
    run(connection, f"DELETE FROM layer.{table} l USING ending g WHERE l.code = g.code")
    targets.forget_count(connection, target.layer_id)
    return end_entities(connection, target, state)


class Moment(NamedTuple):
    """The action that ends lives, and when they ended."""

    action_id: int
    valid_at: datetime


def end_entities(connection: Connection, target: Target | Moment, state: str) -> int:
    """Write what entities and indexes say of those in the temporary table `ending`; how many."""
    gone = run(
        connection,
        """
        WITH gone AS (
            UPDATE cim.entity e SET state = $1, changed_at = now()
            FROM ending g WHERE e.code = g.code RETURNING e.code
        ), ended AS (
            UPDATE cim.alias a SET valid_to = now() FROM gone
            WHERE a.code = gone.code AND a.valid_to IS NULL
        ), unnamed AS (
            DELETE FROM cim.name n USING gone WHERE n.code = gone.code
        ), left_cells AS (
            DELETE FROM cim.cover c USING gone WHERE c.code = gone.code
        ), told AS (
            INSERT INTO cim.event (turn, code, kind, valid_at, action_id)
            SELECT (SELECT cim.turn()), code, $1, $2, $3 FROM gone ORDER BY code
        )
        SELECT count(*) AS size FROM gone
        """,
        state,
        target.valid_at,
        target.action_id,
    )
    return int(gone[0].size)


def keep_versions(
    connection: Connection, target: Target, columns: Sequence[Column], codes: str
) -> None:
    """Write the present rows of the codes in a temporary table into the layer's history.

    They end where the target's valid time begins; ValidTimeDisorder where that is before they
    began.
    """
    table = quoted(target.layer)
    early = run(
        connection,
        f"""
        SELECT code, cim_valid_from FROM layer.{table} JOIN {codes} USING (code)
        WHERE cim_valid_from > $1 ORDER BY code LIMIT 1
        """,
        target.valid_at,
    )
    if early:
        raise ValidTimeDisorder(early[0].code, early[0].cim_valid_from, target.valid_at)
    own = "".join(f", {quoted(column.name)}" for column in columns)
    kept = f"code, beidou_code, cim_version, cim_recorded_at, cim_valid_from, geom{own}"
    run(
        connection,
        f"""
        INSERT INTO history.{table} ({kept}, cim_valid_to)
        SELECT {kept}, $1 FROM layer.{table} JOIN {codes} USING (code)
        """,
        target.valid_at,
    )
