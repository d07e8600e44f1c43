"""The feed of changes (变更订阅): `GET /changes`, by which another system keeps up.

Ask without `since` from the beginning, or with `since=latest` from now on; then give back each
`next`. While `more` is true more is there already. What is told is told once and in order: events
of transactions that still run, and what came after them, wait for the next time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from api import asking
from api.entities.answers import Answer, Utc, answer
from api.entities.parameters import number, of_json
from cim.lifecycle import changes
from cim.lifecycle.changes import BEGINNING, Position

DEFAULT_LIMIT, MAX_LIMIT = 1000, 10_000
LATEST = "latest"


class ChangeAnswer(Answer):
    """What happened to an entity; codes have 21 digits.

    `valid_at` is since when it was so, `recorded_at` when it was written down.
    """

    position: str
    code: str
    change: Literal[
        "reserved", "assigned", "changed", "reinstated", "retired", "merged", "split", "void"
    ]
    valid_at: Utc
    recorded_at: Utc
    who: str
    why: str | None
    document: str | None
    source_system: str | None
    source_id: str | None
    successors: Sequence[str] = ()
    predecessors: Sequence[str] = ()


class Changes(Answer):
    """A page of the feed; `next` is the `since` of the next one."""

    changes: list[ChangeAnswer]
    next: str
    more: bool


async def feed(request: Request) -> Response:
    """Changes after `since`; InvalidPosition."""
    given = of_json(request, ("since", "limit"))
    limit = number(given, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    service = asking.service(request)
    since = given.get("since")
    if since == LATEST:
        (place,) = await service.rows(lambda _: changes.LATEST)
        return answer(Changes(changes=[], next=str(Position(*place)), more=False))
    after = BEGINNING if since is None else Position.parse(since)
    rows = await service.rows(lambda _: changes.page(after, limit, asking.caller(request)))
    told = [ChangeAnswer(**changes.change(row)) for row in rows[:limit]]
    following = told[-1].position if told else str(after)
    return answer(Changes(changes=told, next=following, more=len(rows) > limit))
