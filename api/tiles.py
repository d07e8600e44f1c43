"""Vector tilesets of collections (矢量瓦片服务): OGC API - Tiles 1."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking
from api.collections import MVT, found
from api.tilesets import VECTOR, tile_address, tileset_document, tilesets_document
from tiles import vector


async def tilesets(request: Request) -> Response:
    layer = await found(request, "vector")
    asking.only(request, ())
    return JSONResponse(tilesets_document(layer, request, VECTOR))


async def tileset(request: Request) -> Response:
    layer = await found(request, "vector")
    asking.only(request, ())
    return JSONResponse(tileset_document(layer, request, VECTOR))


async def tile(request: Request) -> Response:
    """204 where there is nothing to draw."""
    layer = await found(request, "vector")
    asking.only(request, ())
    address, caller = tile_address(request), asking.caller(request)
    row = await asking.service(request).row(
        lambda registry: vector.tile(registry.layer(layer.name, caller, "vector"), address, caller)
    )
    body = row["tile"] if row else b""
    return Response(body, 200 if body else 204, media_type=MVT)
