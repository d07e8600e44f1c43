"""Reviews of suspected duplicates (疑似重复审核): people decide, and it is remembered.

A request under suspicion waits with both sides: what was asked, and the entity that it may be. If
they are the `same`, the source id becomes another name of that entity, and asking again gets its
code. If they are `different`, the request gets a code of its own, and the pair is never suspected
again.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

import shapely
from sqlalchemy import Connection

from cim import actions
from cim.access import ANONYMOUS
from cim.actions import Action
from cim.assignment.codes import Target
from cim.assignment.request import Request
from cim.database.sql import run
from cim.errors import AlreadyAssigned, ReviewDecided, ReviewUnknown
from cim.lifecycle import living
from cim.statement import Statement

Decision = Literal["same", "different"]


@dataclass(frozen=True, slots=True)
class Review:
    """A suspicion with both sides.

    `request` is what was asked, as `Request` has it with the geometry as GeoJSON, with the layer,
    the department, the reservation and since when it is so; `measure` is metres for points and
    lines, the shared part for areas. State, name and layer are the candidate's as they are now.
    """

    id: int
    source_system: str
    source_id: str
    class_code: str
    request: dict[str, Any]
    candidate: str
    measure: float
    decision: Decision | None
    asked_at: datetime
    decided_at: datetime | None
    who: str | None
    why: str | None
    state: str
    name: str | None
    layer: str | None

    @classmethod
    def read(cls, row: Any) -> "Review":
        """Of a row of `page` or `one`."""
        made = cls(*row)
        return replace(made, request=json.loads(row.request))


_READ = """
    SELECT r.id, r.source_system, r.source_id, r.class_code, r.request::text AS request,
           r.candidate, r.measure, r.decision, r.asked_at, r.decided_at, a.who, a.why,
           e.state, n.name, l.name AS layer
    FROM cim.review r JOIN cim.entity e ON e.code = r.candidate
    LEFT JOIN cim.action a ON a.id = r.action_id
    LEFT JOIN cim.name n ON n.code = r.candidate LEFT JOIN cim.layer l ON l.id = e.layer_id
"""


def page(after: int, limit: int) -> Statement:
    """Statement whose rows go to `Review.read`: open ones after the one of that id, in the order in
    which they were asked; one more than the limit where another page follows."""
    where = "WHERE r.decision IS NULL AND r.id > $1::bigint ORDER BY r.id LIMIT $2::bigint + 1"
    return Statement(f"{_READ} {where}", (after, limit))


def one(review: int) -> Statement:
    """Statement whose row goes to `Review.read`: one review, open or decided."""
    return Statement(f"{_READ} WHERE r.id = $1", (review,))


def ask(
    connection: Connection,
    target: Target,
    request: Request,
    common: Mapping[str, Any],
    candidate: str,
    measure: float,
) -> int:
    """Put a suspicion on the list; its id. One that is there already is brought up to date.

    `common` is what the request shares with others of its batch, to be asked again with.
    """
    said = {
        **asdict(request),
        "geometry": json.loads(shapely.to_geojson(request.geometry)),
        "layer": target.layer,
        "department": target.department,
        **common,
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
    return [Review.read(r) for r in run(connection, page(after, limit).sql, after, limit)][:limit]


def get(connection: Connection, review: int) -> Review:
    """One review, open or decided; ReviewUnknown."""
    rows = run(connection, one(review).sql, review)
    if not rows:
        raise ReviewUnknown(str(review))
    return Review.read(rows[0])


def close(connection: Connection, review: Review, decision: Decision, action: Action) -> None:
    """Write down what was decided; ReviewDecided where somebody was faster.

    NotActive where it is `same` as something that has ended meanwhile, AlreadyAssigned where it has
    got a code of its own.
    """
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
        _check_living(connection, review.candidate)
        _check_nameless(connection, review)
        _remember_name(connection, review, action_id)


def _check_living(connection: Connection, code: str) -> None:
    """NotActive: nothing new becomes the same as what has ended."""
    living.find_one(connection, code, ANONYMOUS)


def _check_nameless(connection: Connection, review: Review) -> None:
    """AlreadyAssigned: what has got a code of its own meanwhile keeps it."""
    own = run(
        connection,
        "SELECT code FROM cim.entity WHERE source_system = $1 AND source_id = $2",
        review.source_system,
        review.source_id,
    )
    if own:
        raise AlreadyAssigned(review.source_id, own[0].code, review.candidate)


def forget_assigned(connection: Connection, source_system: str) -> None:
    """Take open reviews away whose things, asked for anew at another place, have got codes."""
    run(
        connection,
        """
        DELETE FROM cim.review r USING stage s JOIN stage_code c USING (cim_row)
        WHERE r.source_system = $1 AND r.source_id = s.cim_source AND r.decision IS NULL
        """,
        source_system,
    )


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
