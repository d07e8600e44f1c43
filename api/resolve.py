"""Resolution of codes over HTTP (编码解析服务): `GET /resolve?code=`."""

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api import asking
from api.errors import CodeNotFound, InvalidParameter, NotACode
from api.links import link, url
from cim import items, resolve, schemes
from cim.resolve import Resolved


async def by_code(request: Request) -> Response:
    """The entity that the text names; 300 with the list where it names several."""
    text = asking.only(request, ("code",)).get("code", "")
    if not text:
        raise InvalidParameter("code", "it is missing")
    service, caller = asking.service(request), asking.caller(request)
    matches = schemes.identify(text)
    if not matches:
        raise NotACode(text)
    rows = await service.rows(lambda registry: resolve.find(matches, registry, caller))
    if not rows:
        raise CodeNotFound(text)
    bodies = [await _body(request, Resolved.read(row)) for row in rows]
    if len(bodies) == 1:
        return Response(bodies[0], media_type=asking.JSON)
    several = b',"matches":[' + b",".join(bodies) + b"]}"
    return Response(orjson.dumps({"code": text})[:-1] + several, 300, media_type=asking.JSON)


async def _body(request: Request, entity: Resolved) -> bytes:
    """The entity with the item of its layer, which says the same as the collection does."""
    base = asking.base_url(request)
    links = [link("self", url(base, "resolve", code=entity.code), asking.JSON)]
    feature = await _feature(request, entity)
    if feature is not None and entity.layer is not None:
        item = url(base, "collections", entity.layer, "items", entity.code)
        links.append(link("item", item, asking.GEOJSON))
    body = orjson.dumps({**entity.document(), "links": links})
    return body if feature is None else body[:-1] + b',"feature":' + feature + b"}}"


async def _feature(request: Request, entity: Resolved) -> bytes | None:
    if entity.feature is not None or entity.layer is None or entity.state != "active":
        return entity.feature
    name, caller = entity.layer, asking.caller(request)
    row = await asking.service(request).row(
        lambda registry: items.one(registry.layer(name, caller), entity.code, caller)
    )
    return None if row is None else bytes(row["feature"])
