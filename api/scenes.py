"""The scenes that a request is about (影像选择), as the database knows them at that moment."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from anyio import to_thread
from starlette.requests import Request

from api import asking
from cim.errors import SceneUnreadable
from cim.layer import Layer
from cim.scenes import Scene
from tiles import selection
from tiles.selection import Asked

Answer = TypeVar("Answer")


async def layer(request: Request) -> Layer:
    """The raster layer that the path names, for this caller; LayerNotFound."""
    registry = await asking.service(request).newest()
    return registry.layer(request.path_params["collection"], asking.caller(request), "raster")


async def with_scenes(
    request: Request, asked: Asked, work: Callable[[Layer, list[Scene]], Awaitable[Answer]]
) -> Answer:
    """What `work` makes of the scenes that are seen, the newest first.

    SceneNotFound, BandMissing.

    A file that is gone was replaced meanwhile, and then the registry names another.
    """
    found = await layer(request)
    try:
        return await work(found, await _seen(found, asked))
    except SceneUnreadable:
        newest = await layer(request)
        if newest is found:
            raise
        return await work(newest, await _seen(newest, asked))


async def _seen(found: Layer, asked: Asked) -> list[Scene]:
    """In a thread: of many scenes with holes it takes a while."""
    return await to_thread.run_sync(selection.alike, found, asked)
