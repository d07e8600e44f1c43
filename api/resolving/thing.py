"""A thing (实体): what a code names, its life, and what its layer says of it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from starlette.requests import Request

from api import asking
from api.links import Link, link, url
from cim import entity_code, items, resolve
from cim.life import Life, lives
from cim.moments import Interval
from cim.resolve import Resolved
from cim.schemes import Match

Json = dict[str, Any]


class Thing(NamedTuple):
    """An entity; `life` where more is told than that it is active, `feature` where it has one.

    `feature` is GeoJSON without its closing brace.
    """

    entity: Resolved
    life: Life | None
    feature: bytes | None

    @property
    def state(self) -> str:
        return (self.life and self.life.state) or self.entity.state

    @property
    def external(self) -> str:
        return entity_code.external(self.entity.code)

    def fragment(self) -> orjson.Fragment | None:
        """The feature as a value of a document."""
        return None if self.feature is None else orjson.Fragment(self.feature + b"}")


async def one(request: Request, match: Match) -> Thing | None:
    """The thing that a code names now; None where none has it, or only had it."""
    service, caller = asking.service(request), asking.caller(request)
    likely = service.likely.get(match.scheme)
    row = await service.row(lambda registry: resolve.one(match, registry, caller, likely))
    if row is None:
        return None
    entity = Resolved.read(row)
    if entity.layer is not None and entity.layer != likely:
        service.likely[match.scheme] = entity.layer
    if entity.feature is not None:
        return Thing(entity, None, entity.feature)
    (whole,) = await _completed(request, [entity], None, False)
    return whole


async def find(
    request: Request, matches: Sequence[Match], when: Interval | None = None, whole: bool = False
) -> list[Thing]:
    """The things that the matches name, in code order, now or as of a time.

    The life of an active thing of now is looked up only for the `whole` of it.
    """
    service, caller = asking.service(request), asking.caller(request)
    rows = await service.rows(lambda registry: resolve.find(matches, registry, caller, when))
    return await _completed(request, [Resolved.read(row) for row in rows], when, whole)


async def _completed(
    request: Request, found: Sequence[Resolved], when: Interval | None, whole: bool
) -> list[Thing]:
    service = asking.service(request)
    asked = [e.code for e in found if whole or when or e.state != "active"]
    known = {}
    if asked:
        told = await service.rows(lambda _: lives(asked, when))
        known = {row.code: Life.read(row) for row in told}
    things = [Thing(entity, known.get(entity.code), entity.feature) for entity in found]
    wanted: dict[str, list[str]] = {}
    for thing in things:
        if thing.state == "active" and thing.feature is None and thing.entity.layer is not None:
            wanted.setdefault(thing.entity.layer, []).append(thing.entity.code)
    seen = {row.code: row.feature for row in await features(request, wanted, when)}
    return [Thing(t.entity, t.life, t.feature or seen.get(t.entity.code)) for t in things]


async def features(
    request: Request, wanted: Mapping[str, Sequence[str]], when: Interval | None = None
) -> list[Any]:
    """Rows (code, name, feature) of codes by the names of their layers; one statement for all."""
    if not wanted:
        return []
    service, caller = asking.service(request), asking.caller(request)
    return await service.rows(
        lambda registry: items.many(
            {
                registry.layer(name, caller): codes
                for name, codes in wanted.items()
                if name not in registry.unreadable
            },
            caller,
            when,
        )
    )


async def states(request: Request, codes: Sequence[str], when: Interval | None) -> dict[str, str]:
    """The states of codes as of a time. Now none is asked: what is in a layer is active."""
    if when is None or not codes:
        return {}
    rows = await asking.service(request).rows(lambda _: lives(codes, when))
    return {row.code: row.state for row in rows if row.state is not None}


def described(request: Request, thing: Thing) -> Json:
    """The members that every document of a thing has, without links and feature."""
    body = thing.entity.document(asking.service(request).registry, orjson.Fragment)
    return body | lived(asking.base_url(request), thing.life) if thing.life else body


def lived(base: str, life: Life) -> Json:
    """What is told of a life; others are told with their addresses."""

    def other(entry: Mapping[str, Any]) -> Json:
        external = entity_code.external(entry["code"])
        return {"href": url(base, "id", external), **entry, "external_code": external}

    body: Json = {"state": life.state, "since": life.since}
    if life.name is not None:
        body["name"] = life.name
    if life.is_gone:
        body |= {"why": life.why, "document": life.document}
    body["successors"] = [other(entry) for entry in life.successors]
    body["predecessors"] = [other(entry) for entry in life.predecessors]
    if life.reservation is not None:
        body["reservation"] = life.reservation
    return body


def links(base: str, thing: Thing, time: str | None = None) -> list[Link]:
    """Where more stands: the permanent address, the item, what came after and before."""
    made = [link("canonical", f"{base}/id/{thing.external}", asking.LD)]
    if thing.feature is not None and thing.entity.layer is not None:
        item = f"{base}/collections/{thing.entity.layer}/items/{thing.entity.code}"
        item = item if time is None else url(item, datetime=time)
        made.append(link("item", item, asking.GEOJSON))
    if thing.life:
        for rel, others in (
            ("successor-version", thing.life.successors),
            ("predecessor-version", thing.life.predecessors),
        ):
            made += [
                link(rel, url(base, "id", entity_code.format(other["code"])), asking.LD)
                for other in others
            ]
    return made
