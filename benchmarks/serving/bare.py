"""The bare form: one prepared statement a request, its result the body, and nothing else.

It reads the same view as the service and writes the same features.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import asyncpg

from cim import items, registry, resolve
from cim.access import ANONYMOUS
from cim.items import BBox, Query
from cim.schemes import Match
from tiles import vector
from tiles.vector import TileAddress


class Unreset(asyncpg.Connection):  # type: ignore[misc]
    def get_reset_query(self) -> str:
        return ""


class Bare:
    """An ASGI application without a framework."""

    def __init__(self) -> None:
        self.pool: Any = None
        self.registry: Any = None
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
        self.registry = registry.parse(await self.pool.fetchval(registry.READ))
        self.layer = self.registry.layers["parcels"]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def body(self, path: str, query: str) -> tuple[bytes, bytes]:
        parts = path.strip("/").split("/")
        if parts[0] == "resolve":
            matches = [Match("uic", parse_qs(query)["code"][0])]
            statement = resolve.find(matches, self.registry, ANONYMOUS)
            row = await self.pool.fetchrow(statement.sql, *statement.values)
            return row["feature"] + b"}", b"application/json"
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
