"""Tables of places in the body of a request (批量编码): `POST /grid/{system}/encode`.

The table comes as CSV, NDJSON or an Arrow IPC stream, as Content-Type says, and goes back the same
with a column of codes, in constant memory (`api.bodies`). A bad row is a problem document that
names it.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api import asking, bodies
from api.grid.columns import Adder, Coding, add_to_arrow, add_to_csv, add_to_ndjson
from api.grid.systems import system

MAX_BYTES = 1 << 30
ARROW = "application/vnd.apache.arrow.stream"
TABLES: dict[str, Adder] = {
    "text/csv": add_to_csv,
    "application/x-ndjson": add_to_ndjson,
    ARROW: add_to_arrow,
}


async def encode(request: Request) -> Response:
    """The table of the body with a column of codes."""
    grid = system(request.path_params["system"])
    given = asking.only(request, ("level", "lon", "lat", "column"))
    level = grid.level(given.get("level"))
    names = {name: given[name] for name in ("lon", "lat", "column") if given.get(name)}
    coding = Coding(grid, level, **names)
    kind = bodies.kind_of(request, TABLES)
    add = TABLES[kind]
    return await bodies.remade(
        request, kind, lambda source, target: add(source, target, coding), MAX_BYTES
    )
