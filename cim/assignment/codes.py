"""Codes of staged rows (取码): those they have, reserved ones they ask for, new ones for the rest.

`stage_code` says of each row its code and the state that this code had before: a state of
`cim.entity`, or `new` where there was none.
"""

from dataclasses import dataclass
from datetime import datetime

from psycopg.errors import UniqueViolation
from sqlalchemy import Connection, Engine

from cim.database.sql import driver, run
from cim.layer import Column
from cim.leases import lease

FRESH = ("new", "reserved")  # states of codes that nothing bore before


@dataclass(frozen=True, slots=True)
class Target:
    """Where staged rows go: a layer, its class, the source they come from, the action, the time.

    `valid_at` is when what the rows say began to be so.
    """

    layer_id: int
    layer: str
    columns: tuple[Column, ...]
    class_code: str
    source_system: str
    action_id: int
    valid_at: datetime
    department: str | None = None


def know(connection: Connection, target: Target) -> None:
    """Note the codes of rows that the source has asked for before."""
    run(
        connection,
        """
        INSERT INTO stage_code (cim_row, code, state)
        SELECT s.cim_row, e.code, e.state FROM stage s JOIN cim.entity e
        ON e.source_system = $1 AND e.source_id = s.cim_source
        """,
        target.source_system,
    )


def know_same(connection: Connection, target: Target) -> None:
    """Note the codes of rows that a reviewer found to be something that was there already."""
    run(
        connection,
        """
        INSERT INTO stage_code (cim_row, code, state)
        SELECT s.cim_row, e.code, e.state FROM stage s
        JOIN cim.same_source o ON o.source_system = $1 AND o.source_id = s.cim_source
        JOIN cim.entity e ON e.code = o.code
        """,
        target.source_system,
    )


def give_new(connection: Connection, leases: Engine, target: Target, purpose: str) -> None:
    """Give rows that have no code yet the next serials of their division, in the rows' order."""
    wanted = run(
        connection,
        """
        SELECT cim_division, count(*) AS size FROM stage s
        WHERE NOT EXISTS (SELECT FROM stage_code c WHERE c.cim_row = s.cim_row)
        GROUP BY cim_division ORDER BY cim_division
        """,
    )
    blocks = [
        lease(leases, division, target.class_code, size, purpose, target.department)
        for division, size in wanted
    ]
    run(
        connection,
        """
        INSERT INTO stage_code (cim_row, code, state)
        SELECT s.cim_row, b.division || $1 || lpad((b.first - 1 + row_number() OVER (
                   PARTITION BY s.cim_division ORDER BY s.cim_row))::text, 9, '0'), 'new'
        FROM stage s JOIN unnest($2::text[], $3::bigint[]) AS b (division, first)
        ON b.division = s.cim_division
        WHERE NOT EXISTS (SELECT FROM stage_code c WHERE c.cim_row = s.cim_row)
        """,
        target.class_code,
        [block.division for block in blocks],
        [block.first for block in blocks],
    )


def make_entities(connection: Connection, target: Target) -> None:
    """Make an entity for each new code.

    Rows go in the order of their source ids, so that two writers of the same ids cannot lock each
    other out; whoever comes second takes the code of the first. That is seldom, and to look for it
    row by row costs a third of the time: it is done when it has happened.
    """
    try:
        with driver(connection).transaction():
            _make(connection, target)
    except UniqueViolation:
        _make(connection, target, "ON CONFLICT (source_system, source_id) DO NOTHING")
        run(
            connection,
            """
            UPDATE stage_code c SET code = e.code, state = e.state
            FROM stage s JOIN cim.entity e
            ON e.source_system = $1 AND e.source_id = s.cim_source
            WHERE c.cim_row = s.cim_row AND c.state = 'new' AND e.code <> c.code
            """,
            target.source_system,
        )


def _make(connection: Connection, target: Target, otherwise: str = "") -> None:
    run(
        connection,
        f"""
        INSERT INTO cim.entity (code, layer_id, source_system, source_id)
        SELECT c.code, $1, $2, s.cim_source FROM stage s JOIN stage_code c USING (cim_row)
        WHERE c.state = 'new' ORDER BY s.cim_source {otherwise}
        """,
        target.layer_id,
        target.source_system,
    )
