"""The life of an entity (生命周期): changed, retired, void, split, merged.

Each answers with the entity as it is afterwards, and with its successors. A code may be written
in any way that `cim.entity_code` reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from api import asking
from api.entities import bodies, geometry
from api.entities.answers import (
    ChangedThing,
    MergedThings,
    SplitThing,
    Successor,
    Thing,
    answer,
    thing,
)
from api.entities.assigning import MOST, request_of
from api.entities.bodies import (
    EntityChange,
    EntityEnd,
    EntityMerge,
    EntitySplit,
    NewEntity,
)
from api.errors import BodyUnfit
from api.writing import write, writer
from cim import entity_code
from cim.assignment.assign import Outcome
from cim.assignment.request import Request
from cim.errors import BatchTooLarge
from cim.lifecycle import change as changing
from cim.lifecycle import end as ending
from cim.lifecycle import succession
from cim.lifecycle.change import Change
from cim.lifecycle.succession import Step


async def change(request: HttpRequest) -> Response:
    """A new place, a new name, other properties."""
    who, code = _asked(request)
    body = await bodies.read(request, EntityChange)
    shape = None if body.geometry is None else _shape(body.geometry, ("geometry",))
    new, action = Change(shape, body.name, body.properties), body.action(who)
    changed = await write(
        request, lambda c, _: changing.change(c, code, new, action, body.valid_from)
    )
    said = thing(asking.base_url(request), code, "active")
    return answer(ChangedThing(**said, changed=changed))


async def retire(request: HttpRequest) -> Response:
    """The thing is gone."""
    return await _end(request, "retired")


async def void(request: HttpRequest) -> Response:
    """The code was a mistake."""
    return await _end(request, "void")


async def _end(request: HttpRequest, state: Literal["retired", "void"]) -> Response:
    who, code = _asked(request)
    body = await bodies.read(request, EntityEnd)
    action = body.action(who)
    await write(request, lambda c, _: ending.end(c, [code], state, action, body.valid_from))
    return answer(Thing(**thing(asking.base_url(request), code, state)))


async def split(request: HttpRequest) -> Response:
    who, code = _asked(request)
    body = await bodies.read(request, EntitySplit)
    if len(body.children) > MOST:
        raise BatchTooLarge(len(body.children), MOST)
    children = [_read(each, ("children", i)) for i, each in enumerate(body.children)]
    step = _step(body, who)
    found = await write(
        request, lambda c, leases: succession.split(c, leases, code, children, step)
    )
    base = asking.base_url(request)
    heirs = [_successor(base, each) for each in found]
    return answer(SplitThing(**thing(base, code, "split"), successors=heirs))


async def merge(request: HttpRequest) -> Response:
    """Several into a new one, or into one that stays."""
    who = writer(request).name
    asking.only(request, ())
    body = await bodies.read(request, EntityMerge)
    codes, step, base = sorted(set(body.codes)), _step(body, who), asking.base_url(request)
    if isinstance(body.into, str):
        stays = body.into
        await write(request, lambda c, _: succession.merge_into(c, codes, stays, step))
        heir = Successor(**thing(base, stays, "active"), source_id=None)
    else:
        into = _read(body.into, ("into",))
        made = await write(
            request, lambda c, leases: succession.merge(c, leases, codes, into, step)
        )
        heir = _successor(base, made)
    gone = [Thing(**thing(base, code, "merged")) for code in codes]
    return answer(MergedThings(predecessors=gone, successors=[heir]))


def _asked(request: HttpRequest) -> tuple[str, str]:
    """Who writes, and the code in the path; InvalidCode where it is none."""
    who = writer(request).name
    asking.only(request, ())
    return who, entity_code.validate(request.path_params["code"])


def _step(body: EntitySplit | EntityMerge, who: str) -> Step:
    return Step(body.action(who), body.source_system, body.valid_from, body.forced)


def _read(entity: NewEntity, place: Sequence[str | int]) -> Request:
    return request_of(entity, _shape(entity.geometry, (*place, "geometry")))


def _shape(given: Any, place: Sequence[str | int]) -> Any:
    shape, fault = geometry.read(given)
    if fault is not None:
        raise BodyUnfit([(bodies.path(place), fault)])
    return shape


def _successor(base: str, found: Outcome) -> Successor:
    assert found.code is not None
    return Successor(**thing(base, found.code, "active"), source_id=found.source_id)
