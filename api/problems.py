"""Problem details (问题详情): what an error becomes at the edge, RFC 9457.

No handler catches anything; the table of `api.statuses` decides.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import asyncpg
import psycopg
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route

from api.errors import (
    BodyUnfit,
    Refused,
    UnsupportedTable,
)
from api.logs import REQUEST_ID, request_id
from api.statuses import STATUS
from cim.errors import (
    DatabaseUnreachable,
    FilterInvalid,
    LayerOfOtherKind,
    SceneUnreadable,
    StyleInvalid,
)

log = structlog.get_logger()

_HEADERS = {
    401: {"WWW-Authenticate": "Bearer"},
    429: {"Retry-After": "60"},  # what is under way then has ended, or was refused itself
    503: {"Retry-After": "30"},
}

_INSTEAD = {
    "raster": "its tiles are at {0}/map/tiles, its values at {0}/coverage, its scenes at {0}/items",
    "vector": "its tiles are at {0}/tiles, its features at {0}/items",
}
"""What there is of a collection of a kind, at its address."""

# What the database says of a line that broke is no business of the asker.
_TOO_LONG = "It was ended. Ask for less: a smaller box, fewer things a page or a simpler filter."
_UNTOLD: dict[type[Exception], str] = {
    DatabaseUnreachable: "Try again in a moment.",
    SceneUnreadable: "The file of a scene is out of reach. Try again in a moment.",
    asyncpg.QueryCanceledError: _TOO_LONG,
    psycopg.errors.QueryCanceled: _TOO_LONG,
}


def problem(
    request: Request,
    status: int,
    title: str,
    detail: str,
    headers: Any = None,
    faults: Sequence[tuple[str, str]] = (),
) -> Response:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "requestId": request.scope.get(REQUEST_ID) or request_id.get(),
    }
    if faults:
        body["errors"] = [{"path": place, "detail": reason} for place, reason in faults]
    return JSONResponse(body, status, headers, media_type="application/problem+json")


async def known(request: Request, error: Exception) -> Response:
    """An error of the table."""
    status, title = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    headers = _HEADERS.get(status) or getattr(error, "headers", None)
    if isinstance(error, UnsupportedTable) and request.method == "PATCH":
        headers = {"Accept-Patch": ", ".join(error.known)}  # RFC 5789 clause 2.2
    detail = _UNTOLD.get(type(error), str(error))
    if isinstance(error, LayerOfOtherKind):
        detail += "; " + _INSTEAD[error.kind].format(f"/collections/{error.name}")
    if isinstance(error, SceneUnreadable):
        log.error("scene_unreadable", reason=str(error), cause=repr(error.__cause__))
    faults = error.faults if isinstance(error, BodyUnfit | StyleInvalid) else ()
    if isinstance(error, FilterInvalid):
        faults = [(str(error.place), error.reason)]
    return problem(request, status, title, detail, headers, faults)


async def refused(request: Request, error: Exception) -> Response:
    """What pygeoapi refuses."""
    assert isinstance(error, Refused)
    return problem(request, error.status, HTTPStatus(error.status).phrase, str(error))


async def http(request: Request, error: Exception) -> Response:
    """What the router itself refuses: no such path, no such method. OPTIONS is told the methods."""
    assert isinstance(error, HTTPException)
    allowed = _allowed(request, error.status_code)
    if allowed and request.method == "OPTIONS":
        return Response(status_code=204, headers=allowed)
    headers = {**(error.headers or {}), **allowed}
    return problem(request, error.status_code, error.detail, request.url.path, headers)


def _allowed(request: Request, status: int) -> dict[str, str]:
    """The methods of all routes of the path: the router names those of the first alone."""
    if status != HTTPStatus.METHOD_NOT_ALLOWED:
        return {}
    there = [route for route in request.app.routes if isinstance(route, Route)]
    met = [route for route in there if route.matches(request.scope)[0] is Match.PARTIAL]
    methods = {method for route in met for method in route.methods or ()}
    return {"Allow": ", ".join(sorted({*methods, "OPTIONS"}))} if methods else {}


async def gone(_request: Request, _error: Exception) -> Response:
    """Whoever asked went before all of the body had come: nobody reads this, but the log does."""
    return Response(status_code=400)


async def unknown(request: Request, _error: Exception) -> Response:
    """Ours to mend; the log has the traceback under the request id."""
    return problem(request, 500, "Internal error", "The request id names it in the log.")


async def answer(request: Request, error: Exception) -> Response:
    """What becomes of an error that one of the handlers knows; it is raised again otherwise."""
    kind = next((kind for kind in type(error).__mro__ if kind in HANDLERS), Exception)
    if kind is Exception:
        raise error
    answered: Response = await HANDLERS[kind](request, error)
    return answered


HANDLERS: dict[Any, Any] = {
    **dict.fromkeys(STATUS, known),
    Refused: refused,
    HTTPException: http,
    ClientDisconnect: gone,
    Exception: unknown,
}
