"""Resolution of codes over HTTP (编码解析服务): `GET /resolve?code=`."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking
from api.errors import CodeNotFound, InvalidParameter, NotACode
from api.links import link, url
from cim import items, resolve
from cim.resolve import Resolved


async def by_code(request: Request) -> Response:
    """The entity that the text names; 300 with the list where it names several."""
    given = asking.only(request, ("code",))
    text = given.get("code", "")
    if not text:
        raise InvalidParameter("code", "it is missing")
    statement = resolve.find(text, asking.caller(request))
    if statement is None:
        raise NotACode(text)
    row = await asking.service(request).row(lambda _: statement)
    found = resolve.read(row["found"] if row else None)
    if not found:
        raise CodeNotFound(text)
    documents = [await _document(request, entity) for entity in found]
    if len(documents) > 1:
        return JSONResponse({"code": text, "matches": documents}, 300)
    return JSONResponse(documents[0])


async def _document(request: Request, entity: Resolved) -> dict[str, Any]:
    """The entity with the item of its layer, which says the same as the collection does."""
    body = entity.document()
    base = asking.base_url(request)
    body["links"] = [link("self", url(base, "resolve", code=entity.code), asking.JSON)]
    if entity.layer is None or entity.state != "active":
        return body
    layer, caller = entity.layer, asking.caller(request)
    row = await asking.service(request).row(
        lambda registry: items.one(registry.layer(layer, caller), entity.code, caller)
    )
    if row is not None:
        body["feature"] = json.loads(row["feature"] + b"}")
        body["beidou_code"] = body["feature"]["properties"]["beidou_code"]
        item = url(base, "collections", layer, "items", entity.code)
        body["links"].append(link("item", item, asking.GEOJSON))
    return body
