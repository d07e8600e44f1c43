"""Exports that are streamed (流式导出): read in threads, sent as they come, ended with who asks.

A stream that breaks off raises once its answer has begun: the server then closes the connection
without the last chunk, which every HTTP client takes for an error.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
from sqlalchemy import Engine
from starlette.responses import StreamingResponse
from starlette.types import Send

from api.errors import TooManyExports
from cim.database.arrow import Snapshot
from layers.export import Export, opened
from layers.writing.content import Content

__all__ = ["Exporter", "Sending", "Stream"]

AT_ONCE = 4  # of one process
WAIT_SECONDS = 10.0
SEND_SECONDS = 60.0  # that a client may take for one piece
_CANCEL_SECONDS = 0.2


class Exporter:
    """The threads in which a process reads exports."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="export-stream")
        self._free = asyncio.Semaphore(AT_ONCE)

    async def begin(self, export: Export) -> Stream:
        """The export, its first piece read; TooManyExports, and what the database says."""
        try:
            await asyncio.wait_for(self._free.acquire(), WAIT_SECONDS)
        except TimeoutError:
            raise TooManyExports(AT_ONCE) from None
        stream = Stream(self, export)
        try:
            await stream.read()
        except BaseException:
            await stream.close()
            raise
        return stream

    def give_back(self) -> None:
        self._free.release()

    def close(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)


class Stream:
    """One export: pieces of its bytes, until there are no more or it is closed."""

    def __init__(self, exporter: Exporter, export: Export) -> None:
        self.content: Content | None = None
        self._exporter = exporter
        self._export = export
        self._held: Snapshot | None = None
        self._pieces = self._encoded()
        self._piece = b""
        self._reading: asyncio.Future[bytes] | None = None
        self._closed = False

    def _encoded(self) -> Generator[bytes]:
        encode = self._export.form.encode
        assert encode is not None
        with opened(self._exporter.engine, self._export) as (content, held):
            self.content, self._held = content, held
            yield from filter(None, encode(content))

    async def read(self) -> bytes:
        """The next piece, empty at the end."""
        loop, pool = asyncio.get_running_loop(), self._exporter.pool
        self._reading = loop.run_in_executor(pool, next, self._pieces, b"")
        self._piece = await asyncio.shield(self._reading)
        return self._piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._piece:
            yield self._piece
            await self.read()

    async def close(self) -> None:
        """End it, also in the middle of what the database does for it."""
        if self._closed:
            return
        self._closed = True
        with anyio.CancelScope(shield=True):
            while self._reading is not None and not self._reading.done():
                if self._held is not None:
                    await asyncio.to_thread(self._held.cancel)
                await asyncio.wait({self._reading}, timeout=_CANCEL_SECONDS)
            if self._reading is not None:
                self._reading.exception()  # looked at, so that nobody is told of it
            with contextlib.suppress(Exception):
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._exporter.pool, self._pieces.close)
            self._exporter.give_back()


class Sending(StreamingResponse):
    """The answer that sends a stream, and closes it however that ends."""

    def __init__(self, stream: Stream, **more: Any) -> None:
        super().__init__(stream, **more)
        self._stream = stream

    async def stream_response(self, send: Send) -> None:
        """As of Starlette, but a client that takes nothing any more is given up."""

        async def patient(message: Any) -> None:
            with anyio.fail_after(SEND_SECONDS):
                await send(message)

        try:
            await super().stream_response(patient)
        finally:
            await self._stream.close()
