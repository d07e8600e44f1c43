"""Problem details (问题详情): which status an error becomes at the edge, RFC 9457.

No handler catches anything; this table decides.
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
    AddressTooLong,
    BadRow,
    BadTable,
    BodyClashes,
    BodyTooLarge,
    BodyUnfit,
    CodeNotFound,
    EntityRejected,
    FeatureNotFound,
    FileNotReady,
    InvalidBody,
    InvalidHeader,
    InvalidParameter,
    MethodNotAllowed,
    NoFile,
    NoLabel,
    NoRoom,
    NotAcceptable,
    NotACode,
    NothingObserved,
    NotObserved,
    NotYet,
    OutsideProjection,
    PageNotBuilt,
    PreconditionFailed,
    RangeNotThere,
    Refused,
    ReportGone,
    TooManyExports,
    TooManyMaps,
    TooManyValues,
    UnsupportedTable,
    WriterUnknown,
    WritingForbidden,
)
from api.logs import REQUEST_ID, request_id
from cim.errors import (
    AssignmentError,
    BatchTooLarge,
    BindingInvalid,
    CatalogError,
    CatalogInvalid,
    ChangeUnfit,
    ClassError,
    ClassInvalid,
    DatabaseUnreachable,
    FilterInvalid,
    FusionError,
    FusionInvalid,
    FutureTime,
    GradeInvalid,
    InvalidCode,
    InvalidPosition,
    LayerNotFound,
    LayerOfOtherKind,
    LayerUnreadable,
    LifeError,
    QuotaExceeded,
    RowsElsewhere,
    SceneNotFound,
    SceneUnreadable,
    SerialsExhausted,
    StyleError,
    StyleInvalid,
    StyleMoved,
    TableInvalid,
    UnknownEntry,
    WrittenMeanwhile,
)
from gridcode import errors as grid
from layers.errors import LayerBusy, UploadRefused
from tiles.errors import (
    BandMissing,
    DrawingUnfit,
    FormulaInvalid,
    MapTooLarge,
    NothingThere,
    PartTooLarge,
    StyleUnfit,
    TileMatrixSetInvalid,
    TileMatrixSetUnknown,
    TileOutside,
    TooManyScenes,
    TooManyTiles,
)

STATUS: dict[type[Exception], tuple[int, str]] = {
    InvalidParameter: (400, "Invalid parameter"),
    BandMissing: (400, "No such band"),
    FormulaInvalid: (400, "Invalid formula"),
    DrawingUnfit: (400, "Invalid parameter"),
    InvalidBody: (400, "Invalid body"),
    OutsideProjection: (400, "Invalid value"),
    InvalidHeader: (400, "Invalid header"),
    AddressTooLong: (400, "Invalid address"),
    asyncpg.DataError: (400, "Invalid value"),
    psycopg.DataError: (400, "Invalid value"),
    FilterInvalid: (400, "Invalid filter"),
    StyleInvalid: (400, "Invalid style"),
    InvalidPosition: (400, "Not a place in the feed"),
    grid.GridCodeError: (400, "Invalid value"),
    WriterUnknown: (401, "Who writes is not known"),
    WritingForbidden: (403, "Writing is not allowed"),
    LayerNotFound: (404, "No such collection"),
    LayerOfOtherKind: (404, "Not of this collection"),
    SceneNotFound: (404, "No such scene"),
    NothingThere: (404, "Nothing there"),
    PartTooLarge: (413, "Too large"),
    MapTooLarge: (413, "Too large"),
    StyleUnfit: (422, "The style cannot be drawn"),
    TooManyScenes: (413, "Too large"),
    TooManyTiles: (413, "Too large"),
    FeatureNotFound: (404, "No such feature"),
    NotObserved: (404, "No observations"),
    NothingObserved: (404, "No station near"),
    CodeNotFound: (404, "No such code"),
    NotYet: (404, "Not there yet"),
    TileOutside: (404, "No such tile"),
    TileMatrixSetUnknown: (404, "No such tile matrix set"),
    TileMatrixSetInvalid: (422, "Not a tile matrix set"),
    ReportGone: (404, "No such rows"),
    NoFile: (404, "No such file"),
    UnknownEntry: (404, "Not in the table"),
    grid.MixedSystemsError: (404, "No such grid"),
    NotAcceptable: (406, "Not acceptable"),
    RowsElsewhere: (409, "Its rows are written elsewhere"),
    AssignmentError: (409, "It cannot be assigned"),
    ClassError: (409, "The class table does not allow it"),
    CatalogError: (409, "The catalog does not allow it"),
    FusionError: (409, "They cannot be fused like this"),
    LifeError: (409, "The life of the entity does not allow it"),
    BodyClashes: (409, "It is there already"),
    QuotaExceeded: (409, "The quota is used up"),
    SerialsExhausted: (409, "No serial is left"),
    WrittenMeanwhile: (409, "Another writer was faster"),
    MethodNotAllowed: (405, "Method Not Allowed"),
    PreconditionFailed: (412, "It has changed meanwhile"),
    BatchTooLarge: (413, "Too many requests at once"),
    NoLabel: (409, "No label for this"),
    StyleError: (409, "Conflict"),
    StyleMoved: (412, "The style is another one now"),
    FileNotReady: (409, "Not made yet"),
    BodyTooLarge: (413, "The body is too large"),
    TooManyValues: (413, "Too large"),
    RangeNotThere: (416, "No such range"),
    UnsupportedTable: (415, "Unsupported type"),
    BadTable: (422, "The table cannot be read"),
    BadRow: (422, "A row cannot be read"),
    grid.CodeError: (422, "Not a code"),
    grid.PolarError: (422, "The standard leaves this open"),
    grid.TooManyCellsError: (422, "Too many cells"),
    NotACode: (422, "Not a code"),
    CatalogInvalid: (422, "Not a version of a catalog"),
    BindingInvalid: (422, "Not a binding"),
    GradeInvalid: (422, "Not a grade"),
    TableInvalid: (422, "Not a business table"),
    FusionInvalid: (422, "Not a fusion"),
    BodyUnfit: (422, "The body does not fit"),
    FutureTime: (422, "Not yet"),
    ChangeUnfit: (422, "The change does not fit"),
    ClassInvalid: (422, "Not a class"),
    EntityRejected: (422, "Rejected"),
    InvalidCode: (422, "Not a code"),
    UploadRefused: (422, "The file is refused"),
    PageNotBuilt: (503, "The map page is not installed"),
    LayerBusy: (503, "A file is being loaded"),
    SceneUnreadable: (503, "The picture cannot be read now"),
    LayerUnreadable: (503, "The collection cannot be read now"),
    asyncpg.QueryCanceledError: (503, "The query took too long"),
    psycopg.errors.QueryCanceled: (503, "The query took too long"),
    TooManyExports: (429, "Too much at once"),
    TooManyMaps: (429, "Too much at once"),
    DatabaseUnreachable: (503, "The database is unreachable"),
    NoRoom: (507, "No room"),
}

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
