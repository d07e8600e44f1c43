"""Reviews of suspected duplicates (疑似重复审核): `GET /reviews[/{id}]`, decided by POST.

A review shows both sides: what was asked for, and the entity that it may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from api import asking, pages
from api.entities import bodies
from api.entities.answers import (
    CLASS,
    Answer,
    AssignedOne,
    Links,
    Utc,
    answer,
    outcome,
    permanent,
)
from api.entities.bodies import ReviewDecision
from api.entities.parameters import in_path, number, of_json
from api.links import link, url
from api.writing import write, writer
from cim import entity_code
from cim.actions import Action
from cim.assignment import deciding, reviews
from cim.assignment.reviews import Review
from cim.errors import ReviewUnknown

DEFAULT_LIMIT, MAX_LIMIT = 50, 1000


class Candidate(Answer):
    """The entity that a request may be, as it is now."""

    code: str
    external_code: str
    state: str
    name: str | None
    layer: str | None
    links: Links


class ReviewAnswer(Answer):
    """A suspicion: `measure` is metres for points and lines, the shared part for areas."""

    id: int
    source_system: str
    source_id: str
    class_code: str = CLASS
    request: Mapping[str, Any]
    candidate: Candidate
    measure: float
    unit: Literal["m", "share"]
    decision: Literal["same", "different"] | None
    asked_at: Utc
    decided_at: Utc | None
    who: str | None
    why: str | None
    links: Links


class Reviews(Answer):
    """Open reviews in the order in which they were asked; a `next` link where more follow."""

    reviews: list[ReviewAnswer]
    links: Links


async def waiting(request: Request) -> Response:
    """Open reviews, a page of them."""
    given = asking.only(request, ("after", "limit"))
    after = number(given, "after", 0)
    limit = number(given, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    rows = await asking.service(request).rows(lambda _: reviews.page(after, limit))
    base = asking.base_url(request)
    shown = [_describe(Review.read(row), base) for row in rows[:limit]]
    here = {"after": given.get("after"), "limit": given.get("limit")}
    links = [
        link("self", url(base, "reviews", **here), asking.JSON),
        link("alternate", url(base, "reviews", **here, f="html"), asking.HTML),
    ]
    if len(rows) > limit:
        following = here | {"after": str(shown[-1].id)}
        links.append(link("next", url(base, "reviews", **following), asking.JSON))
    return _document(request, Reviews(reviews=shown, links=links))


def _document(request: Request, body: Reviews) -> Response:
    if asking.media_type(request) == asking.HTML:
        return pages.page(request, "reviews.html", document=body)
    return answer(body)


async def one(request: Request) -> Response:
    """A review, open or decided."""
    of_json(request)
    review = in_path(request, ReviewUnknown)
    rows = await asking.service(request).rows(lambda _: reviews.one(review))
    if not rows:
        raise ReviewUnknown(str(review))
    return answer(_describe(Review.read(rows[0]), asking.base_url(request)))


async def decide(request: Request) -> Response:
    """The answer to the request that waited."""
    who = writer(request).name
    asking.only(request, ())
    body = await bodies.read(request, ReviewDecision)
    review, action = in_path(request, ReviewUnknown), Action(who, body.why, body.document)
    found = await write(
        request, lambda c, leases: deciding.decide(c, leases, review, body.decision, action)
    )
    base = asking.base_url(request)
    links = [permanent(base, found.code)] if found.code else []
    return answer(AssignedOne(**outcome(found, base), links=links))


def _describe(review: Review, base: str) -> ReviewAnswer:
    kind = str(review.request["geometry"]["type"])
    return ReviewAnswer(
        id=review.id,
        source_system=review.source_system,
        source_id=review.source_id,
        class_code=review.class_code,
        request=review.request,
        candidate=_candidate(review, base),
        measure=review.measure,
        unit="share" if kind.endswith("Polygon") else "m",
        decision=review.decision,
        asked_at=review.asked_at,
        decided_at=review.decided_at,
        who=review.who,
        why=review.why,
        links=[link("self", url(base, "reviews", str(review.id)), asking.JSON)],
    )


def _candidate(review: Review, base: str) -> Candidate:
    links = [permanent(base, review.candidate)]
    if review.layer is not None and review.state == "active":
        item = url(base, "collections", review.layer, "items", review.candidate)
        links.append(link("item", item, asking.GEOJSON))
    return Candidate(
        code=review.candidate,
        external_code=entity_code.format(review.candidate),
        state=review.state,
        name=review.name,
        layer=review.layer,
        links=links,
    )
