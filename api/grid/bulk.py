"""Tables of places in the body of a request (批量编码): `POST /grid/{system}/encode`.

The table comes as CSV, NDJSON or an Arrow IPC stream, as Content-Type says, and goes back the same
with a column of codes. Memory stays constant: what comes in and what goes out are kept in temporary
files. The answer begins when the whole table is encoded, so that a bad row, wherever it stands, is
a problem document that names it; and a client may send all before it reads anything. An answer that
breaks off can be told: the chunks, or the Content-Length, end only with the last row.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from typing import IO

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import asking
from api.errors import BodyTooLarge, UnsupportedTable
from api.grid.columns import Adder, Coding, add_to_arrow, add_to_csv, add_to_ndjson
from api.grid.systems import system

MAX_BYTES = 1 << 30
ARROW = "application/vnd.apache.arrow.stream"
TABLES: dict[str, Adder] = {
    "text/csv": add_to_csv,
    "application/x-ndjson": add_to_ndjson,
    ARROW: add_to_arrow,
}
_CHUNK = 1 << 18
_IN_MEMORY = 1 << 20


async def encode(request: Request) -> Response:
    """The table of the body with a column of codes."""
    grid = system(request.path_params["system"])
    given = asking.only(request, ("level", "lon", "lat", "column"))
    level = grid.level(given.get("level"))
    names = {name: given[name] for name in ("lon", "lat", "column") if given.get(name)}
    coding = Coding(grid, level, **names)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in TABLES:
        raise UnsupportedTable(kind, TABLES)
    target = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed when it is sent
    try:
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as source:
            await _receive(request, source)
            await anyio.to_thread.run_sync(TABLES[kind], source, target, coding)
    except BaseException:
        target.close()
        raise
    headers = {"Content-Length": str(target.tell())}
    return StreamingResponse(_sent(target), media_type=kind, headers=headers)


async def _receive(request: Request, source: IO[bytes]) -> None:
    """Keep the body, refusing one that is too large as soon as that is known."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BYTES:
            raise BodyTooLarge(MAX_BYTES)
        if len(chunk):
            await anyio.to_thread.run_sync(source.write, chunk)
    source.seek(0)


async def _sent(target: IO[bytes]) -> AsyncIterator[bytes]:
    with target:
        target.seek(0)
        while chunk := await anyio.to_thread.run_sync(target.read, _CHUNK):
            yield chunk
