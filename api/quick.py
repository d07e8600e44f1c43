"""The quick way to the routes that are asked most (快速通道): resolution, items, tiles.

Starlette's router tries one route after another and wraps the endpoint twice against errors, which
takes as long as a small answer. These paths are told by their parts. What an endpoint raises is
answered from the same table as everywhere, and everything else goes the usual way.
"""

import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api import families, problems, resolve, tiles

_NUMBER = re.compile("[0-9]{1,18}", re.ASCII)


class _Found(NamedTuple):
    endpoint: Callable[[Request], Awaitable[Response]]
    parameters: dict[str, str | int]


class Quick:
    """Wraps the router."""

    def __init__(self, app: ASGIApp) -> None:
        self._router = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _found(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        if found is None or scope.get("root_path"):
            await self._router(scope, receive, send)
            return
        scope["path_params"] = found.parameters
        request = Request(scope, receive)
        try:
            response = await found.endpoint(request)
        except Exception as error:
            response = await problems.answer(request, error)
        await response(scope, receive, send)


def _found(scope: Scope) -> _Found | None:
    match scope["path"].split("/"):
        case ["", "resolve"]:
            return _Found(resolve.resolve, {})
        case ["", "collections", collection, "items"] if collection:
            return _Found(families.collection_items, {"collection": collection})
        case ["", "collections", collection, "items", item] if collection and item:
            return _Found(families.item, {"collection": collection, "item": item})
        case ["", "collections", collection, "tiles", name, *tile] if collection and name:
            if len(tile) == 3 and all(map(_NUMBER.fullmatch, tile)):
                numbers = dict(zip(("z", "row", "column"), map(int, tile), strict=True))
                named = {"collection": collection, "matrix_set": name}
                return _Found(tiles.collection_tile, named | numbers)
    return None
