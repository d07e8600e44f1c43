"""What is answered (应答), as pydantic models that also make the schemas of the description.

What is not there is null. Times are RFC 3339 in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from starlette.responses import Response

from api import asking
from api.links import Link, link, url
from cim import entity_code
from cim.assignment.assign import Outcome

LD = "application/ld+json"
CLASS = Field(serialization_alias="class")

Links = Sequence[Mapping[str, object]]
Utc = Annotated[datetime, PlainSerializer(lambda moment: moment.astimezone(UTC), datetime)]


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, serialize_by_alias=True)


class ReviewPlace(Answer):
    """The review that a request waits for."""

    id: int
    href: str


class Assigned(Answer):
    """The answer to a request for a code; of a `duplicate?`, code and state are the candidate's."""

    source_id: str
    status: Literal["assigned", "existing", "duplicate?", "rejected"]
    code: str | None
    external_code: str | None
    state: str | None
    review: ReviewPlace | None
    reason: str | None


class AssignedOne(Assigned):
    """The answer to a request for one code."""

    links: Links


class _Row(Answer):
    row: int


class AssignedRow(Assigned, _Row):
    """The answer to one of many requests; rows are counted from 1."""


class AssignedMany(Answer):
    """The answers in the order of the requests, and how many there are of each kind."""

    outcomes: Sequence[AssignedRow]
    counts: Mapping[str, int]


class Thing(Answer):
    """An entity as a step left it."""

    code: str
    external_code: str
    state: str
    links: Links


class ChangedThing(Thing):
    """`changed` is whether anything was different."""

    changed: bool


class Successor(Thing):
    """`source_id` is null where it is an entity that was there already."""

    source_id: str | None


class SplitThing(Thing):
    """An entity, and what it was split into."""

    successors: Sequence[Successor]


class MergedThings(Answer):
    """Entities, and what they became."""

    predecessors: Sequence[Thing]
    successors: Sequence[Successor]


def thing(base: str, code: str, state: str) -> dict[str, Any]:
    """The members of a Thing."""
    return {
        "code": code,
        "external_code": entity_code.format(code),
        "state": state,
        "links": [permanent(base, code)],
    }


def permanent(base: str, code: str) -> Link:
    """The link to an entity at its permanent address."""
    return link("canonical", url(base, "id", entity_code.format(code)), LD)


def outcome(found: Outcome, base: str) -> dict[str, Any]:
    """The members of an Assigned."""
    review = found.review
    return {
        "source_id": found.source_id,
        "status": found.status,
        "code": found.code,
        "external_code": entity_code.format(found.code) if found.code else None,
        "state": found.state,
        "review": review and ReviewPlace(id=review, href=url(base, "reviews", str(review))),
        "reason": found.reason,
    }


def answer(body: Answer, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body.model_dump_json(), status, headers, media_type=asking.JSON)
