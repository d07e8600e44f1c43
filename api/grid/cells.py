"""One place, one cell (网格编码与解码): `GET /grid`, `…/encode` and `…/cells/{code}`."""

from __future__ import annotations

from typing import Any

import shapely
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking
from api.errors import InvalidParameter
from api.grid.columns import number_or_text
from api.grid.systems import SYSTEMS, GridSystem, required, system
from api.links import Link, link, url
from gridcode.cell import Cell
from gridcode.errors import PolarError

Json = dict[str, Any]


async def systems(request: Request) -> Response:
    """The grids that there are, and where to ask."""
    asking.only(request, ())
    asking.media_type(request, (asking.JSON,))
    base, language = asking.base_url(request), asking.language(request)
    listed = [_described(base, each, language) for each in SYSTEMS.values()]
    links = [link("self", url(base, "grid"), asking.JSON)]
    return JSONResponse({"systems": listed, "links": links})


def _described(base: str, grid: GridSystem, language: str) -> Json:
    point = {"lon": 112.14, "lat": 32.02}
    code = grid.module.encode(*point.values(), 8)
    return {
        "id": grid.name,
        "title": grid.title[language],
        "standard": grid.standard,
        "levels": [grid.levels[0], grid.levels[-1]],
        "readings": grid.readings,
        "links": [
            link("example", url(base, "grid", grid.name, "encode", **point), asking.JSON),
            link("example", url(base, "grid", grid.name, "cells", code), asking.GEOJSON),
        ],
    }


async def encode(request: Request) -> Response:
    """The code of a place.

    Numbers are doubles, as they are in JSON and in SQL, so that the bounds of a cell lead back to
    it; degrees, minutes and seconds are taken exactly.
    """
    grid = system(request.path_params["system"])
    given = asking.only(request, ("lon", "lat", "level", "height", "reading"))
    asking.media_type(request, (asking.JSON,))
    lon, lat = (number_or_text(required(given, name)) for name in ("lon", "lat"))
    level = grid.level(given.get("level"))
    code = grid.module.encode(lon, lat, level)
    body = {"system": grid.name, "level": level, "code": code}
    if "height" in given:
        body |= grid.solid((lon, lat, level), given["height"], given.get("reading"))
    elif "reading" in given:
        raise InvalidParameter("reading", "it is of heights, and no height is given")
    links = [link("item", url(asking.base_url(request), "grid", grid.name, "cells", code))]
    return JSONResponse({**body, "links": links})


async def cell(request: Request) -> Response:
    """A cell as a GeoJSON feature, with links to its kin."""
    grid = system(request.path_params["system"])
    asking.only(request, ())
    asking.media_type(request, (asking.GEOJSON,))
    found = grid.module.decode(request.path_params["code"])
    feature = feature_of(grid, found)
    feature["links"] = _links(asking.base_url(request), grid, found)
    return JSONResponse(feature, media_type=asking.GEOJSON)


def feature_of(grid: GridSystem, found: Cell) -> Json:
    """A cell as a GeoJSON feature; its integer is text, for JSON numbers end at 2^53."""
    return {
        "type": "Feature",
        "id": found.code,
        "bbox": list(found.bounds),
        "geometry": shapely.geometry.mapping(found.polygon()),
        "properties": {
            "system": found.system,
            "code": found.code,
            "level": found.level,
            "center": list(found.center),
            "integer": str(grid.module.to_integer(found.code)),
        },
    }


def _links(base: str, grid: GridSystem, found: Cell) -> list[Link]:
    def to(rel: str, code: str) -> Link:
        return link(rel, url(base, "grid", grid.name, "cells", code), asking.GEOJSON, code)

    above = [found.parent().code] if found.level else []
    return [
        to("self", found.code),
        *(to("up", code) for code in above),
        *(to("item", code) for code in _children(grid, found)),
        *(to("related", each.code) for each in found.neighbours()),
    ]


def _children(grid: GridSystem, found: Cell) -> list[str]:
    if found.level == grid.levels[-1]:
        return []
    try:
        return [each.code for each in found.children()]
    except PolarError:  # the standard draws no more of this cap
        return []
