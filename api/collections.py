"""Collections (数据集): what layers there are. OGC API - Features 1 clause 7.13-7.14."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any

import asyncpg
import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

from api import asking, collections_page, pages
from api.catalog.documents import governance
from api.collections_page import Page
from api.exports import links as exports
from api.fusion import documents as fusion
from api.links import Link, address, link, url
from api.observations import metadata
from api.observations.metadata import Period
from api.records import catalogue
from api.service import Service
from api.stac import face
from cim import crs, items
from cim.access import ANONYMOUS, Caller
from cim.errors import CimError
from cim.layer import Layer
from cim.registry import Registry
from cim.statement import Statement

CRS84 = crs.CRS84.uri
_OGC = "http://www.opengis.net/def/rel/ogc/1.0/"
_TILESETS = _OGC + "tilesets-{}"
_OF_FEATURES = ("schema", "queryables", "sortables")
_COVERAGE, _MAP = _OGC + "coverage", _OGC + "map"
_AT_ONCE = 100  # layers whose beginnings one statement reads
_LEARNT = 20  # while nobody waits
log = structlog.get_logger()


async def collections(request: Request) -> Response:
    given = asking.only(request, ("limit", "token"))
    layers = asking.service(request).registry.visible(asking.caller(request))
    page = collections_page.cut(layers, given)
    links = _page_links(request, page)
    if asking.media_type(request) == asking.HTML:
        return pages.page(request, "collections.html", page=page, layers=page.layers, links=links)
    told = await _told_of(request, page.layers)
    if page.catalogue:
        told.append(orjson.dumps(catalogue.document(request, layers)))
    head = orjson.dumps(
        {"links": links, "numberMatched": page.matched, "numberReturned": page.returned}
    )
    body = head[:-1] + b',"collections":[' + b",".join(told) + b"]}"
    language = {"Content-Language": asking.language(request)}
    return Response(body, media_type=asking.JSON, headers=language)


def _page_links(request: Request, page: Page) -> list[Link]:
    here, query = url(asking.base_url(request), "collections"), asking.query(request)
    html = asking.media_type(request) == asking.HTML
    this, other = (asking.HTML, asking.JSON) if html else (asking.JSON, asking.HTML)
    links = [
        link("self", address(here, query), this),
        link("alternate", address(here, query, f="json" if html else "html"), other),
    ]
    if page.after is not None:
        links.append(link("next", address(here, query, token=page.after), this))
    return links


async def _told_of(request: Request, layers: Sequence[Layer]) -> list[bytes]:
    """The documents of layers, which are kept until a layer changes."""
    first = await beginnings(request, layers)
    periods = await metadata.periods(request, *layers)
    base, language = asking.base_url(request), asking.language(request)
    return [
        _told(layer, base, language, first.get(layer.name), periods.get(layer.id))
        for layer in layers
    ]


@lru_cache(maxsize=2048)
def _told(
    layer: Layer, base: str, language: str, first: datetime | None, period: Period | None
) -> bytes:
    return orjson.dumps(describe(layer, base, language, first, period))


async def collection(request: Request) -> Response:
    asking.only(request, ())
    layer = await found(request)
    first = await beginnings(request, [layer])
    periods = await metadata.periods(request, layer)
    base, language = asking.base_url(request), asking.language(request)
    body = describe(layer, base, language, first.get(layer.name), periods.get(layer.id))
    body["links"] += exports.links_of(layer, base, language)
    return pages.document(request, "collection.html", body, layer=layer)


async def found(request: Request, kind: str | None = None) -> Layer:
    """The layer that the path names, for this caller; LayerNotFound."""
    service, caller = asking.service(request), asking.caller(request)
    name = request.path_params["collection"]
    if name not in service.registry.layers:
        await service.reload()
    return service.registry.layer(name, caller, kind)


async def beginnings(request: Request, layers: Sequence[Layer]) -> dict[str, datetime | None]:
    """When the oldest version of each layer begins; known until the layer changes."""
    return await _beginnings(asking.service(request), asking.caller(request), layers)


async def learn_beginnings(service: Service) -> None:
    """Know them of all layers, some at a time, before anybody asks."""
    layers = service.registry.visible(ANONYMOUS)
    try:
        for begin in range(0, len(layers), _LEARNT):
            await _beginnings(service, ANONYMOUS, layers[begin : begin + _LEARNT])
    except (CimError, asyncpg.PostgresError) as error:  # who asks meets it, and is answered
        log.warning("beginnings_unknown", reason=str(error))


async def _beginnings(
    service: Service, caller: Caller, layers: Sequence[Layer]
) -> dict[str, datetime | None]:
    kept, states = service.beginnings, {la.name: _state(la) for la in layers if la.kind == "vector"}
    unknown = [name for name, state in states.items() if kept.get(name, ())[:1] != (state,)]
    for begin in range(0, len(unknown), _AT_ONCE):
        part = frozenset(unknown[begin : begin + _AT_ONCE])
        rows = await service.rows(partial(_read_beginnings, part, caller))
        kept |= {row["name"]: (states[row["name"]], row["first"]) for row in rows}
    return {name: kept[name][1] for name in states if name in kept}


def _read_beginnings(names: frozenset[str], caller: Caller, registry: Registry) -> Statement:
    return items.beginnings([la for la in registry.visible(caller) if la.name in names])


def _state(layer: Layer) -> tuple[object, ...]:
    """What moves with the rows of a layer; of a growing one nothing does, and the minute must."""
    minute = int(time.monotonic()) // 60 if layer.growing else 0
    return layer.id, layer.version, layer.updated_at, layer.feature_count, minute


def describe(
    layer: Layer,
    base: str,
    language: str,
    first: datetime | None = None,
    period: Period | None = None,
) -> dict[str, Any]:
    """What is said of a layer; `first` is when the oldest version of its features begins.

    `period` is that of its observations.
    """
    body: dict[str, Any] = {
        "id": layer.name,
        "title": layer.title.in_language(language),
        "description": layer.description.in_language(language),
        "governance": governance(layer, language),
        "links": links_of(layer, base, layer.title.in_language(language)),
    }
    if layer.fusion is not None:
        body["fusion"] = fusion.summary(layer, base)
    if layer.extent:
        body["extent"] = {"spatial": {"bbox": [list(layer.extent)], "crs": CRS84}}
    body["crs"] = list(crs.offered())
    if layer.kind == "vector":
        body |= {"itemType": "feature", "storageCrs": crs.STORAGE, **_stored_extent(layer)}
    else:  # so that clients of Features pass it by; GDAL looks at the second one
        body |= {"itemType": "coverage", "layerDataType": "Coverage"}
    if intervals := _intervals(layer, first, period):
        body.setdefault("extent", {})["temporal"] = {"interval": intervals}
    body |= metadata.describe(layer, base, language)
    return body | face.of_layer(layer, body, base)


def _stored_extent(layer: Layer) -> dict[str, Any]:
    """The extent in the CRS that the layer is stored in, latitude first."""
    if layer.extent is None:
        return {}
    west, south, east, north = layer.extent
    box = {"bbox": [[south, west, north, east]], "crs": crs.STORAGE}
    return {"storageCrsExtent": {"spatial": box}}


def _intervals(
    layer: Layer, first: datetime | None, period: Period | None
) -> list[list[str | None]]:
    """The times of a layer, all of them first, as OGC API - Common 2 wants them."""
    if layer.scenes:
        return [[_utc(layer.scenes[0].acquired_at), _utc(layer.scenes[-1].acquired_at)]]
    if first is None:
        return []
    if period is None:
        return [[_utc(first), None]]
    begin = _utc(min(first, period.first))
    return [[begin, None], [_utc(period.first), _utc(period.last)]]


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def links_of(layer: Layer, base: str, title: str) -> list[Link]:
    here = ("collections", layer.name)
    links = [
        link("self", url(base, *here), asking.JSON, title),
        link("alternate", url(base, *here, f="html"), asking.HTML, title),
    ]
    for kind in (asking.PNG, asking.JPEG):
        form = kind.rpartition("/")[2]
        links.append(link(_MAP, url(base, *here, "map", f=form), kind, title))
    links += [
        link(f"{_OGC}styles", url(base, *here, "styles"), asking.JSON, title),
        link("preview", url(base, *here, "legend", f="svg"), asking.SVG, title),
    ]
    if layer.binding:
        links.append(link("related", url(base, *here, "binding"), asking.JSON, title))
    if layer.kind == "vector":
        return [
            *links,
            link("items", url(base, *here, "items"), asking.GEOJSON, title),
            link("items", url(base, *here, "items", f="html"), asking.HTML, title),
            link(_TILESETS.format("vector"), url(base, *here, "tiles"), asking.JSON, title),
            link("describedby", url(base, *here, "provenance"), asking.JSON, title),
            *fusion.links_of(layer, base),
            *(
                link(f"{_OGC}{kind}", url(base, *here, kind), asking.SCHEMA, title)
                for kind in _OF_FEATURES
            ),
            *(
                [link("data", url(base, *here, "locations"), asking.GEOJSON, title)]
                if layer.observed
                else []
            ),
        ]
    return [
        *links,
        link("items", url(base, *here, "items"), asking.GEOJSON, title),
        link("items", url(base, *here, "items", f="html"), asking.HTML, title),
        link(_TILESETS.format("map"), url(base, *here, "map", "tiles"), asking.JSON, title),
        link(_COVERAGE, url(base, *here, "coverage"), "image/tiff; application=geotiff", title),
    ]
