"""What a worker holds while it serves: pools, registry of layers, settings (服务进程状态)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime

import anyio
import asyncpg
import structlog
from anyio import CapacityLimiter
from sqlalchemy import Engine

from api.connections import Connections
from api.errors import OutsideProjection
from api.sources import Sources, may_be_of_table
from cim import registry
from cim.by_name import LEAST
from cim.database.connect import engine_of
from cim.errors import DatabaseUnreachable, LayerNotFound
from cim.registry import Registry
from cim.settings import Settings
from cim.statement import Statement
from tiles.cache import TileCache

log = structlog.get_logger()

STATEMENT_SECONDS = 30
# A writer holds a connection, and another one while it leases serials: if all of the engine's 15
# were in the first hands, nobody would come to the second.
MOST_WRITERS = 7
ABREAST = 2  # columns of codes resolved, or maps drawn, at a time; others wait
_RECONNECT_SECONDS = 1.0
_SERVER_SETTINGS = {
    "application_name": "cim",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",  # a plan anew costs more than an answer
    "pg_trgm.similarity_threshold": str(LEAST),
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "timezone": "UTC",
}

_TRIES = 2  # the registry may have moved, and then a table may turn out to be gone
_STALE = (
    LayerNotFound,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.InvalidCachedStatementError,
)

_BROKEN = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)


@dataclass(slots=True)
class Service:
    settings: Settings
    connections: Connections
    registry: Registry
    engine: Engine
    writers: CapacityLimiter
    tiles: TileCache
    # by scheme: the layer of the thing that its last code named
    likely: dict[str, str] = field(default_factory=dict)
    # by name of a layer: the state of the layer, and when its oldest version begins
    beginnings: dict[str, tuple[object, datetime | None]] = field(default_factory=dict)
    sources: Sources = field(default_factory=Sources)
    moved: asyncio.Event = field(default_factory=asyncio.Event)  # the registry is a newer one
    bulk: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(ABREAST))
    maps: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(ABREAST))

    async def row(self, build: Callable[[Registry], Statement]) -> asyncpg.Record | None:
        """First row of the statement built from the registry.

        What this worker holds may be older than the database by the moment that a notice takes:
        a layer, table or column that is not there is looked for again in the newest registry.
        """
        rows = await self.rows(build)
        return rows[0] if rows else None

    async def run(self, statement: Statement) -> list[asyncpg.Record]:
        """Rows of a statement that no registry has a part in."""
        return await self._rows(statement)

    async def rows(self, build: Callable[[Registry], Statement]) -> list[asyncpg.Record]:
        """As `row`, all of them."""
        for _ in range(_TRIES):
            held = self.registry
            try:
                return await self._rows(build(self.sources.readable(held)))
            except (*_STALE, asyncpg.PostgresError, DatabaseUnreachable) as error:
                if not await self._mended(error, held):
                    raise
        return await self._rows(build(self.sources.readable(self.registry)))

    async def _mended(self, error: Exception, held: Registry) -> bool:
        """Whether another try can do better: the registry has moved, or a table is left out."""
        if isinstance(error, _STALE):
            await self.reload()
            if self.registry.version != held.version:  # by this, or by a notice in between
                return True
        cause = error.__cause__ if isinstance(error, DatabaseUnreachable) else error
        if cause is None or not may_be_of_table(cause):
            return False
        return bool(await self.sources.look(self.connections, self.registry))

    async def _rows(self, statement: Statement) -> list[asyncpg.Record]:
        try:
            return await self.connections.fetch(statement.sql, *statement.values)
        except _BROKEN as error:
            raise DatabaseUnreachable("of this service", str(error)) from error
        except asyncpg.InternalServerError as error:  # as PostGIS tells what PROJ refuses
            if str(error).startswith("transform:"):
                raise OutsideProjection(str(error)) from None
            raise

    async def newest(self) -> Registry:
        """The registry as the database has it now; costs a look at one row."""
        rows = await self._rows(Statement("SELECT version FROM cim.registry", ()))
        if rows[0]["version"] != self.registry.version:
            await self.reload()
        return self.registry

    async def catch_up(self) -> None:
        """Follow a write before it is told that it is done, as its notice takes a moment.

        In that moment a layer would still have its old count and extent. A write that is committed
        is not refused for it: the notice comes all the same.
        """
        with contextlib.suppress(DatabaseUnreachable, asyncpg.PostgresError):
            await self.newest()

    async def reload(self) -> None:
        rows = await self._rows(Statement(registry.READ, ()))
        # in a thread, since a thousand layers are worth more than one request
        newest = await asyncio.to_thread(registry.parse, rows[0][0], self.registry)
        if newest.version > self.registry.version:
            self.registry = newest
            self.moved.set()


@contextlib.asynccontextmanager
async def open_service(settings: Settings, database_url: str) -> AsyncIterator[Service]:
    """Connect, read the registry, and follow it until the end."""
    connections = await Connections.open(database_url, _SERVER_SETTINGS)
    engine = engine_of(database_url)  # for writes
    try:
        (row,) = await connections.fetch(registry.READ)
        writers = CapacityLimiter(MOST_WRITERS)
        service = Service(
            settings,
            connections,
            registry.parse(row[0]),
            engine,
            writers,
            TileCache(settings.tile_bytes),
        )
        following = asyncio.create_task(_follow(service, database_url))
        try:
            yield service
        finally:
            while not following.done():  # a cancel is lost where a line is just breaking
                following.cancel()
                await asyncio.wait({following}, timeout=_RECONNECT_SECONDS)
    finally:
        engine.dispose()
        await connections.close()


async def _follow(service: Service, database_url: str) -> None:
    """Listen for moves of the registry; reconnect, and read anew, when the line breaks."""
    while True:
        try:
            await _listen(service, database_url)
        except (*_BROKEN, asyncpg.PostgresError, DatabaseUnreachable) as error:
            log.warning("registry_line_broken", reason=str(error))
        await asyncio.sleep(_RECONNECT_SECONDS)


async def _listen(service: Service, database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    moved = asyncio.Event()
    try:
        await connection.add_listener(registry.CHANNEL, lambda *_: moved.set())
        connection.add_termination_listener(lambda *_: moved.set())
        while not connection.is_closed():
            moved.clear()
            await service.reload()
            await moved.wait()
    finally:
        await connection.close(timeout=1)
