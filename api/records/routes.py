"""The catalogue as a collection (数据资源目录): itself, its records, a record; as DCAT too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking, pages
from api.collections import beginnings
from api.errors import FeatureNotFound
from api.landing import DESCRIPTION, TITLE
from api.links import Link, address, link, url
from api.records import ables, asked, catalogue, dcat, documents
from api.records.documents import Context
from cim import keyset
from cim.layer import Layer, Text
from cim.records import COLLECTION, TYPES, search
from cim.records.search import Query
from cim.records.source import Known

_OFFERED = (asking.GEOJSON, asking.LD, asking.HTML)
_NAMES = {asking.GEOJSON: "json", asking.LD: "dcat", asking.HTML: "html"}
_HARVESTED = 100  # records of a page for programs that take them all
_SERVICE = (Text(**TITLE), Text(**DESCRIPTION))


async def collection(request: Request) -> Response:
    """The collection, also as a page with a box to search."""
    kind = asking.media_type(request, (asking.JSON, asking.LD, asking.HTML))
    if kind == asking.LD:
        return await _page(request, kind)
    asking.only(request, ())
    layers = await _layers(request)
    body = catalogue.document(request, layers)
    if kind == asking.HTML:
        return pages.page(request, "records_collection.html", document=body, types=TYPES)
    return JSONResponse(body, headers={"Content-Language": asking.language(request)})


async def records(request: Request) -> Response:
    """A page of the records that are asked for."""
    return await _page(request, asking.media_type(request, _OFFERED))


async def whole(request: Request) -> Response:
    """The records as DCAT-AP: the first page of the whole catalogue."""
    asking.media_type(request, (asking.LD,))
    return await _page(request, asking.LD)


async def _page(request: Request, kind: str) -> Response:
    query = asked.read(request, _HARVESTED if kind == asking.LD else asked.DEFAULT_LIMIT)
    layers = await _layers(request)
    matched, rows = await _found(request, query, layers)
    shown, links = _shown(request, query, rows, kind)
    context = await _context(request, shown, layers)
    if kind == asking.LD:
        body = dcat.catalog(shown, context, matched, links)
        return JSONResponse(body, media_type=asking.LD, headers=_link_header(links))
    body = {
        "type": "FeatureCollection",
        "numberMatched": matched,
        "numberReturned": len(shown),
        "features": [documents.record(row, context) for row in shown],
        "links": links,
    }
    if kind == asking.HTML:
        given = dict(asking.parameters(request))
        return pages.page(request, "records.html", document=body, given=given, types=TYPES)
    headers = {"Content-Language": context.language, **_link_header(links)}
    return Response(orjson.dumps(body), media_type=asking.GEOJSON, headers=headers)


async def record(request: Request) -> Response:
    """One record; FeatureNotFound."""
    kind = asking.media_type(request, _OFFERED)
    asking.only(request, ())
    name = request.path_params["item"]
    query = Query(1, asking.language(request), ids=[name.replace("\0", "")])
    layers = await _layers(request)
    _, rows = await _found(request, query, layers)
    if not rows:
        raise FeatureNotFound(COLLECTION, name)
    context = await _context(request, rows, layers)
    if kind == asking.LD:
        return JSONResponse(dcat.alone(rows[0], context), media_type=asking.LD)
    body = documents.record(rows[0], context)
    if kind == asking.HTML:
        return pages.page(request, "record.html", document=body, row=rows[0])
    headers = {"Content-Language": context.language}
    return JSONResponse(body, media_type=asking.GEOJSON, headers=headers)


async def queryables(request: Request) -> Response:
    """What filters records."""
    return _schema(request, "queryables", ables.queryables(asking.language(request)))


async def sortables(request: Request) -> Response:
    """What sorts records."""
    return _schema(request, "sortables", ables.sortables(asking.language(request)))


def _schema(request: Request, name: str, properties: dict[str, Any]) -> Response:
    asking.only(request, ())
    kind = asking.media_type(request, (asking.SCHEMA, asking.JSON, asking.HTML))
    body = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": url(asking.base_url(request), "collections", COLLECTION, name),
        "type": "object",
        "title": catalogue.TITLE[asking.language(request)],
        "properties": properties,
        "additionalProperties": False,
    }
    if kind == asking.HTML:
        layer = {"name": COLLECTION}
        return pages.page(request, "schema.html", layer=layer, kind=name, document=body)
    return JSONResponse(body, media_type=kind)


async def _layers(request: Request) -> list[Layer]:
    registry = await asking.service(request).newest()
    return registry.visible(asking.caller(request))


async def _found(
    request: Request, query: Query, layers: Sequence[Layer]
) -> tuple[int, list[dict[str, Any]]]:
    """How many match, and the rows of a page in their order, with one more where more follow."""
    timed = query.when is not None or query.filtered is not None
    first = await beginnings(request, layers) if timed else {}
    known = Known(layers, first, _SERVICE)
    row = await asking.service(request).row(lambda _: search.page(query, known))
    assert row is not None
    rows = json.loads(row["records"])
    return row["matched"], rows


def _shown(
    request: Request, query: Query, rows: list[dict[str, Any]], kind: str
) -> tuple[list[dict[str, Any]], list[Link]]:
    """The rows of the page, and its links: to itself, in other forms, to the pages beside it."""
    more, backwards = len(rows) > query.limit, bool(query.place and query.place.backwards)
    shown = rows[: query.limit]
    if backwards:
        shown.reverse()
    base, asked_for = asking.base_url(request), asking.query(request)
    here = url(base, "collections", COLLECTION, "items")
    links = [link("self", address(here, asked_for, f=_NAMES[kind]), kind)]
    links += [
        link("alternate", address(here, asked_for, f=name), other)
        for other, name in _NAMES.items()
        if other != kind
    ]
    links.append(link("collection", url(base, "collections", COLLECTION), asking.JSON))
    order = asked.order(query)
    following = [("next", -1, False, more or backwards)]
    following.append(("prev", 0, True, query.place is not None and (more or not backwards)))
    for rel, end, back, there in following:
        if shown and there:
            token = keyset.token(order, shown[end]["place"], backwards=back)
            links.append(link(rel, address(here, asked_for, token=token, f=_NAMES[kind]), kind))
    return shown, links


async def _context(
    request: Request, rows: list[dict[str, Any]], layers: Sequence[Layer]
) -> Context:
    """What documents are made with; the time of layers of features is put into their rows."""
    by_name = {layer.name: layer for layer in layers}
    shown = [by_name[row["layer"]] for row in rows if row["layer"] in by_name]
    first = await beginnings(request, shown)
    for row in rows:
        begins = first.get(row["layer"]) if row["type"] == "dataset" else None
        if begins is not None:
            row["begins"], row["ends"] = begins.isoformat(), "infinity"
    return Context(asking.base_url(request), asking.language(request), by_name)


def _link_header(links: list[Link]) -> dict[str, str]:
    """The pages beside this one as RFC 8288 has them, for who reads no body."""
    told = [f'<{each["href"]}>; rel="{each["rel"]}"' for each in links if _beside(each)]
    return {"Link": ", ".join(told)} if told else {}


def _beside(each: Link) -> bool:
    return each["rel"] in {"next", "prev"}
