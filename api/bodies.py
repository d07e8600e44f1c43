"""Bodies larger than memory (大请求体): kept in temporary files, remade, and sent back.

The answer begins when all of it is made. So whatever is wrong with the body, wherever it stands,
is a problem document; a client may send all before it reads anything; and an answer that breaks
off can be told: the Content-Length, or the chunks, end only with the last byte.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from functools import partial
from typing import IO

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.errors import BodyTooLarge, UnsupportedTable

__all__ = ["Work", "kind_of", "remade", "written"]

Work = Callable[[IO[bytes], IO[bytes]], object]
"""Reads the first file and writes the second."""

_CHUNK = 1 << 18
_IN_MEMORY = 1 << 20


def kind_of(request: Request, known: Collection[str]) -> str:
    """The media type of the body; UnsupportedTable where it is not a known one."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in known:
        raise UnsupportedTable(kind, known)
    return kind


async def remade(
    request: Request, kind: str, work: Work, most: int, abreast: anyio.CapacityLimiter | None = None
) -> Response:
    """What `work` makes of the body, in a thread; BodyTooLarge where that has more bytes.

    Where `abreast` is given, no more than it allows are worked on at a time.
    """
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as source:
        await _receive(request, source, most)
        return await written(kind, partial(work, source), {}, abreast)


async def written(
    kind: str,
    work: Callable[[IO[bytes]], object],
    headers: Mapping[str, str],
    abreast: anyio.CapacityLimiter | None = None,
) -> Response:
    """What `work` writes into a file, in a thread; sent when it is whole."""
    target = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed when it is sent
    try:
        await anyio.to_thread.run_sync(work, target, limiter=abreast)
    except BaseException:
        target.close()
        raise
    headers = {"Content-Length": str(target.tell()), **headers}
    return StreamingResponse(_sent(target), media_type=kind, headers=headers)


async def _receive(request: Request, source: IO[bytes], most: int) -> None:
    """Keep the body, refusing one that is too large as soon as that is known."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise BodyTooLarge(most)
        if len(chunk):
            await anyio.to_thread.run_sync(source.write, chunk)
    source.seek(0)


async def _sent(target: IO[bytes]) -> AsyncIterator[bytes]:
    with target:
        target.seek(0)
        while chunk := await anyio.to_thread.run_sync(target.read, _CHUNK):
            yield chunk
