"""pygeoapi as a library (复用 pygeoapi): one `API` object, and a provider for each request.

No file configures it, and nothing of its web applications is imported. Our own routes check layers
against the caller, choose the scenes, and hand pygeoapi the provider that reads those; so nothing
of it need be made anew when the registry moves.
"""

import asyncio
import copy
from typing import Any

from pygeoapi.api import API

from cim.layer import Layer

_SERVER: dict[str, Any] = {"url": "/", "language": "en-US", "gzip": False}


class Pygeoapi:
    """The `API` object of this worker, made beside the first requests."""

    def __init__(self) -> None:
        self._api = asyncio.create_task(asyncio.to_thread(make))

    async def with_provider(self, layer: Layer, definition: dict[str, Any]) -> API:
        """The object as one request sees it: a layer with this provider and no other."""
        made = copy.copy(await asyncio.shield(self._api))  # one asker may go; others still wait
        resource = {"type": "collection", "extents": {}, "providers": [definition]}
        made.config = {**made.config, "resources": {layer.name: resource}}
        return made


def make() -> API:
    """Blocking: some milliseconds. Reads no file."""
    identification = {"title": "CIM", "description": "CIM"}
    return API(
        {
            "server": dict(_SERVER),
            "logging": {"level": "ERROR"},
            "metadata": {"identification": identification},
            "resources": {},
        },
        {},
    )
