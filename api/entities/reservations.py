"""Codes kept for a project (编码预留): `/reservations`."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Engine
from starlette.requests import Request
from starlette.responses import Response

from api import asking
from api.entities import bodies
from api.entities.answers import CLASS, Answer, Links, Utc, answer
from api.entities.assigning import named_in_body
from api.entities.bodies import NewReservation
from api.entities.parameters import in_path, of_json, reason
from api.links import link, url
from api.writing import write, writer
from cim import entity_code
from cim.actions import Action
from cim.assignment import reservations
from cim.assignment.reservations import Block, Reservation
from cim.errors import ReservationUnknown
from cim.statement import Statement


class ReservationAnswer(Answer):
    """A reservation; `unused` codes of it are left, none of one that is over."""

    id: int
    state: Literal["living", "expired", "released"]
    project: str
    department: str | None
    division: str
    class_code: str = CLASS
    size: int
    unused: int
    first_code: str
    last_code: str
    first_external_code: str
    last_external_code: str
    reserved_at: Utc
    expires_at: Utc
    ended_at: Utc | None
    who: str
    links: Links


class Reservations(Answer):
    """Reservations that have not ended, in the order in which they were made."""

    reservations: list[ReservationAnswer]


class Released(Answer):
    """A reservation that was ended, and how many of its codes are void by that."""

    id: int
    void: int


async def reserve(request: Request) -> Response:
    """201 with the block."""
    who = writer(request).name
    asking.only(request, ())
    body = await bodies.read(request, NewReservation)
    action = Action(who, body.why, body.document)
    block = Block(
        body.project,
        body.division,
        body.class_code,
        body.size,
        body.expires_at,
        body.department,
    )
    made = await write(request, lambda c, leases: _reserve(c, leases, block, action))
    base = asking.base_url(request)
    return answer(_describe(made, base), 201, {"Location": url(base, "reservations", str(made.id))})


def _reserve(connection: Connection, leases: Engine, block: Block, action: Action) -> Reservation:
    with named_in_body():
        return reservations.reserve(connection, leases, block, action)


async def living(request: Request) -> Response:
    of_json(request)
    rows = await asking.service(request).rows(lambda _: reservations.LIVING)
    base = asking.base_url(request)
    shown = [_describe(Reservation(*row), base) for row in rows]
    return answer(Reservations(reservations=shown))


async def one(request: Request) -> Response:
    """A reservation, ended or not."""
    of_json(request)
    reservation = in_path(request, ReservationUnknown)
    asked = reservations.one(reservation)
    now = Statement(f"SELECT found.*, now() FROM ({asked.sql}) found", asked.values)
    rows = await asking.service(request).rows(lambda _: now)
    if not rows:
        raise ReservationUnknown(str(reservation))
    *held, moment = rows[0]
    return answer(_describe(Reservation(*held), asking.base_url(request), moment))


async def release(request: Request) -> Response:
    """The reservation ends. Why stands in the query, since a DELETE has no body."""
    who = writer(request).name
    given = asking.only(request, ("why", "document"))
    action = Action(who, reason(given, "why"), reason(given, "document"))
    reservation = in_path(request, ReservationUnknown)
    void = await write(request, lambda c, _: reservations.release(c, reservation, action))
    return answer(Released(id=reservation, void=void))


def _state(held: Reservation, now: datetime | None) -> Literal["living", "expired", "released"]:
    """Without a time, of one that was found living; it is written down late that one expired."""
    if held.ended_at is not None and held.ended_at < held.expires_at:
        return "released"
    over = held.ended_at is not None or (now is not None and held.expires_at <= now)
    return "expired" if over else "living"


def _describe(held: Reservation, base: str, now: datetime | None = None) -> ReservationAnswer:
    state = _state(held, now)
    return ReservationAnswer(
        id=held.id,
        state=state,
        project=held.project,
        department=held.department,
        division=held.division,
        class_code=held.class_code,
        size=held.last - held.first + 1,
        unused=held.unused if state == "living" else 0,
        first_code=held.first_code,
        last_code=held.last_code,
        first_external_code=entity_code.format(held.first_code),
        last_external_code=entity_code.format(held.last_code),
        reserved_at=held.reserved_at,
        expires_at=held.expires_at,
        ended_at=held.ended_at,
        who=held.who,
        links=[link("self", url(base, "reservations", str(held.id)), asking.JSON)],
    )
