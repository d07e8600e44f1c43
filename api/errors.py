"""Errors at the edge (错误响应): which status an error becomes, as RFC 9457 problem details.

No handler catches anything; this table decides.
"""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

import asyncpg
import psycopg
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from api.logs import request_id
from cim.errors import (
    AssignmentError,
    BatchTooLarge,
    BindingInvalid,
    CatalogError,
    CatalogInvalid,
    ChangeUnfit,
    CimError,
    ClassError,
    ClassInvalid,
    DatabaseUnreachable,
    FutureTime,
    GradeInvalid,
    InvalidCode,
    InvalidPosition,
    LayerNotFound,
    LifeError,
    QuotaExceeded,
    SceneNotFound,
    SerialsExhausted,
    UnknownEntry,
    WrittenMeanwhile,
)
from gridcode import errors as grid
from layers.errors import UploadRefused
from tiles.errors import (
    BandMissing,
    DrawingUnfit,
    FormulaInvalid,
    NothingThere,
    PartTooLarge,
    TooManyScenes,
)

MOST_FAULTS = 20  # of a body that are told


def _at(row: int | None) -> str:
    return "" if row is None else f"row {row}: "


class InvalidParameter(CimError):
    """A query parameter has a name or a value that it may not have (400)."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"parameter {name!r}: {reason}")


class NotAcceptable(CimError):
    """No representation that the request accepts (406)."""


class FeatureNotFound(CimError):
    """The collection has no feature of that code (404)."""

    def __init__(self, layer: str, code: str, when: str | None = None) -> None:
        time = f" at {when}" if when else ""
        super().__init__(f"collection {layer!r} has no feature {code!r}{time}")


class NotObserved(CimError):
    """The collection has no observations (404)."""

    def __init__(self, layer: str) -> None:
        super().__init__(f"collection {layer!r} has no observations")


class NothingObserved(CimError):
    """No station with observations is near enough to a position (404)."""

    def __init__(self, layer: str, x: float, y: float, metres: float) -> None:
        super().__init__(
            f"collection {layer!r} has no station with observations within {metres:,.0f} m of "
            f"POINT({x:g} {y:g}); /collections/{layer}/locations lists them"
        )


class TooManyValues(CimError):
    """More observations than one answer has (413)."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"more than {most:,} values are asked for, which is the most of one answer; "
            "ask for less with datetime or parameter-name"
        )


class CodeNotFound(CimError):
    """The text is a code, and nothing has it (404); `row` is its place in a list, from 1."""

    def __init__(self, code: str, row: int | None = None) -> None:
        super().__init__(f"{_at(row)}no entity has the code {code!r}")


class NotYet(CimError):
    """What the code names was not there yet (404)."""

    def __init__(self, code: str, when: str, begins: str) -> None:
        super().__init__(f"{code!r} names nothing at {when}; what it names begins at {begins}")


class NotACode(CimError):
    """The text fits no scheme of codes at all, or not the one that is named (422)."""

    def __init__(self, text: str, scheme: str | None = None) -> None:
        which = f"is no code of scheme {scheme!r}" if scheme else "fits no scheme of codes"
        super().__init__(f"{text!r} {which}")


class NoLabel(CimError):
    """An entity whose state is past, so that no label is made for it (409)."""

    def __init__(self, code: str, state: str, row: int | None = None) -> None:
        super().__init__(f"{_at(row)}{code} is {state}; labels are for what is reserved or active")


class AddressTooLong(CimError):
    """The address of this service is too long for a label (400)."""

    def __init__(self, length: int, most: int) -> None:
        super().__init__(
            f"the address of the service has {length} characters; a label has room for {most}"
        )


class PortTaken(CimError):
    """The service cannot listen on its address; only the command meets this one."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"cannot listen on {host} port {port} ({reason}); choose another --port")


class FileFault(CimError):
    """A file that cannot be read or written; only commands meet this one."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(f"{path}: {reason}")


class PageNotBuilt(CimError):
    """The files of the map page are not there (503)."""

    def __init__(self, command: str) -> None:
        super().__init__(f"the map page is not installed; run: {command}")


class TileOutside(CimError):
    """The tile matrix set has no such tile (404)."""


class Refused(CimError):
    """pygeoapi refuses a request, with a status of its own."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class InvalidBody(CimError):
    """The body is not what is read here (400)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the body cannot be read: {reason}")


class BodyTooLarge(CimError):
    """The body has more bytes than are read (413)."""

    def __init__(self, most: int) -> None:
        super().__init__(f"the body has more than {most:,} bytes; send it in parts")


class NoRoom(CimError):
    """What was sent cannot be written to the disk (507)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"what was sent cannot be kept: {reason}")


class ReportGone(CimError):
    """The rows that a job refused are not here any more, or never were (404)."""

    def __init__(self, job: int) -> None:
        super().__init__(f"there are no refused rows of job {job} here; they are kept for a week")


class TooManyRows(BodyTooLarge):
    """The table has more rows than are read (413)."""

    def __init__(self, most: int) -> None:
        CimError.__init__(self, f"the table has more than {most:,} rows; send it in parts")


class UnsupportedTable(CimError):
    """A body, or a file, of a type that cannot be read (415)."""

    def __init__(self, kind: str, known: Iterable[str]) -> None:
        super().__init__(f"the type {kind!r} cannot be read here; known are {', '.join(known)}")


class WriterUnknown(CimError):
    """A write without a token that this service knows (401)."""

    def __init__(self) -> None:
        super().__init__("writing needs the header Authorization: Bearer <token of CIM_TOKENS>")


class WritingForbidden(CimError):
    """A write from elsewhere, where no tokens are set (403)."""

    def __init__(self) -> None:
        super().__init__(
            "only this machine itself may write here; CIM_TOKENS would name others who may"
        )


class BodyUnfit(CimError):
    """Members of a body that cannot be what they are (422): each is a JSONPath and a reason."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        place, reason = faults[0]
        more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
        super().__init__(f"{place}: {reason}{more}")
        self.faults = faults[:MOST_FAULTS]


class EntityRejected(CimError):
    """A request for one code that breaks a rule (422)."""

    def __init__(self, source_id: str, reason: str) -> None:
        super().__init__(f"{source_id!r} gets no code: {reason}")


class BadTable(CimError):
    """A table that cannot be read, or that has not the columns it should (422)."""


class BadRow(CimError):
    """A row of a table that cannot be read, counted from 1 without the header (422)."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(f"row {row}: {reason}")


STATUS: dict[type[Exception], tuple[int, str]] = {
    InvalidParameter: (400, "Invalid parameter"),
    BandMissing: (400, "No such band"),
    FormulaInvalid: (400, "Invalid formula"),
    DrawingUnfit: (400, "Invalid parameter"),
    InvalidBody: (400, "Invalid body"),
    AddressTooLong: (400, "Invalid address"),
    asyncpg.DataError: (400, "Invalid value"),
    psycopg.DataError: (400, "Invalid value"),
    InvalidPosition: (400, "Not a place in the feed"),
    grid.GridCodeError: (400, "Invalid value"),
    WriterUnknown: (401, "Who writes is not known"),
    WritingForbidden: (403, "Writing is not allowed"),
    LayerNotFound: (404, "No such collection"),
    SceneNotFound: (404, "No such scene"),
    NothingThere: (404, "Nothing there"),
    PartTooLarge: (413, "Too large"),
    TooManyScenes: (413, "Too large"),
    FeatureNotFound: (404, "No such feature"),
    NotObserved: (404, "No observations"),
    NothingObserved: (404, "No station near"),
    CodeNotFound: (404, "No such code"),
    NotYet: (404, "Not there yet"),
    TileOutside: (404, "No such tile"),
    ReportGone: (404, "No such rows"),
    UnknownEntry: (404, "Not in the table"),
    grid.MixedSystemsError: (404, "No such grid"),
    NotAcceptable: (406, "Not acceptable"),
    AssignmentError: (409, "It cannot be assigned"),
    ClassError: (409, "The class table does not allow it"),
    CatalogError: (409, "The catalog does not allow it"),
    LifeError: (409, "The life of the entity does not allow it"),
    QuotaExceeded: (409, "The quota is used up"),
    SerialsExhausted: (409, "No serial is left"),
    WrittenMeanwhile: (409, "Another writer was faster"),
    BatchTooLarge: (413, "Too many requests at once"),
    NoLabel: (409, "No label for this"),
    BodyTooLarge: (413, "The body is too large"),
    TooManyValues: (413, "Too large"),
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
    BodyUnfit: (422, "The body does not fit"),
    FutureTime: (422, "Not yet"),
    ChangeUnfit: (422, "The change does not fit"),
    ClassInvalid: (422, "Not a class"),
    EntityRejected: (422, "Rejected"),
    InvalidCode: (422, "Not a code"),
    UploadRefused: (422, "The file is refused"),
    PageNotBuilt: (503, "The map page is not installed"),
    asyncpg.QueryCanceledError: (503, "The query took too long"),
    DatabaseUnreachable: (503, "The database is unreachable"),
    NoRoom: (507, "No room"),
}

# What the database says of a line that broke is no business of the asker.
_UNTOLD: dict[type[Exception], str] = {DatabaseUnreachable: "Try again in a moment."}


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
        "requestId": request_id.get(),
    }
    if faults:
        body["errors"] = [{"path": place, "detail": reason} for place, reason in faults]
    return JSONResponse(body, status, headers, media_type="application/problem+json")


async def known(request: Request, error: Exception) -> Response:
    """An error of the table."""
    status, title = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    detail = _UNTOLD.get(type(error), str(error))
    faults = error.faults if isinstance(error, BodyUnfit) else ()
    return problem(request, status, title, detail, headers, faults)


async def refused(request: Request, error: Exception) -> Response:
    """What pygeoapi refuses."""
    assert isinstance(error, Refused)
    return problem(request, error.status, HTTPStatus(error.status).phrase, str(error))


async def http(request: Request, error: Exception) -> Response:
    """What the router itself refuses: no such path, no such method."""
    assert isinstance(error, HTTPException)
    return problem(request, error.status_code, error.detail, request.url.path, error.headers)


async def gone(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """Whoever asked went before all of the body had come: nobody reads this, but the log does."""
    return Response(status_code=400)


async def unknown(request: Request, error: Exception) -> Response:  # noqa: ARG001
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
