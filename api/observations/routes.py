"""Locations and positions (测点与位置查询): OGC API - EDR 1.1 clauses 8.2.1 and 8.2.7."""

from collections.abc import Mapping

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api import asking
from api.asking import COVERAGE_JSON, CSV, GEOJSON
from api.errors import FeatureNotFound, NothingObserved
from api.links import Link, address, link, url
from api.observations import answers, asked, parameters
from api.observations.answers import Station
from cim import series
from cim.layer import Layer
from cim.registry import Registry
from cim.series import Asked
from cim.statement import Statement

OFFERED = (COVERAGE_JSON, GEOJSON, CSV)


async def locations(request: Request) -> Response:
    """The stations that have observations."""
    layer = await asked.stations(request)
    asking.media_type(request, (GEOJSON,))
    given = asking.only(request, (*asked.PARAMETERS, "bbox", "limit", "token"))
    wanted, page = asked.read(layer, given), asked.read_page(given)
    base, caller = asking.base_url(request), asking.caller(request)
    endpoint = url(base, "collections", layer.name, "locations", "")

    def statement(registry: Registry) -> Statement:
        known = asked.observed(registry, layer.name, caller)
        return series.locations(known, wanted, page, endpoint)

    rows = await asking.service(request).rows(statement)
    shown = rows[: page.limit]
    links = _links(request, layer, shown[-1]["code"] if len(rows) > len(shown) else None)
    head = {
        "type": "FeatureCollection",
        "numberReturned": len(shown),
        "parameters": [parameters.describe(code) for code in layer.observed],
        "links": links,
    }
    features = b",".join(row["feature"] for row in shown)
    body = orjson.dumps(head)[:-1] + b',"features":[' + features + b"]}"
    return Response(body, media_type=GEOJSON)


async def location(request: Request) -> Response:
    """The observations of a station, by its code."""
    layer = await asked.stations(request)
    given = asking.only(request, asked.PARAMETERS)
    return await _observations(request, layer, request.path_params["location"], given)


async def position(request: Request) -> Response:
    """The observations of the station at a point, or nearest to it within a kilometre."""
    layer = await asked.stations(request)
    given = asking.only(request, ("coords", *asked.PARAMETERS))
    x, y = asked.read_point(given)
    asked.read(layer, given)
    caller = asking.caller(request)
    row = await asking.service(request).row(
        lambda registry: series.nearest(asked.observed(registry, layer.name, caller), x, y)
    )
    if row is None:
        raise NothingObserved(layer.name, x, y, series.NEAR)
    return await _observations(request, layer, row["code"], given)


async def _observations(
    request: Request, layer: Layer, code: str, given: Mapping[str, str]
) -> Response:
    kind = asking.media_type(request, OFFERED)
    wanted = asked.read(layer, given)
    station = await _station(request, layer, code)
    statement = _statement(request, layer, station, wanted, kind)
    rows = await asking.service(request).rows(lambda _: statement)
    answers.check(rows)
    if kind == COVERAGE_JSON:
        body = answers.coverage_json(station, rows, asked.read_names(layer, given))
    elif kind == GEOJSON:
        body = answers.geo_json(rows, _links(request, layer, None))
    else:
        body = answers.csv(rows)
    return Response(body, media_type=kind, headers=_headers(layer, station, kind))


async def _station(request: Request, layer: Layer, code: str) -> Station:
    caller = asking.caller(request)
    row = await asking.service(request).row(
        lambda registry: series.place(asked.observed(registry, layer.name, caller), code)
    )
    if row is None:
        raise FeatureNotFound(layer.name, code)
    return Station(code, row["x"], row["y"], row["geometry"], row["label"])


def _statement(
    request: Request, layer: Layer, station: Station, wanted: Asked, kind: str
) -> Statement:
    if kind == COVERAGE_JSON:
        return series.coverages(station.code, wanted)
    if kind == CSV:
        return series.lines(station.code, wanted, answers.csv_begin(station))
    base = asking.base_url(request)
    endpoint = url(base, "collections", layer.name, "locations", station.code)
    common = answers.common(station, endpoint)
    return series.features(station.code, wanted, station.geometry, common)


def _headers(layer: Layer, station: Station, kind: str) -> dict[str, str]:
    if kind != CSV:
        return {}
    return {"Content-Disposition": f'attachment; filename="{layer.name}_{station.code}.csv"'}


def _links(request: Request, layer: Layer, token: str | None) -> list[Link]:
    base = asking.base_url(request)
    here = f"{base}{request.url.path}"
    query = asking.query(request)
    links = [
        link("self", address(here, query), GEOJSON),
        link("collection", url(base, "collections", layer.name), asking.JSON),
    ]
    if token is not None:
        links.append(link("next", address(here, query, token=token), GEOJSON))
    return links
