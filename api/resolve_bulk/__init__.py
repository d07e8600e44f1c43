"""Tables of codes resolved (批量解析服务): `POST /resolve`.

The table comes as JSON, NDJSON, CSV or an Arrow IPC stream, as Content-Type says, and goes back the
same with what each code names, in order and in constant memory (`api.bodies`). A code that nothing
has is a row that says so. The answer has a Content-Length, or chunks that end with the last row,
and JSON says at its end that it is complete: an answer that breaks off can be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import IO, Any

from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response

from api import asking, bodies
from api.errors import InvalidParameter
from api.resolve_bulk.columns import Counts, Names, Resolve, add_to_arrow, add_to_csv
from api.resolve_bulk.lines import add_to_json, add_to_ndjson
from cim import schemes
from cim.access import Caller
from cim.database.connect import reaching, snapshot
from cim.resolve_bulk import resolve_blocks

__all__ = ["MAX_BYTES", "TABLES", "Adder", "resolve_table", "resolved"]

MAX_BYTES = 1 << 30
ARROW = "application/vnd.apache.arrow.stream"

Adder = Callable[[IO[bytes], IO[bytes], Names, Resolve], Counts]

TABLES: dict[str, Adder] = {
    "application/json": add_to_json,
    "application/x-ndjson": add_to_ndjson,
    "text/csv": add_to_csv,
    ARROW: add_to_arrow,
}


async def resolve_table(request: Request) -> Response:
    """The table of the body with what its codes name."""
    given = asking.only(request, ("column", "scheme", "prefix"))
    names = Names(given.get("column") or "code", _prefix(given.get("prefix", "")))
    scheme = checked_scheme(given.get("scheme"))
    kind = bodies.kind_of(request, TABLES)
    service, caller, add = asking.service(request), asking.caller(request), TABLES[kind]

    def work(source: IO[bytes], target: IO[bytes]) -> None:
        resolved(service.engine, caller, scheme, lambda r: add(source, target, names, r))

    return await bodies.remade(request, kind, work, MAX_BYTES, service.bulk)


def _prefix(text: str) -> str:
    if not text.isprintable():
        raise InvalidParameter("prefix", f"{text!r} has a character that cannot be printed")
    return text


def checked_scheme(name: str | None) -> str | None:
    """The name of a scheme, or None; InvalidParameter where there is none of that name."""
    if name is None or name in schemes.SCHEMES:
        return name
    raise InvalidParameter("scheme", f"{name!r} is not one of {', '.join(schemes.SCHEMES)}")


def resolved(
    engine: Engine, caller: Caller, scheme: str | None, add: Callable[[Resolve], Counts]
) -> Counts:
    """What `add` counts, given the way to resolve columns over one view of the database."""
    with reaching(engine), snapshot(engine) as connection, ExitStack() as ended:

        def resolve(blocks: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
            answers = resolve_blocks(connection, blocks, caller, scheme)
            ended.callback(answers.close)  # where `add` stops early, before the connection is left
            return answers

        return add(resolve)
