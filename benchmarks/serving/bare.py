"""The floor under our service (裸服务): an ASGI app that does the SQL of a request and no more.

One prepared statement a request over asyncpg, its result the body; no links, counts, order, choice
of format or CRS, no checks, no log, no errors. Says how much of the machine our own service leaves.

    uvicorn --app-dir benchmarks --factory serving.bare:create_app
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import asyncpg

from tiles.matrix_sets import WEB_MERCATOR_QUAD

Send = Callable[[dict[str, Any]], Awaitable[None]]

_TEXTS = ("parcel_code", "name", "landuse", "landuse_name", "use_right")
_FEATURE = (
    """'{"type":"Feature","id":"' || code
    || '","geometry":' || ST_AsGeoJSON(geom, 8, 0)
    || ',"properties":{"code":"' || code || '","region_code":"' || substr(code, 1, 6)
    || '","type_code":"' || substr(code, 7, 6) || '","beidou_code":"' || beidou_code
    || '","area_m2":' || area_m2"""
    + "".join(f""" || ',"{name}":' || to_json({name})::text""" for name in _TEXTS)
    + """ || '}}'"""
)
_ITEMS = f"""
    SELECT convert_to('{{"type":"FeatureCollection","features":['
                      || string_agg({_FEATURE}, ',') || ']}}', 'UTF8')
    FROM (SELECT * FROM layer.parcels
          WHERE ST_Intersects(geom, (SELECT ST_MakeEnvelope($1::float8, $2::float8,
                                                            $3::float8, $4::float8, 4490)))
          LIMIT $5::bigint) p
"""
_ITEM = f"SELECT convert_to({_FEATURE}, 'UTF8') FROM layer.parcels WHERE code = $1"


def _resolve(code: str) -> str:
    return f"""
        SELECT convert_to('{{"code":"' || code || '","state":"' || e.state || '","layer":"'
            || (SELECT l.name FROM cim.layer l WHERE l.id = e.layer_id) || '","aliases":'
            || (SELECT json_agg(json_build_object('scheme', a.scheme, 'value', a.value,
                                                  'ended', a.valid_to))::text
                FROM cim.alias a WHERE a.code = e.code)
            || ',"feature":' || {_FEATURE} || '}}', 'UTF8')
        FROM cim.entity e JOIN layer.parcels USING (code)
        WHERE code = {code}
    """


_BY_CODE = _resolve("$1")
_BY_PARCEL = _resolve(
    "(SELECT code FROM cim.alias WHERE value = $1 AND scheme = 'parcel' AND valid_to IS NULL)"
)
_TILE = """
    SELECT ST_AsMVT(t, 'parcels', 4096, 'geom') FROM (
        SELECT ST_AsMVTGeom(ST_Transform(geom, 3857),
                            ST_MakeEnvelope($1::float8, $2::float8, $3::float8, $4::float8, 3857),
                            4096, 64) AS geom,
               code, substr(code, 1, 6) AS region_code, substr(code, 7, 6) AS type_code,
               beidou_code, parcel_code, name, landuse, landuse_name, area_m2, use_right
        FROM layer.parcels
        WHERE geom && ST_MakeEnvelope($5::float8, $6::float8, $7::float8, $8::float8, 4490)) t
"""


class Bare:
    """`/items?bbox=&limit=`, `/items/{code}`, `/resolve?code=`, `/tiles/{z}/{y}/{x}`."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._pool: asyncpg.Pool

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        body = await self._pool.fetchval(*_statement(scope))
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _live(self, receive: Any, send: Send) -> None:
        await receive()
        self._pool = await asyncpg.create_pool(
            self._url, min_size=2, max_size=16, server_settings={"jit": "off"}, reset=_nothing
        )
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})


async def _nothing(_: object) -> None:
    """A connection goes back to the pool as it is."""


def _statement(scope: dict[str, Any]) -> tuple[Any, ...]:
    query = dict(parse_qsl(scope["query_string"].decode()))
    match scope["path"].split("/")[1:]:
        case ["items"]:
            return _ITEMS, *map(float, query["bbox"].split(",")), int(query["limit"])
        case ["items", code]:
            return _ITEM, code
        case ["resolve"]:
            return _BY_CODE if query["code"].isdigit() else _BY_PARCEL, query["code"]
        case ["tiles", z, y, x]:
            address = WEB_MERCATOR_QUAD.address(int(z), int(x), int(y))
            return _TILE, *address.bounds(), *address.degrees(64 / 4096)
    raise LookupError(scope["path"])


def create_app() -> Bare:
    return Bare(os.environ["CIM_DATABASE_URL"])
