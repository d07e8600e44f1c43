"""The cells of a geometry (区域网格覆盖): `POST /grid/{system}/cover`."""

from __future__ import annotations

from typing import Any, cast

import anyio.to_thread
import orjson
import shapely
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking
from api.errors import BodyTooLarge, InvalidBody, InvalidParameter
from api.grid.systems import GridSystem, required, system, whole_number
from gridcode.cover.result import MODES, Mode

MAX_BYTES = 8 << 20
DEFAULT_LIMIT = 10_000
MAX_LIMIT = 1_000_000
_GEOMETRIES = {kind.name.lower() for kind in shapely.GeometryType} - {"missing", "linearring"}


async def cover(request: Request) -> Response:
    """The codes of the cells that cover the GeoJSON geometry or feature of the body."""
    grid = system(request.path_params["system"])
    given = asking.only(request, ("level", "mode", "limit"))
    level = grid.level(required(given, "level"))
    mode = given.get("mode", MODES[0])
    if mode not in MODES:
        raise InvalidParameter("mode", f"{mode!r} is not one of {', '.join(MODES)}")
    limit = _limit(given.get("limit"))
    body = await _body(request)
    wanted = (level, cast("Mode", mode), limit)
    cells = await anyio.to_thread.run_sync(_cells, grid, body, wanted)
    answer = {"system": grid.name, "level": level, "mode": mode, "count": len(cells)}
    return JSONResponse({**answer, "cells": cells})


def _cells(grid: GridSystem, body: bytes, wanted: tuple[int, Mode, int]) -> list[str]:
    level, mode, limit = wanted
    found: list[str] = grid.module.cover(geometry_of(body), level, mode, limit=limit)
    return found


async def _body(request: Request) -> bytes:
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > MAX_BYTES:
            raise BodyTooLarge(MAX_BYTES)
    return bytes(found)


def geometry_of(body: bytes) -> shapely.Geometry:
    """The geometry of a GeoJSON geometry or feature (RFC 7946); InvalidBody where it is none."""
    try:
        document: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidBody(f"it is not JSON: {error}") from None
    if isinstance(document, dict) and document.get("type") == "Feature":
        document = document.get("geometry")
    kind = document.get("type") if isinstance(document, dict) else None
    if not isinstance(kind, str) or kind.lower() not in _GEOMETRIES:
        raise InvalidBody(f"it is not a GeoJSON geometry or feature, but {kind or 'without type'}")
    try:
        return shapely.from_geojson(orjson.dumps(document))
    except shapely.errors.GEOSException as error:
        raise InvalidBody(f"the {kind} cannot be read: {error}") from None


def _limit(text: str | None) -> int:
    limit = DEFAULT_LIMIT if text is None else whole_number("limit", text)
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidParameter("limit", f"{limit} is not a whole number from 1 to {MAX_LIMIT}")
    return limit
