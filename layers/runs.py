"""The ingest log (入库日志): one row for each run that touched a layer, was refused, or undid one.

A run is written down in its own transaction, so that there is a row exactly when the layer has
what the file says. What a refused file leaves is written by its caller in a transaction of its
own, once all else is rolled back (`refuse`).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Connection

from cim import actions
from cim.assignment.codes import Target
from cim.database.sql import run
from cim.statement import Statement
from layers import definition
from layers.errors import RunUnknown
from layers.findings import Findings
from layers.fingerprint import fingerprint
from layers.report import Extent, LoadReport
from layers.vector_file import VectorFile

MOST_REASON = 1000

_READ = """
    SELECT r.id, r.layer, r.mode, r.state, r.file, r.sha256, r.size, r.read, r.added, r.changed,
           r.unchanged, r.retired, r.refused, r.repaired, r.extent, r.rules, r.crs, r.reason,
           a.who, a.why, a.document, r.started_at, r.duration, r.undone_by,
           (SELECT u.id FROM cim.ingest_run u WHERE u.undone_by = r.id) AS undoes
    FROM cim.ingest_run r JOIN cim.action a ON a.id = r.action_id
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    mode      of `layers.vector_file`, `rollback`, or `refresh` of a registered table
    state     `done`, `refused`, or `undone` by the run `undone_by`
    file      name of the file, with its SHA-256 and its size in bytes
    extent    west, south, east, north of the rows that it brought, degrees, CGCS2000
    rules     how many rows broke each rule, under `refused`, `repaired`, `told` and `noted`
    crs       how it was placed on the earth (`layers.crs.placing`), where that was found out
    reason    why it was refused
    duration  in seconds
    undoes    the run that this one undid
    """

    id: int
    layer: str
    mode: str
    state: str
    file: str | None
    sha256: str | None
    size: int | None
    read: int
    added: int
    changed: int
    unchanged: int
    retired: int
    refused: int
    repaired: int
    extent: tuple[float, ...] | None
    rules: Mapping[str, Mapping[str, int]]
    crs: Mapping[str, Any] | None
    reason: str | None
    who: str
    why: str | None
    document: str | None
    started_at: datetime
    duration: float
    undone_by: int | None
    undoes: int | None

    @classmethod
    def of(cls, row: Any) -> "Run":
        """The run in a row of `page`, of either driver."""
        values = {name: getattr(row, name) for name in cls.__slots__}
        for name in ("rules", "crs"):
            value = values[name]
            values[name] = json.loads(value) if isinstance(value, str) else value
        values["extent"] = tuple(values["extent"]) if values["extent"] else None
        return cls(**values)

    def describe(self) -> dict[str, Any]:
        """The run for JSON."""
        moment = self.started_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return {**asdict(self), "started_at": moment, "duration": round(self.duration, 3)}


def page(layer: str | None, limit: int, before: int | None = None) -> Statement:
    """Runs, the newest first, of one layer or of all; `before` is the last of the page before."""
    sql = f"""{_READ}
        WHERE ($1::text IS NULL OR r.layer = $1) AND ($2::bigint IS NULL OR r.id < $2)
        ORDER BY r.id DESC LIMIT $3::bigint
    """
    return Statement(sql, (layer, before, limit))


def get(connection: Connection, run_id: int) -> Run:
    """RunUnknown where there is none."""
    rows = run(connection, f"{_READ} WHERE r.id = $1", run_id)
    if not rows:
        raise RunUnknown(run_id)
    return Run.of(rows[0])


def clock(connection: Connection) -> datetime:
    """What the database's clock shows now, inside of a transaction that began before."""
    moment: datetime = run(connection, "SELECT clock_timestamp() AS moment")[0].moment
    return moment


def begin(connection: Connection, target: Target, mode: str, started: datetime) -> int:
    """Open the row of a run, before it changes anything; its number."""
    rows = run(
        connection,
        """
        INSERT INTO cim.ingest_run (layer, mode, state, action_id, turn, valid_at, started_at)
        VALUES ($1, $2, 'done', $3, cim.turn(), $4, $5) RETURNING id
        """,
        target.layer,
        mode,
        target.action_id,
        target.valid_at,
        started,
    )
    return int(rows[0].id)


def finish(
    connection: Connection, report: LoadReport, before: Mapping[str, Any] | None = None
) -> None:
    """Fill the row of a run that is done; `before` is what was said of the layer before."""
    after = definition.said(connection, report.layer)
    run(
        connection,
        """
        UPDATE cim.ingest_run SET read = $2, added = $3, changed = $4, unchanged = $5, retired = $6,
            refused = $7, repaired = $8, extent = $9, before = $10, after = $11,
            last_event = pg_sequence_last_value(
                pg_get_serial_sequence('cim.event', 'id')::regclass),
            duration = extract(epoch FROM clock_timestamp() - started_at)
        WHERE id = $1
        """,
        report.run,
        report.read,
        report.added,
        report.changed,
        report.unchanged,
        report.retired,
        report.refused,
        report.repaired,
        list(report.extent) if report.extent else None,
        Jsonb(before) if before is not None else None,
        Jsonb(after) if after is not None else None,
    )


def name_file(connection: Connection, run_id: int, file: VectorFile, findings: Findings) -> None:
    """Write which file a run read, how it was placed, and which rules its rows broke."""
    path = file.came_as
    sha256, size = fingerprint(path) or (None, None)
    run(
        connection,
        "UPDATE cim.ingest_run SET file = $2, sha256 = $3, size = $4, rules = $5, crs = $6"
        " WHERE id = $1",
        run_id,
        path.name,
        sha256,
        size,
        Jsonb(_rules(findings)),
        Jsonb(findings.placement.describe()) if findings.placement else None,
    )


def extent(connection: Connection, rows: str, column: str) -> Extent | None:
    """The extent of the geometries in rows of a table, None where there are none."""
    (box,) = run(
        connection,
        f"SELECT min(ST_XMin({column})) AS west, min(ST_YMin({column})) AS south,"
        f" max(ST_XMax({column})) AS east, max(ST_YMax({column})) AS north FROM {rows}",
    )
    return None if box.west is None else Extent(*box)


def refuse(
    connection: Connection,
    file: VectorFile,
    findings: Findings,
    reason: str,
    started: datetime,
) -> int:
    """Write down that a file was refused; the number of the run.

    For a transaction of its own: that of the load is rolled back. `started` is when it began.
    """
    why = f"to be loaded from {file.came_as.name}"
    rows = run(
        connection,
        """
        INSERT INTO cim.ingest_run (layer, mode, state, action_id, read, refused, repaired, reason,
                                    started_at, duration)
        VALUES ($1, $2, 'refused', $3, $4, $5, $6, $7, $8,
                extract(epoch FROM clock_timestamp() - $8))
        RETURNING id
        """,
        file.layer,
        file.mode,
        actions.record(connection, file.action(why)),
        findings.read,
        findings.refused,
        findings.repaired,
        reason[:MOST_REASON],
        started,
    )
    run_id = int(rows[0].id)
    name_file(connection, run_id, file, findings)
    return run_id


def _rules(findings: Findings) -> dict[str, dict[str, int]]:
    return {
        "refused": {found.rule: found.rows for found in findings.rules()},
        "repaired": {found.rule: found.rows for found in findings.rules("repaired")},
        "told": {found.rule: found.rows for found in findings.rules("told")},
        "noted": dict(findings.noted),
    }
