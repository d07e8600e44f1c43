"""What is at a place (此处有什么): `GET /resolve?lon=&lat=[&height=][&within=][&class=]`."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api import asking, filters
from api.errors import InvalidParameter
from api.grid.systems import required
from api.resolving import lists
from api.resolving.lists import Entry
from api.resolving.thing import states
from cim import here
from cim.here import Asked, Place
from cim.queryables import clauses

PARAMETERS = (
    *("lon", "lat", "height", "within", "class", "limit", "datetime"),
    *filters.PARAMETERS,
)
MAX_WITHIN = 1000.0


async def answer(request: Request) -> Response:
    """What is there, the most specific first; `complete` is false where the limit cut it off."""
    given = asking.only(request, PARAMETERS)
    kind = asking.media_type(request, (asking.JSON, asking.GEOJSON, asking.HTML))
    place = _place(given)
    asked = Asked(
        lists.class_prefix(given.get("class")),
        lists.limit(given.get("limit")),
        asking.past(given),
        filters.read(given),
    )
    rows = await (
        _now(request, place, asked) if asked.when is None else _then(request, place, asked)
    )
    shown = rows[: asked.limit]
    said = await states(request, [row.code for row in shown], asked.when)
    entries = [_entry(row, said.get(row.code, "active")) for row in shown]
    return lists.answer(request, kind, entries, complete=len(rows) <= asked.limit)


def _entry(row: Any, state: str) -> Entry:
    more = {"distance": round(row.distance, 3)}
    return Entry(row.code, row.layer, row.name, state, row.feature, more)


async def _now(request: Request, place: Place, asked: Asked) -> list[Any]:
    service, caller = asking.service(request), asking.caller(request)
    all_of_class = here.layers_of(service.registry, caller, asked.class_prefix)
    suited = {layer.name for layer in clauses(asked.filter, all_of_class, 1)}
    found = [
        row
        for row in await service.rows(lambda _: here.candidates(place, asked.class_prefix))
        if asked.filter is None or row.layer in suited
    ]
    if not found:
        return []
    return await service.rows(
        lambda registry: here.here(
            place,
            asked,
            {
                registry.layer(row.layer, caller, "vector"): row.codes
                for row in found
                if row.layer not in registry.unreadable
            },
        )
    )


async def _then(request: Request, place: Place, asked: Asked) -> list[Any]:
    service, caller = asking.service(request), asking.caller(request)
    if not here.layers_of(service.registry, caller, asked.class_prefix):
        return []
    return await service.rows(
        lambda registry: here.here(
            place, asked, here.layers_of(registry, caller, asked.class_prefix)
        )
    )


def _place(given: Mapping[str, str]) -> Place:
    lon, lat = (number(name, required(given, name)) for name in ("lon", "lat"))
    for name, value, most in (("lon", lon, 180), ("lat", lat, 90)):
        if abs(value) > most:
            raise InvalidParameter(name, f"{value:g} is outside -{most} to {most}")
    height = number("height", given["height"]) if "height" in given else None
    within = number("within", given.get("within", "1"))
    if not 0 <= within <= MAX_WITHIN:
        raise InvalidParameter("within", f"{within:g} is outside 0 to {MAX_WITHIN:g} metres")
    return Place(lon, lat, height, within)


def number(name: str, text: str) -> float:
    """A finite number; InvalidParameter."""
    try:
        number = float(text)
    except ValueError:
        raise InvalidParameter(name, f"{text!r} is not a number") from None
    if not isfinite(number):
        raise InvalidParameter(name, f"{text!r} is not a finite number")
    return number
