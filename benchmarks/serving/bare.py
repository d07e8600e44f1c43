"""The bare form: one prepared statement a request, its result the body, and nothing else.

It reads the same view as the service and writes the same features.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import asyncpg

from cim import items, registry
from cim.access import ANONYMOUS
from cim.items import BBox, Query
from tiles import vector
from tiles.vector import TileAddress

_RESOLVE = """
    SELECT convert_to(json_build_object('code', e.code, 'state', e.state)::text, 'UTF8') AS body
    FROM cim.entity e WHERE code = $1
"""


class Unreset(asyncpg.Connection):  # type: ignore[misc]
    def get_reset_query(self) -> str:
        return ""


class Bare:
    """An ASGI application without a framework."""

    def __init__(self) -> None:
        self.pool: Any = None
        self.layer: Any = None

    async def __call__(
        self,
        scope: Any,
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        if scope["type"] == "lifespan":
            await self.live(receive, send)
            return
        body, kind = await self.body(scope["path"], scope["query_string"].decode())
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def live(self, receive: Any, send: Any) -> None:
        await receive()
        self.pool = await asyncpg.create_pool(
            os.environ["CIM_DATABASE_URL"],
            min_size=2,
            max_size=16,
            connection_class=Unreset,
            server_settings={"jit": "off"},
        )
        found = registry.parse(await self.pool.fetchval(registry.READ))
        self.layer = found.layers["parcels"]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def body(self, path: str, query: str) -> tuple[bytes, bytes]:
        parts = path.strip("/").split("/")
        if parts[0] == "resolve":
            return await self.pool.fetchval(
                _RESOLVE, parse_qs(query)["code"][0]
            ), b"application/json"
        if "tiles" in parts:
            z, y, x = map(int, parts[-3:])
            statement = vector.tile(self.layer, TileAddress(z, x, y), ANONYMOUS)
            return await self._value(statement), b"application/vnd.mapbox-vector-tile"
        if len(parts) == 4:
            statement = items.one(self.layer, parts[3], ANONYMOUS)
            return await self._value(statement) + b"}", b"application/geo+json"
        if len(parts) < 3:
            return b"{}", b"application/json"
        given = parse_qs(query)
        box = BBox(*map(float, given["bbox"][0].split(",")))
        statement = items.page(self.layer, Query(int(given["limit"][0]), box), ANONYMOUS)
        features = await self._value(statement)
        body = b'{"type":"FeatureCollection","features":[' + (features or b"") + b"]}"
        return body, b"application/geo+json"

    async def _value(self, statement: items.Statement) -> bytes:
        return await self.pool.fetchval(statement.sql, *statement.values) or b""


app = Bare()
