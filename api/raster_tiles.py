"""Map tilesets of raster layers (影像瓦片服务): OGC API - Tiles 1, Maps 1 clause 14."""

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking, scenes
from api.collections import PNG
from api.tilesets import MAP, tile_address, tileset_document, tilesets_document
from cim.registry import Layer, Scene
from tiles import raster


async def tilesets(request: Request) -> Response:
    layer = await scenes.layer(request)
    asking.only(request, ())
    return JSONResponse(tilesets_document(layer, request, MAP))


async def tileset(request: Request) -> Response:
    layer = await scenes.layer(request)
    asking.only(request, ())
    return JSONResponse(tileset_document(layer, request, MAP))


async def tile(request: Request) -> Response:
    """Of the latest scene, or the latest in `datetime`; 204 where there is nothing to draw."""
    when = asking.interval(asking.only(request, ("datetime",)))
    address = tile_address(request)
    folder = asking.service(request).settings.rasters

    async def draw(_: Layer, scene: Scene) -> bytes:
        return await to_thread.run_sync(raster.tile, scene, address, folder)

    body = await scenes.with_scene(request, when, draw)
    return Response(body, 200 if body else 204, media_type=PNG)
