"""Codes reserved for a project (编码预留): a block of one division and class, with an expiry.

Reserved codes are entities without a source, in the state `reserved`; a request takes them one by
one or names one that is painted on its thing already. When the reservation ends, what was not used
is void: a code is never given to something else.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from cim import actions, class_table, divisions, entity_code, quotas
from cim.actions import Action
from cim.assignment.codes import Target
from cim.assignment.problems import Problems
from cim.database.sql import run
from cim.errors import ReservationUnfit, ReservationUnknown
from cim.leases import lease
from cim.lifecycle import ending
from cim.statement import Statement

MOST = 100_000


@dataclass(frozen=True, slots=True)
class Block:
    """What is asked for: so many codes of a division and class, until a time."""

    project: str
    division: str
    class_code: str
    size: int
    expires_at: datetime
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """A reservation; `unused` codes of it are left. `ended_at` is None while it lives."""

    id: int
    project: str
    department: str | None
    division: str
    class_code: str
    first: int
    last: int
    reserved_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    who: str
    unused: int

    @property
    def first_code(self) -> str:
        return entity_code.encode(self.division, self.class_code, self.first)

    @property
    def last_code(self) -> str:
        return entity_code.encode(self.division, self.class_code, self.last)


_READ = """
    SELECT r.id, r.project, r.department, r.division, r.class_code, r.first, r.last,
           r.reserved_at, r.expires_at, r.ended_at, a.who,
           (SELECT count(*) FROM cim.entity e
            WHERE e.reservation_id = r.id AND e.state = 'reserved') AS unused
    FROM cim.reservation r JOIN cim.action a ON a.id = r.action_id
"""


def reserve(connection: Connection, leases: Engine, block: Block, action: Action) -> Reservation:
    """Reserve codes; ReservationUnfit, UnknownClass, ClassDeprecated, QuotaExceeded."""
    _check(connection, block)
    purpose = f"reserved for {block.project}"
    serials = lease(leases, block.division, block.class_code, block.size, purpose, block.department)
    action_id = actions.record(connection, action)
    made = run(
        connection,
        """
        INSERT INTO cim.reservation
            (project, department, division, class_code, first, last, action_id, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id
        """,
        block.project,
        block.department,
        block.division,
        block.class_code,
        serials.first,
        serials.last,
        action_id,
        block.expires_at,
    )
    run(
        connection,
        """
        WITH made AS (
            INSERT INTO cim.entity (code, state, reservation_id)
            SELECT $1 || lpad(n::text, 9, '0'), 'reserved', $2
            FROM generate_series($3::bigint, $4::bigint) n RETURNING code
        )
        INSERT INTO cim.event (turn, code, kind, valid_at, action_id)
        SELECT (SELECT cim.turn()), code, 'reserved', now(), $5 FROM made ORDER BY code
        """,
        block.division + block.class_code,
        made[0].id,
        serials.first,
        serials.last,
        action_id,
    )
    return get(connection, made[0].id)


def _check(connection: Connection, block: Block) -> None:
    class_table.for_assignment(connection, block.class_code)
    divisions.name(block.division)
    if not block.project.strip():
        raise ReservationUnfit("a reservation names its project")
    if not 1 <= block.size <= MOST:
        raise ReservationUnfit(
            f"{block.size:,} codes cannot be reserved at once, 1 to {MOST:,} can"
        )
    if block.expires_at <= actions.now(connection):
        raise ReservationUnfit(f"it would end at {block.expires_at.isoformat()}, which is past")


LIVING = Statement(f"{_READ} WHERE r.ended_at IS NULL AND r.expires_at > now() ORDER BY r.id", ())


def one(reservation: int) -> Statement:
    """Statement whose row makes the Reservation; no row where there is none."""
    return Statement(f"{_READ} WHERE r.id = $1", (reservation,))


def get(connection: Connection, reservation: int) -> Reservation:
    """ReservationUnknown where there is none."""
    rows = run(connection, one(reservation).sql, reservation)
    if not rows:
        raise ReservationUnknown(str(reservation))
    return Reservation(*rows[0])


def living(connection: Connection) -> list[Reservation]:
    """Reservations that have not ended, in the order in which they were made."""
    return [Reservation(*row) for row in run(connection, LIVING.sql)]


def release(connection: Connection, reservation: int, action: Action) -> int:
    """End a reservation: its unused codes are void, and the quota gets them back; how many."""
    held = get(connection, reservation)
    if held.ended_at is not None:
        raise ReservationUnfit(f"reservation {reservation} ended {held.ended_at.isoformat()}")
    run(connection, "UPDATE cim.reservation SET ended_at = now() WHERE id = $1", reservation)
    run(connection, "DROP TABLE IF EXISTS pg_temp.ending")
    run(connection, 'CREATE TEMP TABLE ending (code text COLLATE "C" PRIMARY KEY) ON COMMIT DROP')
    run(
        connection,
        """
        INSERT INTO ending SELECT code FROM cim.entity
        WHERE reservation_id = $1 AND state = 'reserved' FOR UPDATE
        """,
        reservation,
    )
    moment = ending.Moment(actions.record(connection, action), actions.now(connection))
    unused = ending.end_entities(connection, moment, "void")
    if held.department is not None:
        quotas.charge(connection, held.department, held.class_code, -unused)
    return unused


def expire(connection: Connection) -> int:
    """End every reservation whose time is over; how many."""
    over = run(
        connection,
        """
        SELECT id FROM cim.reservation WHERE ended_at IS NULL AND expires_at <= now()
        ORDER BY id FOR UPDATE SKIP LOCKED
        """,
    )
    for row in over:
        release(connection, row.id, Action("cim", "the reservation expired"))
    return len(over)


def take(connection: Connection, target: Target, reservation: int | None) -> Problems:
    """Give staged rows the reserved codes that they name, or the next ones of the reservation.

    Rows that cannot have theirs are the problems. Raises ReservationUnknown, ReservationUnfit.
    """
    if reservation is not None:
        _check_living(connection, reservation, target.class_code)
        _name_next(connection, reservation)
    problems = Problems(most=1 << 30)
    wanted = run(
        connection,
        """
        SELECT s.cim_row, s.cim_reserved, s.cim_division, e.state, r.ended_at, r.expires_at <= now()
               AS expired, substr(s.cim_reserved, 1, 6) AS division,
               substr(s.cim_reserved, 7, 6) AS class_code
        FROM stage s LEFT JOIN cim.entity e ON e.code = s.cim_reserved
        LEFT JOIN cim.reservation r ON r.id = e.reservation_id
        WHERE s.cim_reserved IS NOT NULL ORDER BY s.cim_row
        """,
    )
    seen: set[str] = set()
    for row in wanted:
        if reason := _unfit(row, target) or (
            "an earlier row takes it" * (row.cim_reserved in seen)
        ):
            problems.add(row.cim_row, "code", f"{row.cim_reserved}: {reason}")
        seen.add(row.cim_reserved)
    if reservation is not None:
        for row in run(connection, "SELECT cim_row FROM stage WHERE cim_reserved IS NULL"):
            problems.add(row.cim_row, None, f"reservation {reservation} has no code left")
    if wanted:
        _activate(connection, target, [problem.row for problem in problems.kept])
    return problems


def _unfit(row: Any, target: Target) -> str | None:
    """Why a row cannot have the reserved code that it names."""
    if row.state is None:
        return "nobody reserved it"
    if row.state != "reserved" or row.ended_at is not None:
        return f"it is {row.state}"
    if row.expired:
        return "its reservation has expired"
    if row.class_code != target.class_code:
        return f"it is of class {row.class_code}, not of {target.class_code}"
    if row.division != row.cim_division:
        return f"it is of division {row.division}, and the thing lies in {row.cim_division}"
    return None


def _check_living(connection: Connection, reservation: int, class_code: str) -> None:
    held = get(connection, reservation)
    if held.ended_at is not None or held.expires_at <= actions.now(connection):
        raise ReservationUnfit(f"reservation {reservation} has ended")
    if held.class_code != class_code:
        reason = f"reservation {reservation} is of class {held.class_code}, not of {class_code}"
        raise ReservationUnfit(reason)


def _name_next(connection: Connection, reservation: int) -> None:
    """Name the next free codes of the reservation to rows that name none themselves."""
    run(
        connection,
        """
        UPDATE stage s SET cim_reserved = free.code
        FROM (SELECT cim_row, row_number() OVER (ORDER BY cim_row) AS n FROM stage
              WHERE cim_reserved IS NULL) asked
        JOIN (SELECT code, row_number() OVER (ORDER BY code) AS n FROM (
                  SELECT code FROM cim.entity
                  WHERE reservation_id = $1 AND state = 'reserved'
                    AND code NOT IN (SELECT cim_reserved FROM stage WHERE cim_reserved IS NOT NULL)
                  ORDER BY code LIMIT (SELECT count(*) FROM stage)
                  FOR UPDATE SKIP LOCKED) locked) free USING (n)
        WHERE s.cim_row = asked.cim_row
        """,
        reservation,
    )


def _activate(connection: Connection, target: Target, refused: list[int]) -> None:
    run(
        connection,
        """
        WITH taken AS (
            UPDATE cim.entity e SET state = 'active', layer_id = $1, source_system = $2,
                   source_id = s.cim_source, changed_at = now()
            FROM stage s WHERE e.code = s.cim_reserved AND e.state = 'reserved'
              AND s.cim_row <> ALL($3::bigint[])
            RETURNING s.cim_row, e.code
        )
        INSERT INTO stage_code (cim_row, code, state) SELECT cim_row, code, 'reserved' FROM taken
        """,
        target.layer_id,
        target.source_system,
        refused,
    )
