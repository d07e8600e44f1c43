"""Leaves refused rows out and loads the others (跳过问题行).

`stage_refused` holds the refused rows and what their source calls them, where they say it: the
features of those keys stay as they are, since their rows are broken and not gone.
"""

from collections.abc import Callable
from itertools import islice

from sqlalchemy import Connection

from cim.assignment.codes import Target
from cim.assignment.rows import Rows
from cim.assignment.rules import RULES
from cim.database.sql import run
from layers.errors import RowsRefused
from layers.findings import Findings
from layers.vector_file import VectorFile

_CHUNK = 10_000


def begin(connection: Connection) -> None:
    """Make the empty table."""
    run(connection, "DROP TABLE IF EXISTS pg_temp.stage_refused")
    run(
        connection,
        """
        CREATE TEMP TABLE stage_refused (cim_row bigint PRIMARY KEY, cim_source text COLLATE "C")
        ON COMMIT DROP
        """,
    )


def note(connection: Connection, rows: Rows, findings: Findings) -> None:
    """Note the refused ones of rows that were read just now; few of them are in the stage."""
    last = rows.first + len(rows) - 1
    refused = sorted({problem.row for problem in findings.each(first=rows.first, last=last)})
    run(
        connection,
        "INSERT INTO stage_refused SELECT * FROM unnest($1::bigint[], $2::text[])",
        refused,
        [rows.keys[row - rows.first].as_py() for row in refused],
    )


def refuse_or_settle(
    connection: Connection,
    target: Target,
    file: VectorFile,
    findings: Findings,
    again: tuple[int, Callable[[], None]],
) -> None:
    """Refuse the file for its problems, or take the refused rows out of the stage.

    `again` are the findings at which the rows outside of the stage were noted, and a check to run
    anew until nothing more is found: that a row is left out may break a rule of another one.
    Raises RowsRefused, also where no row is good or the file as a whole breaks a rule.
    """
    if not findings.problems.count:
        return
    if not file.skip_refused or any(RULES[found.rule].of_file for found in findings.rules()):
        raise _refused(file, findings)
    settle(connection, target, findings, again)
    if not run(connection, "SELECT 1 FROM stage LIMIT 1"):
        raise _refused(file, findings)


def settle(
    connection: Connection,
    target: Target,
    findings: Findings,
    again: tuple[int, Callable[[], None]],
) -> None:
    """Take the refused rows out of the stage; `again` as above."""
    mark, check = again
    while True:
        _note_staged(connection, findings, mark)
        _drop(connection, target)
        mark = findings.last
        check()
        if findings.last == mark:
            break


def _refused(file: VectorFile, findings: Findings) -> RowsRefused:
    problems = findings.problems
    return RowsRefused(file.came_as, problems.kept, problems.count)


def _note_staged(connection: Connection, findings: Findings, mark: int) -> None:
    refused = findings.refused_rows(mark)
    while chunk := list(islice(refused, _CHUNK)):
        run(
            connection,
            """
            INSERT INTO stage_refused SELECT cim_row, cim_source FROM stage WHERE cim_row = ANY($1)
            ON CONFLICT DO NOTHING
            """,
            chunk,
        )


def _drop(connection: Connection, target: Target) -> None:
    for table in ("stage", "stage_alias", "stage_code"):
        run(connection, f"DELETE FROM {table} t USING stage_refused r WHERE r.cim_row = t.cim_row")
    run(
        connection,
        """
        INSERT INTO stage_code (cim_row, code, state)
        SELECT r.cim_row, e.code, 'kept' FROM stage_refused r JOIN cim.entity e
        ON e.source_system = $1 AND e.source_id = r.cim_source WHERE e.state = 'active'
        """,
        target.source_system,
    )
