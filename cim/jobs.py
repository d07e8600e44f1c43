"""Jobs (任务): work that goes on after its request was answered, and tells how far it is.

A job is a row of `cim.job`, so that any worker can tell of it and none takes it into its grave.
Whoever works on it moves `beaten_at` every second or so; what nobody has moved for `STALE_SECONDS`
has failed, and who finds that writes it down. Work ends in the transaction that it was for
(`succeed`): whoever was taken for dead meanwhile cannot commit it.

The states are those of OGC API - Processes (statusCode): accepted, running, successful, failed.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Connection

from cim.database.sql import run
from cim.errors import JobLost
from cim.statement import Statement

STALE_SECONDS = 60
LOST = "the process that worked on it ended before it was done"

_LIVING = "state IN ('accepted', 'running')"
_STALE = f"beaten_at < now() - interval '{STALE_SECONDS} seconds'"

_READ = f"""
    SELECT id, kind, CASE WHEN {_LIVING} AND {_STALE} THEN 'failed' ELSE state END AS state,
           layer, who, asked, step, rows, total,
           CASE WHEN {_LIVING} AND {_STALE} THEN '{LOST}' ELSE message END AS message,
           report, run_id, created_at, started_at, ended_at, beaten_at
    FROM cim.job
"""


@dataclass(frozen=True, slots=True)
class Job:
    """One job.

    asked   what was asked for, as a document
    step    what is being done, in which `rows` of `total` are done (`total` None: not known)
    report  what came out of it, as a document
    """

    id: int
    kind: str
    state: str
    layer: str | None
    who: str
    asked: dict[str, Any]
    step: str
    rows: int
    total: int | None
    message: str | None
    report: dict[str, Any] | None
    run_id: int | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    beaten_at: datetime

    @property
    def ended(self) -> bool:
        return self.state in {"successful", "failed"}

    @classmethod
    def of(cls, row: Any) -> "Job":
        """The job in a row of `one`, of either driver."""
        values = {name: getattr(row, name) for name in cls.__slots__}
        for name in ("asked", "report"):
            value = values[name]
            values[name] = json.loads(value) if isinstance(value, str) else value
        return cls(**values)


def one(job_id: int) -> Statement:
    """No row where there is none of this number."""
    return Statement(f"{_READ} WHERE id = $1", (job_id,))


def accept(
    connection: Connection, kind: str, layer: str | None, asked: dict[str, Any], by: tuple[str, str]
) -> int:
    """Write a job down; its number. `by` is who asks for it and the worker that will do it."""
    who, worker = by
    rows = run(
        connection,
        """
        INSERT INTO cim.job (kind, layer, asked, who, worker) VALUES ($1, $2, $3, $4, $5)
        RETURNING id
        """,
        kind,
        layer,
        Jsonb(asked),
        who,
        worker,
    )
    return int(rows[0].id)


def begin(connection: Connection, job_id: int) -> None:
    """JobLost where somebody took it for dead."""
    started = "state = 'running', started_at = now(), beaten_at = now()"
    _move(connection, job_id, f"UPDATE cim.job SET {started} WHERE id = $1 AND {_LIVING}")


def beat(connection: Connection, job_id: int, step: str, rows: int, total: int | None) -> None:
    """Tell that somebody works on it, and how far it is."""
    run(
        connection,
        f"""
        UPDATE cim.job SET beaten_at = now(), step = $2, rows = $3, total = $4
        WHERE id = $1 AND {_LIVING}
        """,
        job_id,
        step,
        rows,
        total,
    )


def succeed(
    connection: Connection, job_id: int, report: dict[str, Any], run_id: int | None = None
) -> None:
    """End it, with the transaction that it was for; JobLost where somebody took it for dead."""
    ended = "state = 'successful', ended_at = clock_timestamp(), report = $2, run_id = $3"
    _move(
        connection,
        job_id,
        f"UPDATE cim.job SET {ended} WHERE id = $1 AND {_LIVING}",
        Jsonb(report),
        run_id,
    )


def fail(
    connection: Connection,
    job_id: int,
    message: str,
    report: dict[str, Any] | None = None,
    run_id: int | None = None,
) -> None:
    """End it without success; one that has ended stays as it is."""
    run(
        connection,
        f"""
        UPDATE cim.job SET state = 'failed', ended_at = clock_timestamp(), message = $2,
            report = $3, run_id = $4
        WHERE id = $1 AND {_LIVING}
        """,
        job_id,
        message,
        Jsonb(report) if report is not None else None,
        run_id,
    )


def bury(connection: Connection) -> int:
    """Write down that jobs which nobody works on have failed; how many."""
    rows = run(
        connection,
        f"""
        UPDATE cim.job SET state = 'failed', ended_at = now(), message = $1
        WHERE {_LIVING} AND {_STALE} RETURNING id
        """,
        LOST,
    )
    return len(rows)


def living(connection: Connection) -> set[int]:
    """Jobs that are waiting or being done."""
    return {row.id for row in run(connection, f"SELECT id FROM cim.job WHERE {_LIVING}")}


def waiting(kind: str) -> Statement:
    """One row (n): how many jobs of a kind are waiting or being done."""
    living = f"{_LIVING} AND NOT {_STALE}"
    return Statement(f"SELECT count(*) AS n FROM cim.job WHERE kind = $1 AND {living}", (kind,))


def _move(connection: Connection, job_id: int, sql: str, *values: Any) -> None:
    if not run(connection, f"{sql} RETURNING id", job_id, *values):
        raise JobLost(job_id)
