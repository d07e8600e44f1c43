"""pygeoapi as a library (复用 pygeoapi): its `API` object, made from the registry of layers.

No file configures it, and nothing of its web applications is imported. When the registry moves,
a new object is made in a thread beside the requests; a request that knows the new registry waits
for it, so that what was loaded a moment ago is there. Layers are checked against the caller by
our own routes before pygeoapi is asked.
"""

import asyncio
from pathlib import Path
from typing import Any

from pygeoapi.api import API

from api import coverage_provider
from cim.registry import Layer, Registry, Scene

_SERVER: dict[str, Any] = {"url": "/", "language": "en-US", "gzip": False}


class Pygeoapi:
    """The `API` object of the newest registry that this worker has seen."""

    def __init__(self, registry: Registry, rasters: Path) -> None:
        self._rasters = rasters
        self.renew(registry)

    def renew(self, registry: Registry) -> None:
        """Begin to make the object anew; the service calls this when the registry has moved."""
        making = asyncio.to_thread(make, registry, self._rasters)
        self._api = asyncio.create_task(making)

    async def api(self) -> API:
        return await asyncio.shield(self._api)  # one asker may go; the others still wait


def make(registry: Registry, rasters: Path) -> API:
    """Blocking: some milliseconds. Reads no file."""
    identification = {"title": "CIM", "description": "CIM"}
    return API(
        {
            "server": dict(_SERVER),
            "logging": {"level": "ERROR"},
            "metadata": {"identification": identification},
            "resources": {
                resource(layer, scene): {
                    "type": "collection",
                    "extents": {},
                    "providers": [coverage_provider.definition(scene, rasters)],
                }
                for layer in registry.layers.values()
                for scene in layer.scenes
            },
        },
        {},
    )


def resource(layer: Layer, scene: Scene) -> str:
    """Name of a scene's resource: our routes choose the scene, pygeoapi reads it."""
    return f"{layer.name}/{scene.id}"
