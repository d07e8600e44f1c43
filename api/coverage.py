"""Coverages of raster layers (覆盖数据服务): values of a scene as GeoTIFF or CoverageJSON.

OGC API - Coverages 1 (draft): `bbox` in degrees (CRS84), `subset` in the CRS of the grid
(`x(low:high),y(low:high)`, or `Long` and `Lat` of a geographic grid), `properties` for bands by
name, `datetime` for the scene, the latest by default. pygeoapi reads `subset` and forms the
answer; what it would call a server error is checked before it is asked.
"""

import json
from collections.abc import Mapping
from urllib.parse import urlencode

from anyio import to_thread
from pygeoapi.api import APIRequest
from pygeoapi.api.coverages import get_collection_coverage
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from api import asking, scenes
from api.coverage_provider import GEOTIFF, NATIVE
from api.errors import InvalidParameter, Refused
from api.items import read_bbox
from api.pygeoapi_bridge import Pygeoapi, resource
from cim.errors import SceneUnreadable
from cim.registry import Layer, Scene

PARAMETERS = ("bbox", "subset", "properties", "datetime")
OFFERED = (asking.TIFF, asking.COVERAGE_JSON)


async def coverage(request: Request) -> Response:
    kind = asking.media_type(request, OFFERED)
    given = asking.only(request, PARAMETERS)
    when = asking.interval(given)
    query = _query(given, kind)

    async def answer(layer: Layer, scene: Scene) -> Response:
        _check_bands(scene, given.get("properties"))
        if query == {"f": NATIVE}:
            return _whole(request, layer, scene)
        return await _part(request, layer, scene, query)

    return await scenes.with_scene(request, when, answer)


def _query(given: Mapping[str, str], kind: str) -> dict[str, str]:
    """The parameters that pygeoapi is to see."""
    query = {name: given[name] for name in ("subset", "properties") if name in given}
    if "bbox" in given:
        box = read_bbox(given["bbox"])
        query["bbox"] = f"{box.west},{box.south},{box.east},{box.north}"
    return {**query, "f": NATIVE if kind == asking.TIFF else "json"}


def _check_bands(scene: Scene, text: str | None) -> None:
    names = [band.name for band in scene.bands]
    for wanted in text.split(",") if text is not None else ():
        if wanted not in names:
            reason = f"no band {wanted!r}; the scene has {', '.join(names)}"
            raise InvalidParameter("properties", reason)


def _whole(request: Request, layer: Layer, scene: Scene) -> Response:
    """The COG itself, in whole or in the ranges that a client such as GDAL asks for."""
    path = asking.service(request).settings.rasters / scene.path
    if not path.is_file():
        raise SceneUnreadable(path, "there is no such file")
    return FileResponse(path, media_type=GEOTIFF, filename=_filename(layer, scene))


async def _part(request: Request, layer: Layer, scene: Scene, query: dict[str, str]) -> Response:
    bridge: Pygeoapi = request.app.state.pygeoapi
    api = await bridge.api()
    asked = APIRequest(
        Request({**request.scope, "query_string": urlencode(query).encode()}), api.locales
    )
    headers, status, body = await to_thread.run_sync(
        get_collection_coverage, api, asked, resource(layer, scene)
    )
    if status >= 400:
        raise Refused(int(status), json.loads(body)["description"])
    answer = Response(body, status, media_type=headers["Content-Type"])
    if query["f"] == NATIVE:
        name = _filename(layer, scene)
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _filename(layer: Layer, scene: Scene) -> str:
    return f"{layer.name}_{scene.acquired_at:%Y%m%dT%H%M%SZ}.tif"
