"""Writes over HTTP (写入): who may, and the transaction they run in.

A write runs in a thread of its own over SQLAlchemy and psycopg, as ingest and the command do, and
commits before it is answered. Who asks is the name that belongs to the bearer token (`CIM_TOKENS`);
where no tokens are set, whoever asks from this machine itself.
"""

import hmac
import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import anyio.to_thread
import orjson
from sqlalchemy import Connection, Engine
from starlette.requests import Request

from api import asking
from api.errors import BodyTooLarge, InvalidBody, UnsupportedTable, WriterUnknown, WritingForbidden
from cim.access import Caller
from cim.database.connect import reaching

MAX_BYTES = 64 << 20
_LOCAL = Caller("local")
_LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")

T = TypeVar("T")


def writer(request: Request) -> Caller:
    """Who writes; WriterUnknown or WritingForbidden."""
    tokens = asking.service(request).settings.tokens
    if not tokens:
        if _is_local(request):
            return _LOCAL
        raise WritingForbidden
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        for token, name in tokens.items():
            if hmac.compare_digest(token.encode(), given.strip().encode()):
                return Caller(name)
    raise WriterUnknown


def _is_local(request: Request) -> bool:
    """Whether the request comes from this machine: not through a proxy on it, and not from the page
    of another site in a browser on it."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    host = request.headers.get("host", "")
    origin = request.headers.get("origin")
    if origin is not None and (origin.partition("://")[2] != host or not _LOOPBACK.match(host)):
        return False  # a foreign name may be made to lead here
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


async def write(request: Request, do: Callable[[Connection, Engine], T]) -> T:
    """What `do(connection, leases)` returns, once its transaction is committed and what it moved in
    the registry is known here: who wrote may ask at once."""
    service = asking.service(request)
    engine = service.engine

    def work() -> T:
        with reaching(engine), engine.begin() as connection:
            return do(connection, engine)

    done = await anyio.to_thread.run_sync(work, limiter=service.writers)
    await service.catch_up()
    return done


async def json_object(
    request: Request, kinds: Sequence[str] = (asking.JSON, asking.GEOJSON)
) -> dict[str, Any]:
    """The body as a JSON object; UnsupportedTable, BodyTooLarge or InvalidBody."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in kinds:
        raise UnsupportedTable(kind, kinds)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise BodyTooLarge(MAX_BYTES)
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidBody(f"it is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise InvalidBody("it is not a JSON object")
    return document
