"""Which family answers for what is in a collection (集合分派): features, scenes or records.

`/collections/{c}/items` is the address of all three: OGC API - Features 1, STAC API, OGC API -
Records 1. A layer that this worker does not know yet is looked for in the database.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from api import asking, items, schemas
from api.records import routes as records
from api.stac import routes as stac
from cim.records import COLLECTION

Handler = Callable[[Request], Awaitable[Response]]


async def collection_items(request: Request) -> Response:
    handlers = (items.collection_items, stac.collection_items, records.records)
    return await (await _of(request, *handlers))(request)


async def item(request: Request) -> Response:
    return await (await _of(request, items.item, stac.item, records.record))(request)


async def queryables(request: Request) -> Response:
    handlers = (schemas.of_queries, stac.queryables, records.queryables)
    return await (await _of(request, *handlers))(request)


async def _of(request: Request, features: Handler, scenes: Handler, catalog: Handler) -> Handler:
    service, name = asking.service(request), request.path_params["collection"]
    layer = service.registry.layers.get(name)
    if layer is None:
        if name == COLLECTION:
            return catalog
        await service.reload()
        layer = service.registry.layers.get(name)
    return scenes if layer is not None and layer.kind == "raster" else features
