"""Connections to the database that a worker keeps from request to request (数据库连接).

asyncpg's pool takes as long to take a connection back and hand it out as a small answer takes.
So one that did its work stays out of the pool for the next request; one that did not goes back,
where asyncpg cleans or closes it.
"""

import asyncio
from typing import Any

import asyncpg

MOST = 16


class _Record(asyncpg.Record):  # type: ignore[misc]  # asyncpg has no types
    """A row whose columns are attributes, as psycopg's named tuples have them."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


class Connections:
    """At most `MOST` at a time; whoever comes then waits."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._free: asyncio.LifoQueue[Any] = asyncio.LifoQueue()
        for _ in range(MOST):
            self._free.put_nowait(None)

    @classmethod
    async def open(cls, database_url: str, settings: dict[str, str]) -> "Connections":
        """Connections with these settings of the server."""
        pool = await asyncpg.create_pool(
            database_url,
            min_size=2,
            max_size=MOST,
            record_class=_Record,
            server_settings=settings,
        )
        return cls(pool)

    async def fetch(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """The rows of a statement, which each connection prepares once."""
        free = self._free
        held, kept = (await free.get() if free.empty() else free.get_nowait()), None
        try:
            if held is None or held.is_closed():
                held = await self._replace(held)
            rows: list[asyncpg.Record] = await held.fetch(sql, *values)
            kept = held
        finally:
            try:
                if held is not kept:
                    await self._pool.release(held)
            finally:  # a request cancelled just here must not take its place with it
                self._free.put_nowait(kept)
        return rows

    async def _replace(self, closed: Any) -> Any:
        if closed is not None:
            await self._pool.release(closed)
        return await self._pool.acquire()

    async def close(self) -> None:
        """Give all back, when no request is under way any more, and close them."""
        while not self._free.empty():
            if (held := self._free.get_nowait()) is not None:
                await self._pool.release(held)
        await self._pool.close()
