"""Names for people as they were before a run (名称留存), so that it can be undone.

Rows of features are in the history of their layer and other codes keep when they began and ended;
of names only the present one is kept elsewhere.
"""

from sqlalchemy import Connection

from cim.assignment.codes import Target
from cim.database.sql import run


def keep_changed(connection: Connection, run_id: int) -> None:
    """Keep the names of staged features that will have another one."""
    run(
        connection,
        """
        INSERT INTO cim.ingest_name (run_id, code, before, after)
        SELECT $1, c.code, n.name, s.cim_name FROM stage s JOIN stage_code c USING (cim_row)
        LEFT JOIN cim.name n USING (code)
        WHERE c.state = 'active' AND n.name IS DISTINCT FROM s.cim_name
        """,
        run_id,
    )


def keep_missing(connection: Connection, run_id: int, target: Target) -> None:
    """Keep the names of the source's features that are not staged, which will be retired."""
    run(
        connection,
        """
        INSERT INTO cim.ingest_name (run_id, code, before)
        SELECT $1, n.code, n.name FROM cim.name n JOIN cim.entity e USING (code)
        WHERE e.source_system = $2 AND e.state = 'active'
          AND NOT EXISTS (SELECT FROM stage_code c WHERE c.code = n.code)
        """,
        run_id,
        target.source_system,
    )


def keep_staged(connection: Connection, run_id: int) -> None:
    """Keep the names of staged features, all of which will be retired."""
    run(
        connection,
        """
        INSERT INTO cim.ingest_name (run_id, code, before)
        SELECT $1, n.code, n.name FROM stage JOIN stage_code USING (cim_row)
        JOIN cim.name n USING (code)
        """,
        run_id,
    )


def bring_back(connection: Connection, run_id: int) -> None:
    """Give things the names that they had before a run."""
    run(
        connection,
        """
        DELETE FROM cim.name n USING cim.ingest_name k
        WHERE k.run_id = $1 AND k.code = n.code AND k.before IS NULL
        """,
        run_id,
    )
    run(
        connection,
        """
        INSERT INTO cim.name AS n (code, name)
        SELECT code, before FROM cim.ingest_name WHERE run_id = $1 AND before IS NOT NULL
        ORDER BY code ON CONFLICT (code) DO UPDATE SET name = excluded.name
        """,
        run_id,
    )
