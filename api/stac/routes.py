"""Scenes found (影像景检索): /search over all collections, the items of one, an item."""

from __future__ import annotations

import json
from typing import Any

import orjson
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking, pages, scenes
from api.errors import FeatureNotFound
from api.links import Link, address, link, url
from api.stac import asked, documents, face
from api.stac.asked import Asked
from cim import keyset, scene_search, stac
from cim.scene_search import Query


async def search(request: Request) -> Response:
    """Scenes of all collections, asked for by a query string or a JSON body."""
    asking.media_type(request, (asking.GEOJSON,))
    wanted = await asked.read(request)
    matched, rows = await _found(request, wanted.query)
    here = url(asking.base_url(request), "search")
    more = [link("root", url(asking.base_url(request), ""), asking.JSON)]
    return await _answer(request, wanted, (matched, rows), here, more)


async def collection_items(request: Request) -> Response:
    """Scenes of one collection; also as a page."""
    kind = asking.media_type(request, (asking.GEOJSON, asking.HTML))
    layer = await scenes.layer(request)
    wanted = await asked.read(request, layer.name)
    matched, rows = await _found(request, wanted.query)
    base = asking.base_url(request)
    collection = url(base, "collections", layer.name)
    here, query = url(collection, "items"), asking.query(request)
    more = [
        link("root", url(base, ""), asking.JSON),
        link("collection", collection, asking.JSON),
        link("alternate", address(here, query, f="html"), asking.HTML),
    ]
    if kind == asking.HTML:
        shown, links = _beside(request, wanted.query, rows, here)
        body = {"matched": matched, "scenes": shown, "links": links}
        return pages.page(request, "scenes.html", document=body, layer=layer)
    return await _answer(request, wanted, (matched, rows), here, more)


async def item(request: Request) -> Response:
    """One scene as a STAC item, also as a page; FeatureNotFound."""
    kind = asking.media_type(request, (asking.GEOJSON, asking.HTML))
    asking.only(request, ())
    layer = await scenes.layer(request)
    name = request.path_params["item"]
    row = await asking.service(request).row(lambda _: stac.scene(layer.id, name.replace("\0", "")))
    if row is None:
        raise FeatureNotFound(layer.name, name)
    base = asking.base_url(request)
    body = await to_thread.run_sync(documents.item, json.loads(row["scene"]), base)
    if kind == asking.HTML:
        return pages.page(request, "scene.html", document=body, layer=layer)
    return JSONResponse(body, media_type=asking.GEOJSON)


async def queryables(request: Request) -> Response:
    """What filters scenes, of all collections or of one of scenes."""
    asking.only(request, ())
    kind = asking.media_type(request, (asking.SCHEMA, asking.JSON, asking.HTML))
    layer = await scenes.layer(request) if "collection" in request.path_params else None
    here = url(asking.base_url(request), *request.url.path.strip("/").split("/"))
    body = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": here,
        "type": "object",
        "properties": face.queryables(asking.language(request)),
        "additionalProperties": False,
    }
    if kind == asking.HTML:
        body["title"] = layer.title.in_language(asking.language(request)) if layer else "STAC"
        kind = "queryables"
        return pages.page(request, "schema.html", layer=layer, kind=kind, document=body)
    return JSONResponse(body, media_type=kind)


async def _found(request: Request, query: Query) -> tuple[int, list[dict[str, Any]]]:
    registry = await asking.service(request).newest()
    layers = [la.id for la in registry.visible(asking.caller(request)) if la.kind == "raster"]
    row = await asking.service(request).row(lambda _: scene_search.page(query, layers))
    assert row is not None
    return row["matched"], await to_thread.run_sync(json.loads, row["scenes"])


async def _answer(
    request: Request,
    wanted: Asked,
    found: tuple[int, list[dict[str, Any]]],
    here: str,
    more: list[Link],
) -> Response:
    matched, rows = found
    shown, links = _beside(request, wanted.query, rows, here)
    base, fields = asking.base_url(request), wanted.fields
    body = await to_thread.run_sync(documents.page, shown, base, fields, [*links, *more])
    return Response(orjson.dumps({"numberMatched": matched, **body}), media_type=asking.GEOJSON)


def _beside(
    request: Request, query: Query, rows: list[dict[str, Any]], here: str
) -> tuple[list[dict[str, Any]], list[Link]]:
    """The rows of the page, and links to itself and to the pages beside it."""
    more, backwards = len(rows) > query.limit, bool(query.place and query.place.backwards)
    shown = rows[: query.limit]
    if backwards:
        shown.reverse()
    links = [link("self", address(here, asking.query(request)), asking.GEOJSON)]
    both = (
        ("next", -1, False, more or backwards),
        ("prev", 0, True, query.place is not None and (more or not backwards)),
    )
    for rel, end, back, there in both:
        if shown and there:
            token = keyset.token(asked.order(query), shown[end]["place"], backwards=back)
            links.append(_paged(request, rel, here, token))
    return shown, links


def _paged(request: Request, rel: str, here: str, token: str) -> Link:
    """The link to another page; of a search by POST it says what to put into the same body."""
    if request.method != "POST":
        made = link(rel, address(here, asking.query(request), token=token), asking.GEOJSON)
        return {**made, "method": "GET"}
    made = link(rel, here, asking.GEOJSON)
    return {**made, "method": "POST", "body": {"token": token}, "merge": True}
