"""Coverages of raster layers (覆盖数据服务): values of a mosaic as GeoTIFF or CoverageJSON.

OGC API - Coverages 1 (draft): `bbox` in degrees (CRS84), `subset` in the CRS of the grid
(`x(low:high),y(low:high)`, or `Long` and `Lat` of a geographic grid), `properties` for bands by
name, `datetime` for the scenes, all of them by default, the newest on top; `index` or `expression`
for values that are worked out. pygeoapi reads `subset` and forms the answer; what it would call a
server error is checked before it is asked.
"""

import json
from collections.abc import Awaitable, Mapping
from urllib.parse import urlencode

from anyio import to_thread
from pygeoapi.api import APIRequest
from pygeoapi.api.coverages import get_collection_coverage
from starlette.requests import Request
from starlette.responses import Response

from api import asking, coverage_provider, fresh_scenes, scenes, whole_file
from api.coverage_provider import NATIVE
from api.errors import InvalidParameter, Refused
from api.items_asked import read_bbox
from api.pygeoapi_bridge import Pygeoapi
from api.raster_tiles import read_formula
from cim.layer import Layer
from cim.scenes import Box, Scene
from tiles.errors import NothingThere
from tiles.formula import Formula
from tiles.selection import Asked

PARAMETERS = ("bbox", "subset", "properties", "datetime", "index", "expression")
OFFERED = (asking.TIFF, asking.COVERAGE_JSON)


async def coverage(request: Request) -> Response:
    kind = asking.media_type(request, OFFERED)
    given = asking.only(request, PARAMETERS)
    wanted = read_formula(given)
    if wanted and "properties" in given:
        raise InvalidParameter("properties", f"{wanted.title} takes the bands that it needs")
    query = _query(given, kind)
    names = given.get("properties")
    bands = wanted.names if wanted else names.split(",") if names is not None else ()
    asked = Asked(asking.interval(given), _box(given), bands)

    async def answer(layer: Layer, found: list[Scene]) -> Response:
        if not found:
            raise NothingThere(given["bbox"])
        if query == {"f": NATIVE} and len(found) == 1 and not wanted:
            return await whole_file.of_scene(request, layer, found[0])

        def made() -> Awaitable[Response]:
            return _part(request, layer, found, query, wanted)

        return await fresh_scenes.answer(request, found, (query, wanted), made)

    return await scenes.with_scenes(request, asked, answer)


def _box(given: Mapping[str, str]) -> Box | None:
    """Where scenes are looked for; everywhere for a box across the antimeridian."""
    parts = read_bbox(given["bbox"]).parts() if "bbox" in given else []
    return parts[0] if len(parts) == 1 else None


def _query(given: Mapping[str, str], kind: str) -> dict[str, str]:
    """The parameters that pygeoapi is to see."""
    query = {name: given[name] for name in ("subset", "properties") if name in given}
    if "bbox" in given:
        box = read_bbox(given["bbox"])
        query["bbox"] = f"{box.west},{box.south},{box.east},{box.north}"
    return {**query, "f": NATIVE if kind == asking.TIFF else "json"}


async def _part(
    request: Request,
    layer: Layer,
    found: list[Scene],
    query: dict[str, str],
    wanted: Formula | None,
) -> Response:
    bridge: Pygeoapi = request.app.state.pygeoapi
    place = asking.service(request).settings.rasters
    api = await bridge.with_provider(layer, coverage_provider.definition(found, place, wanted))
    asked = APIRequest(
        Request({**request.scope, "query_string": urlencode(query).encode()}), api.locales
    )
    headers, status, body = await to_thread.run_sync(
        get_collection_coverage, api, asked, layer.name
    )
    if status >= 400:
        raise Refused(int(status), json.loads(body)["description"])
    answer = Response(body, status, media_type=headers["Content-Type"])
    if query["f"] == NATIVE:
        name = whole_file.filename(layer, found[0])
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
