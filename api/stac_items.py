"""Scenes of raster layers (影像景): a list of them, and each as a STAC item."""

import json
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking, scenes, whole_file
from api.errors import FeatureNotFound
from api.links import link, url
from api.stac import documents
from cim import stac
from cim.layer import Layer
from cim.scenes import Scene


async def listed(request: Request) -> Response:
    """Scenes of `datetime`, the newest first, with links to their items."""
    when = asking.interval(asking.only(request, ("datetime",)))
    asking.media_type(request, (asking.JSON,))
    layer = await scenes.layer(request)
    base = asking.base_url(request)
    chosen = [scene for scene in layer.scenes if when.holds(scene.acquired_at)]
    body = {
        "links": [link("self", url(base, "collections", layer.name, "scenes"), asking.JSON)],
        "scenes": [_short(scene, layer, base) for scene in reversed(chosen)],
    }
    return JSONResponse(body)


async def item(request: Request) -> Response:
    """The STAC item of a scene; FeatureNotFound."""
    asking.only(request, ())
    asking.media_type(request, (asking.GEOJSON,))
    layer = await scenes.layer(request)
    name = request.path_params["scene"]
    row = await asking.service(request).row(lambda _: stac.scene(layer.id, name))
    if row is None:
        raise FeatureNotFound(layer.name, name)
    scene = json.loads(row["scene"])
    body = await to_thread.run_sync(documents.item, scene, asking.base_url(request))
    return JSONResponse(body, media_type=asking.GEOJSON)


async def cog(request: Request) -> Response:
    """The COG of a scene, whole or in ranges; FeatureNotFound."""
    asking.only(request, ())
    asking.media_type(request, (asking.TIFF,))
    layer = await scenes.layer(request)
    name = request.path_params["scene"]
    scene = next((scene for scene in layer.scenes if scene.name == name), None)
    if scene is None:
        raise FeatureNotFound(layer.name, name)
    return await whole_file.of_scene(request, layer, scene)


def _short(scene: Scene, layer: Layer, base: str) -> dict[str, Any]:
    return {
        "id": scene.name,
        "datetime": scene.acquired_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "bbox": list(scene.extent),
        "bands": [band.name for band in scene.bands],
        "links": [
            link("item", url(base, "collections", layer.name, "scenes", scene.name), asking.GEOJSON)
        ],
    }
