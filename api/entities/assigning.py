"""Codes on request (赋码): `POST /entities` with one request, or with many under `entities`.

The same request gets the same code, however often it is sent. One request is answered 201 with
the address of its entity when it is assigned, 200 when it has its code already, 202 when it waits
for a review, 422 when it is rejected. Many are answered 200 with an outcome each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, get_args

import anyio.to_thread
from sqlalchemy import Connection, Engine
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from api import asking
from api.entities import bodies, geometry
from api.entities.answers import (
    AssignedMany,
    AssignedOne,
    AssignedRow,
    answer,
    outcome,
    permanent,
)
from api.entities.bodies import ManyEntities, NewEntity, OneEntity
from api.errors import BodyUnfit, EntityRejected
from api.links import link, url
from api.writing import json_object, write, writer
from cim.assignment import assign as core
from cim.assignment.assign import Batch, Outcome, Status
from cim.assignment.request import Request
from cim.errors import (
    BatchTooLarge,
    LayerNotFound,
    LayerOfOtherClass,
    LayerOfOtherKind,
    ReservationUnknown,
    UnknownClass,
    UnknownDivision,
)

MOST = 10_000
_STATUS = {"assigned": 201, "existing": 200, "duplicate?": 202}

_NAMED: dict[type[Exception], str] = {
    UnknownClass: "class",
    LayerNotFound: "layer",
    LayerOfOtherClass: "layer",
    LayerOfOtherKind: "layer",
    ReservationUnknown: "reservation",
    UnknownDivision: "division",
}


async def assign(request: HttpRequest) -> Response:
    """One code or many."""
    who = writer(request).name
    asking.only(request, ())
    document = await json_object(request)
    if "entities" in document:
        return await _many(request, document, who)
    body = bodies.fit(OneEntity, document)
    found = await write(request, lambda c, leases: _one(c, leases, body, who))
    base = asking.base_url(request)
    said = outcome(found, base)
    links = [permanent(base, found.code)] if found.code else []
    if found.review is not None:
        links.append(link("review", url(base, "reviews", str(found.review)), asking.JSON))
    place = {"Location": str(links[0]["href"])} if found.status == "assigned" else None
    return answer(AssignedOne(**said, links=links), _STATUS[found.status], place)


def _one(connection: Connection, leases: Engine, body: OneEntity, who: str) -> Outcome:
    (found,) = answered(connection, leases, _batch(body, who), [body])
    if found.status == "rejected":
        raise EntityRejected(body.source_id, str(found.reason))
    return found


async def _many(request: HttpRequest, document: Any, who: str) -> Response:
    given = document["entities"]
    if isinstance(given, list) and len(given) > MOST:
        raise BatchTooLarge(len(given), MOST)
    body = await anyio.to_thread.run_sync(bodies.fit, ManyEntities, document)
    batch, entities = _batch(body, who), body.entities
    found = await write(request, lambda c, leases: answered(c, leases, batch, entities))
    return await anyio.to_thread.run_sync(_listed, found, asking.base_url(request))


def _listed(found: Sequence[Outcome], base: str) -> Response:
    outcomes = [AssignedRow(row=each.row, **outcome(each, base)) for each in found]
    counted = Counter(each.status for each in found)
    counts = {status: counted[status] for status in get_args(Status)}
    return answer(AssignedMany(outcomes=outcomes, counts=counts))


def _batch(body: OneEntity | ManyEntities, who: str) -> Batch:
    return Batch(
        body.source_system,
        body.class_code,
        body.action(who),
        body.layer,
        body.department,
        body.reservation,
        body.guard,
        body.valid_from,
        body.repair,
    )


def answered(
    connection: Connection, leases: Engine, batch: Batch, entities: Sequence[NewEntity]
) -> list[Outcome]:
    """The outcomes; a geometry that cannot be read rejects its entity alone."""
    read = [geometry.read(each.geometry) for each in entities]
    requests = [request_of(each, shape) for each, (shape, _) in zip(entities, read, strict=True)]
    with named_in_body():
        found = core.assign(connection, leases, batch, requests)
    return [
        replace(each, reason=f"geometry: {fault}") if fault else each
        for each, (_, fault) in zip(found, read, strict=True)
    ]


def request_of(entity: NewEntity, shape: Any) -> Request:
    return Request(
        entity.source_id,
        shape,
        entity.name,
        entity.division,
        entity.aliases,
        entity.properties,
        entity.code,
    )


@contextmanager
def named_in_body() -> Iterator[None]:
    """What a body names and nobody knows is told by its place in the body."""
    try:
        yield
    except tuple(_NAMED) as error:
        raise BodyUnfit([(bodies.path([_NAMED[type(error)]]), str(error))]) from error
