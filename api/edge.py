"""What every request meets first (请求入口): an id, a log line, CORS, and gzip for who asks for it.

One layer instead of three, because each costs every request a wrapper around its answer. Whoever
asks for nothing special passes straight on; Starlette's own layers do the rest.
"""

import os
import time

from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logs import REQUEST_ID, RequestLog, request_id

_ANY_ORIGIN = (b"access-control-allow-origin", b"*")
_EXPOSED = (
    b"access-control-expose-headers",
    b"ETag, Location, Link, Allow, Preference-Applied, "
    b"Content-Crs, Content-Bbox, Content-Datetime, OGC-NumberMatched, OGC-NumberReturned, "
    b"Content-Disposition, Content-Range, Accept-Ranges, Repr-Digest, Retry-After, Accept-Patch",
)
"""What pages of other origins may read of an answer, besides what the Fetch standard lets them."""
_VARY = b"vary"
_NEGOTIATED = (_VARY, b"Accept, Accept-Language, Accept-Encoding")
_PACKED = (b"content-encoding", b"gzip")
_SMALLEST_GZIP = 2048


class Edge:
    """Wraps the application.

    The id is taken from X-Request-ID where that is sane; the line tells how the request ended.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._gzip = GZipMiddleware(app, minimum_size=_SMALLEST_GZIP, compresslevel=1)
        self._preflight = CORSMiddleware(
            app,
            allow_origins=["*"],
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=[
                *("Content-Type", "Authorization", "Content-Crs"),
                *("If-Match", "If-None-Match", "If-Range", "Range", "Prefer"),
            ],
        )
        self._log = RequestLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._plain(scope, receive, send)
            return
        asked = dict(scope["headers"])
        name = _given_id(asked) or os.urandom(8).hex()
        app, more = self._way(scope["method"], asked)
        more.append((b"x-request-id", name.encode()))
        token = request_id.set(name)
        scope[REQUEST_ID] = name  # for what is answered outside of here, too
        started = time.perf_counter()
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"]
                if _NEGOTIATED in more:  # in place of what gzip says of answers that it packs
                    headers[:] = [each for each in headers if each[0] != _VARY]
                if _PACKED in headers:  # what is packed is another representation
                    headers[:] = [_retagged(each) for each in headers]
                headers.extend(more)
            await send(message)

        try:
            await app(scope, receive, answer)
        finally:
            self._log.tell(scope, status, (time.perf_counter() - started) * 1000)
            request_id.reset(token)

    def _way(
        self, method: str, asked: dict[bytes, bytes]
    ) -> tuple[ASGIApp, list[tuple[bytes, bytes]]]:
        """Which application answers, and the headers that it does not set by itself."""
        if method == "OPTIONS" and b"access-control-request-method" in asked:
            return self._preflight, []
        if b"gzip" in asked.get(b"accept-encoding", b""):
            return self._gzip, [_ANY_ORIGIN, _EXPOSED, _NEGOTIATED]
        return self._plain, [_ANY_ORIGIN, _EXPOSED, _NEGOTIATED]


def _given_id(asked: dict[bytes, bytes]) -> str | None:
    value = asked.get(b"x-request-id", b"")
    return value.decode() if 0 < len(value) <= 64 and value.isalnum() else None


def _retagged(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """A strong entity tag names the bytes that are sent, so that packed ones have another."""
    name, value = header
    strong = name == b"etag" and value.startswith(b'"')
    return (name, value[:-1] + b'-gzip"') if strong else header
