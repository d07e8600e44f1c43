"""Reviews of suspected duplicates (疑似重复审核): people decide, and it is remembered.

A request under suspicion waits with both sides: what was asked, and the entity that it may be. If
they are the `same`, the source id becomes another name of that entity, and asking again gets its
code. If they are `different`, the request gets a code of its own, and the pair is never suspected
again.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import Connection

from cim import actions
from cim.actions import Action
from cim.assignment.codes import Target
from cim.assignment.request import Request
from cim.database.sql import run
from cim.errors import ReviewDecided, ReviewUnknown


@dataclass(frozen=True, slots=True)
class Review:
    """A suspicion with both sides.

    `request` is what was asked, as `Request` has it with the geometry as GeoJSON, with the layer
    and the department; `measure` is metres for points and lines, the shared part for areas.
    """

    id: int
    source_system: str
    source_id: str
    class_code: str
    request: dict[str, Any]
    candidate: str
    measure: float
    decision: str | None
    asked_at: datetime
    decided_at: datetime | None
    who: str | None
    why: str | None


_READ = """
    SELECT r.id, r.source_system, r.source_id, r.class_code, r.request, r.candidate, r.measure,
           r.decision, r.asked_at, r.decided_at, a.who, a.why
    FROM cim.review r LEFT JOIN cim.action a ON a.id = r.action_id
"""


def ask(
    connection: Connection, target: Target, request: Request, candidate: str, measure: float
) -> int:
    """Put a suspicion on the list; its id. One that is there already is brought up to date."""
    said = {
        **asdict(request),
        "geometry": json.loads(shapely.to_geojson(request.geometry)),
        "layer": target.layer,
        "department": target.department,
    }
    rows = run(
        connection,
        """
        INSERT INTO cim.review
            (source_system, source_id, class_code, request, candidate, measure)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (source_system, source_id, candidate) DO UPDATE
        SET request = excluded.request, measure = excluded.measure
        RETURNING id
        """,
        target.source_system,
        request.source_id,
        target.class_code,
        json.dumps(said, ensure_ascii=False, default=str),
        candidate,
        measure,
    )
    return int(rows[0].id)


def waiting(connection: Connection, after: int = 0, limit: int = 100) -> list[Review]:
    """Open reviews in the order in which they were asked, after the one of that id."""
    where = "WHERE r.decision IS NULL AND r.id > $1 ORDER BY r.id LIMIT $2"
    return [Review(*row) for row in run(connection, f"{_READ} {where}", after, limit)]


def get(connection: Connection, review: int) -> Review:
    """One review, open or decided; ReviewUnknown."""
    rows = run(connection, f"{_READ} WHERE r.id = $1", review)
    if not rows:
        raise ReviewUnknown(str(review))
    return Review(*rows[0])


def close(connection: Connection, review: Review, decision: str, action: Action) -> None:
    """Write down what was decided; ReviewDecided where somebody was faster."""
    action_id = actions.record(connection, action)
    closed = run(
        connection,
        """
        UPDATE cim.review SET decision = $2, action_id = $3, decided_at = now()
        WHERE id = $1 AND decision IS NULL RETURNING id
        """,
        review.id,
        decision,
        action_id,
    )
    if not closed:
        raise ReviewDecided(review.id)
    if decision == "same":
        _remember_name(connection, review, action_id)


def _remember_name(connection: Connection, review: Review, action_id: int) -> None:
    """The source id is another name of the candidate; what else it was suspected of is moot."""
    run(
        connection,
        """
        INSERT INTO cim.same_source (source_system, source_id, code, action_id)
        VALUES ($1, $2, $3, $4)
        """,
        review.source_system,
        review.source_id,
        review.candidate,
        action_id,
    )
    run(
        connection,
        """
        DELETE FROM cim.review
        WHERE source_system = $1 AND source_id = $2 AND decision IS NULL
        """,
        review.source_system,
        review.source_id,
    )
