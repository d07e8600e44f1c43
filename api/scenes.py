"""The scene that a request is about (影像选择), as the database knows it at that moment."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.requests import Request

from api import asking
from cim.errors import SceneUnreadable
from cim.moments import Interval
from cim.registry import Layer, Scene

Answer = TypeVar("Answer")


async def layer(request: Request) -> Layer:
    """The raster layer that the path names, for this caller; LayerNotFound."""
    registry = await asking.service(request).newest()
    return registry.layer(request.path_params["collection"], asking.caller(request), "raster")


async def with_scene(
    request: Request, when: Interval, work: Callable[[Layer, Scene], Awaitable[Answer]]
) -> Answer:
    """What `work` makes of the latest scene of an interval.

    A file that is gone was replaced meanwhile, and then the registry names another.
    """
    found = await layer(request)
    try:
        return await work(found, found.scene(when))
    except SceneUnreadable:
        newest = await layer(request)
        if newest is found:
            raise
        return await work(newest, newest.scene(when))
