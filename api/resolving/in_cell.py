"""What lies in a cell of a grid (网格内有什么): `GET /resolve?grid=`."""

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api import asking, filters
from api.errors import InvalidParameter
from api.resolving import lists
from api.resolving.here import number
from api.resolving.lists import Entry
from api.resolving.thing import features, states
from cim import here, in_cell
from cim.in_cell import SYSTEMS, Page, Sought, Written

PARAMETERS = (
    *("grid", "scheme", "separation", "reading", "class", "limit", "token", "datetime"),
    *filters.PARAMETERS,
)
_TOKEN = re.compile(r"\d{21}")


async def answer(request: Request) -> Response:
    """What lies there in code order, a page of it."""
    given = asking.only(request, PARAMETERS)
    kind = asking.media_type(request, (asking.JSON, asking.GEOJSON, asking.HTML))
    cell = _cell(given)
    page = Page(
        lists.limit(given.get("limit")),
        _token(given.get("token")),
        asking.past(given),
        filters.read(given),
    )
    rows = await _rows(request, cell, page, lists.class_prefix(given.get("class")))
    shown = rows[: page.limit]
    entries = await _entries(request, shown, page)
    token = shown[-1].code if len(rows) > page.limit else None
    told = {"system": cell.system, "grid": cell.code}
    return lists.answer(request, kind, entries, **told, token=token)


async def _rows(request: Request, cell: Sought, page: Page, prefix: str) -> list[Any]:
    service, caller = asking.service(request), asking.caller(request)
    if not here.layers_of(service.registry, caller, prefix):
        return []
    return await service.rows(
        lambda registry: in_cell.page(cell, here.layers_of(registry, caller, prefix), page)
    )


async def _entries(request: Request, shown: list[Any], page: Page) -> list[Entry]:
    """The page with features and names and, in the past, states."""
    wanted: dict[str, list[str]] = {}
    for row in shown:
        wanted.setdefault(row.layer, []).append(row.code)
    seen = {row.code: row for row in await features(request, wanted, page.when)}
    said = await states(request, list(seen), page.when)
    return [
        Entry(row.code, row.layer, found.name, said.get(row.code, "active"), found.feature)
        for row in shown
        if (found := seen.get(row.code)) is not None
    ]


def _cell(given: Mapping[str, str]) -> Sought:
    """The cell of the text; InvalidParameter or a GridCodeError."""
    scheme = given.get("scheme")
    if scheme is not None and scheme not in SYSTEMS:
        raise InvalidParameter("scheme", f"{scheme!r} is not one of {', '.join(SYSTEMS)}")
    separation = number("separation", given["separation"]) if "separation" in given else None
    cell = in_cell.read(Written(given["grid"], scheme, separation, given.get("reading")))
    for name in ("separation", "reading"):
        if cell.heights is None and name in given:
            raise InvalidParameter(name, "it is for cells with height, and this one has none")
    return cell


def _token(text: str | None) -> str | None:
    if text is not None and not _TOKEN.fullmatch(text):
        raise InvalidParameter("token", f"{text!r} was not given out by this service")
    return text
