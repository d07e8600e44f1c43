"""What the service and the command refuse (接口错误); `api.problems` says with which status."""

from collections.abc import Iterable, Sequence

from cim.errors import CimError
from cim.schemes.bulk import fault

MOST_FAULTS = 20  # of a body that are told


def _at(row: int | None) -> str:
    return "" if row is None else f"row {row}: "


class InvalidParameter(CimError):
    """A query parameter has a name or a value that it may not have (400)."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"parameter {name!r}: {reason}")


class OutsideProjection(CimError):
    """Coordinates that a CRS of the request has no place for (400)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"a CRS that is asked for does not reach so far: {reason}")


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
        super().__init__(f"{text!r} {which}: {fault(text, scheme)}")


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


class RangeNotThere(CimError):
    """A range of bytes that the file does not have (416)."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the file has {size:,} bytes, and not the range that is asked for")
        self.headers = {"Content-Range": f"bytes */{size}"}


class Refused(CimError):
    """pygeoapi refuses a request, with a status of its own."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class InvalidHeader(CimError):
    """A header has a value that it may not have (400)."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"header {name}: {reason}")


class MethodNotAllowed(CimError):
    """A resource that is not written to, or not like this (405); the methods that are allowed."""

    def __init__(self, method: str, reason: str, allowed: Sequence[str]) -> None:
        super().__init__(f"{method} is not for this: {reason}")
        self.headers = {"Allow": ", ".join(allowed)}


class PreconditionFailed(CimError):
    """What the request was made for is not so any more (412); the entity tag that is so now."""

    def __init__(self, header: str, tag: str) -> None:
        super().__init__(f"the item is {tag} now, which {header} rules out: read it again")
        self.headers = {"ETag": tag}


class InvalidBody(CimError):
    """The body is not what is read here (400)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the body cannot be read: {reason}")


class BodyTooLarge(CimError):
    """The body has more bytes than are read (413)."""

    def __init__(self, most: int) -> None:
        super().__init__(f"the body has more than {most:,} bytes")


class NoRoom(CimError):
    """What was sent cannot be written to the disk (507)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"what was sent cannot be kept: {reason}")


class ReportGone(CimError):
    """The rows that a job refused are not here any more, or never were (404)."""

    def __init__(self, job: int) -> None:
        super().__init__(f"there are no refused rows of job {job} here; they are kept for a week")


class NoFile(CimError):
    """The file of an export is not here any more, or never was (404)."""

    def __init__(self, job: int) -> None:
        super().__init__(
            f"there is no file of job {job} here; files are kept for a day, and made anew by the "
            "same request"
        )


class FileNotReady(CimError):
    """The file of an export is still being made (409)."""

    def __init__(self, job: int) -> None:
        super().__init__(f"job {job} has not ended; /jobs/{job} tells how far it is")


class TooManyExports(CimError):
    """More is being taken away at once than may be (429)."""

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} exports are under way already; try again in a minute")


class TooManyMaps(CimError):
    """More maps are being drawn than may be at once (429)."""

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} maps are being drawn already; try again in a minute")


class TooManyRows(BodyTooLarge):
    """The table has more rows than are read (413)."""

    def __init__(self, most: int) -> None:
        CimError.__init__(self, f"the table has more than {most:,} rows; send it in parts")


class UnsupportedTable(CimError):
    """A body, or a file, of a type that cannot be read (415)."""

    def __init__(self, kind: str, known: Iterable[str]) -> None:
        self.known = tuple(known)
        what = ", ".join(self.known)
        super().__init__(f"the type {kind!r} cannot be read here; known are {what}")


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


class BodyClashes(BodyUnfit):
    """Members of a body that name what belongs to another feature (409)."""


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
