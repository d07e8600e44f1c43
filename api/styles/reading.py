"""Styles and their legends, read (样式读取)."""

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking, pages
from api.collections import found as found_layer
from api.links import link, url
from api.styles import documents, found, legends
from api.styles.found import Found
from api.styles.revisions import etag, known_already

_KINDS = (asking.MAPBOX, asking.SLD, asking.HTML)
_LEGENDS = (asking.SVG, asking.PNG, asking.JSON)


async def listed(request: Request) -> Response:
    asking.only(request, ())
    body = documents.listed(request, (), await found.every(request))
    return pages.document(request, "styles.html", body, layer=None)


async def of_collection(request: Request) -> Response:
    """The styles that draw the collection; its own one is the default."""
    asking.only(request, ())
    layer = await found_layer(request)
    styles = await found.of_collection(request, layer)
    body = documents.listed(request, ("collections", layer.name), styles)
    return pages.document(request, "styles.html", body, layer=layer)


async def one(request: Request) -> Response:
    """The stylesheet, as MapLibre or SLD; for people a page. 304 where the client has it."""
    asking.only(request, ())
    kind = asking.media_type(request, _KINDS)
    style = await found.one(request)
    if kind == asking.HTML:
        body = await documents.metadata_of(request, style)
        return pages.page(request, "style.html", document=body, style=style)
    tag = etag(request, style.revision, kind)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if known_already(request, tag):
        return Response(status_code=304, headers=headers)
    headers["Content-Language"] = asking.language(request)
    if kind == asking.SLD:
        headers["Link"] = _told_at(request, style)
        data = await anyio.to_thread.run_sync(_sld, request, style)
        return Response(data, headers=headers, media_type=kind + documents.SLD_VERSION)
    return JSONResponse(dict(style.document), headers=headers, media_type=kind)


def _sld(request: Request, style: Found) -> bytes:
    if style.sld is not None:
        return style.sld.encode()
    layers = {la.name: la for la in asking.service(request).registry.layers.values()}
    data: bytes = documents.written(style, asking.language(request), layers).data
    return data


def _told_at(request: Request, style: Found) -> str:
    """Where it is told what the translation leaves out."""
    address = url(asking.base_url(request), "styles", style.id, "metadata")
    return f'<{address}>; rel="describedby"; type="{asking.JSON}"'


async def metadata(request: Request) -> Response:
    asking.only(request, ())
    asking.media_type(request, (asking.JSON,))
    style = await found.one(request)
    body = await documents.metadata_of(request, style)
    tag = etag(request, style.revision, asking.JSON)
    headers = {"ETag": tag, "Content-Language": asking.language(request)}
    return JSONResponse(body, headers=headers)


async def legend(request: Request) -> Response:
    """The legend of a style, or of the style of a collection."""
    asking.only(request, ())
    kind = asking.media_type(request, _LEGENDS)
    if "style" in request.path_params:
        style = await found.one(request)
    else:
        style = (await found.of_collection(request, await found_layer(request)))[0]
    registry = asking.service(request).registry
    layers = {la.name: la for la in registry.visible(asking.caller(request))}
    told = await anyio.to_thread.run_sync(legends.of_style, style, layers)
    if kind == asking.JSON:
        return JSONResponse(_legend(request, style, told), headers=_said(request))
    language = asking.language(request)
    if kind == asking.SVG:
        return Response(legends.svg(told, language), headers=_said(request), media_type=kind)
    data, drawn = await anyio.to_thread.run_sync(legends.png, told, language)
    return Response(data, headers={"Content-Language": drawn}, media_type=kind)


def _said(request: Request) -> dict[str, str]:
    return {"Content-Language": asking.language(request)}


def _legend(request: Request, style: Found, told: legends.Told) -> dict[str, object]:
    base, language = asking.base_url(request), asking.language(request)
    return {
        "style": style.id,
        "title": style.title.in_language(language),
        "groups": [
            {
                "collection": group.collection,
                "title": group.title.in_language(language),
                **({"by": group.by.in_language(language)} if group.by else {}),
                "entries": [
                    {"title": e.title.in_language(language), "symbol": e.symbol.document()}
                    for e in group.entries
                ],
            }
            for group in told.groups
        ],
        "links": [
            link("self", url(base, "styles", style.id, "legend", f="json"), asking.JSON),
            *documents.links_of(style, base, language)[:1],
        ],
    }
