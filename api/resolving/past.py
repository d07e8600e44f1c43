"""The history of a thing (实体变更史): `GET /id/{code}/history`."""

import json
from collections.abc import Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import asking, pages
from api.errors import CodeNotFound, InvalidParameter
from api.links import address, link, url
from api.resolving import lists
from api.resolving.thing import Json
from cim import entity_code, history, resolve
from cim.history import Before
from cim.resolve import Resolved
from cim.schemes import Match


async def of_id(request: Request) -> Response:
    """Events and versions, the newest first; `next` leads to older ones."""
    given = asking.only(request, ("limit", "token"))
    kind = asking.media_type(request)
    limit, before = lists.limit(given.get("limit")), _before(given.get("token"))
    text = request.path_params["code"]
    external = entity_code.format(text)
    here = url(asking.base_url(request), "id", external, "history")
    if text != external:
        return RedirectResponse(address(here, asking.query(request)), 301)
    code = external[:21]
    service, caller = asking.service(request), asking.caller(request)
    named = await service.row(lambda registry: resolve.find([Match("uic", code)], registry, caller))
    if named is None:
        raise CodeNotFound(text)
    layer = Resolved.read(named).layer
    events = await service.rows(lambda _: history.events(code, before, limit))
    versions: Sequence[Any] = []
    if layer is not None:
        versions = await service.rows(
            lambda registry: history.versions(
                registry.layer(layer, caller), code, before, limit, caller
            )
        )
    body = {
        **resolve.identity(code, service.registry),
        "layer": layer,
        "events": [_event(row) for row in events[:limit]],
        "versions": _versions(request, layer, code, versions, limit),
        "links": _links(request, here, layer, _next(events, versions, limit)),
    }
    made = orjson.dumps(body)
    if kind == asking.HTML:
        return pages.page(request, "history.html", document=orjson.loads(made))
    return Response(made, media_type=asking.JSON)


def _before(text: str | None) -> Before:
    before = Before() if text is None else Before.read(text)
    if before is None:
        raise InvalidParameter("token", f"{text!r} was not given out by this service")
    return before


def _event(row: Any) -> Json:
    return {
        "kind": row.kind,
        "valid_at": row.valid_at,
        "recorded_at": row.recorded_at,
        "who": row.who,
        "why": row.why,
        "document": row.document,
    }


def _versions(
    request: Request, layer: str | None, code: str, rows: Sequence[Any], limit: int
) -> list[Json]:
    fields = [json.loads(row.fields) for row in rows]
    changes = [*history.changed(fields), []]
    base = asking.base_url(request)
    made = []
    for row, changed in zip(rows[:limit], changes, strict=False):
        time = row.valid_from.isoformat().replace("+00:00", "Z")
        place = url(base, "collections", layer or "", "items", code, datetime=time)
        times = ("version", "valid_from", "valid_to", "recorded_at", "replaced_at")
        said = {name: row[name] for name in times}
        made.append(said | {"changed": changed, "links": [link("item", place, asking.GEOJSON)]})
    return made


def _next(events: Sequence[Any], versions: Sequence[Any], limit: int) -> str | None:
    """Where the next page begins; None where this is the last."""
    if len(events) <= limit and len(versions) <= limit:
        return None
    event = events[limit - 1].id if len(events) > limit else 0
    version = versions[limit - 1].version if len(versions) > limit else 0
    return str(Before(event, version))


def _links(request: Request, here: str, layer: str | None, token: str | None) -> list[Any]:
    query = asking.query(request)
    made = [
        link("self", address(here, query), asking.JSON),
        link("alternate", address(here, query, f="html"), asking.HTML),
        link("canonical", here.removesuffix("/history"), asking.LD),
    ]
    if layer is not None:
        of = url(asking.base_url(request), "collections", layer)
        made.append(link("collection", of, asking.JSON))
    if token is not None:
        made.append(link("next", address(here, query, token=token), asking.JSON))
    return made
