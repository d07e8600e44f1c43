"""The routes of maps (地图路由): OGC 20-058 clauses 19 to 21.

`/map` is the map of the dataset, drawn in the style of everything, and for people who look at it
without asking for anything the page that shows everything. Below a style it is a map in that one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api import asking, filters, page, raster_tiles
from api.collections import found
from api.errors import InvalidParameter
from api.maps import asked
from api.maps.drawing import Subject, answer
from api.styles import found as styles_of
from api.tiles import MOST_LAYERS
from cim.crs import CRS84, STORAGE, by_uri
from cim.layer import Layer
from cim.registry import Registry
from cim.styles import chosen, default, stored
from tiles.drawing import Drawing
from tiles.maps import styles
from tiles.maps.styles import Drawn

_FORMS = {asking.PNG: "PNG", asking.JPEG: "JPEG"}
_OF_SCENES = tuple(name for name in raster_tiles.PARAMETERS if name != "datetime")
_OF_SEVERAL = (*asked.PARAMETERS, *filters.PARAMETERS, "collections")
_LISTS = ("subset",)


async def dataset(request: Request) -> Response:
    """The map of several collections, or the page for browsers."""
    plain = {name for name, _ in asking.parameters(request)} <= {"f", "lang"}
    kind = asking.media_type(request, (*_FORMS, asking.HTML) if plain else tuple(_FORMS))
    if kind == asking.HTML:
        return await page.map_page(request)
    given = asking.only(request, _OF_SEVERAL, _LISTS)
    if "collections" in given:
        subject = await _of_names(request, _names(given["collections"]))
    else:
        whole = await styles_of.by_id(request, default.ALL)
        subject = _styled(request, whole.document, None)
    return await answer(request, asked.read(given), subject, _FORMS[kind])


async def in_style(request: Request) -> Response:
    """The map of everything that a style draws, or of `collections` among it."""
    style = await styles_of.one(request)
    kind = asking.media_type(request, tuple(_FORMS))
    given = asking.only(request, _OF_SEVERAL, _LISTS)
    names = _names(given["collections"]) if "collections" in given else None
    subject = _styled(request, style.document, names)
    return await answer(request, asked.read(given), subject, _FORMS[kind])


async def collection(request: Request) -> Response:
    """The map of one collection, in its own style or in the one that the path names."""
    layer = await found(request)
    if "style" in request.path_params:
        document: Mapping[str, Any] = (await styles_of.one(request)).document
    else:
        document = await _document(request, layer)
    kind = asking.media_type(request, tuple(_FORMS))
    more = _OF_SCENES if layer.kind == "raster" else filters.PARAMETERS
    given = asking.only(request, (*asked.PARAMETERS, *more), _LISTS)
    subject = _styled(request, document, [layer.name])._replace(
        stored=CRS84 if layer.kind == "raster" else by_uri(STORAGE),
        scenes=raster_tiles.read_drawing(given),
    )
    return await answer(request, asked.read(given), subject, _FORMS[kind])


async def _of_names(request: Request, names: list[str]) -> Subject:
    """Collections, each in its own style, the first one lowest."""
    registry, caller = await asking.service(request).newest(), asking.caller(request)
    layers = [registry.layer(name, caller) for name in names]
    rows = await asking.service(request).run(stored.of_ids(names))
    own = {style.id: style for style in (stored.parse(row["style"]) for row in rows)}
    language = asking.language(request)
    parts = {
        layer.name: own[layer.name].content.document
        if layer.name in own
        else default.of_layer(layer, "", language)
        for layer in layers
    }

    def drawn(registry: Registry) -> list[Drawn]:
        there = (registry.layer(name, caller) for name in names)
        return [each for la in there for each in styles.runs(parts[la.name], {la.name: la})]

    return Subject(drawn, CRS84)


async def _document(request: Request, layer: Layer) -> Mapping[str, Any]:
    """The style that a layer is drawn with."""
    rows = await asking.service(request).run(stored.of_ids([layer.name]))
    return chosen(rows, layer, "", asking.language(request))


def _styled(request: Request, document: Mapping[str, Any], names: list[str] | None) -> Subject:
    """What a style draws, all of it or of some collections."""
    return Subject(_layers(request, document, names), CRS84, Drawing(), styles.background(document))


def _layers(
    request: Request, document: Mapping[str, Any], names: list[str] | None
) -> Callable[[Registry], list[Drawn]]:
    caller = asking.caller(request)

    def layers(registry: Registry) -> list[Drawn]:
        if names is None:
            there = {layer.name: layer for layer in registry.visible(caller)}
        else:
            there = {name: registry.layer(name, caller) for name in names}
        return styles.runs(document, there)

    return layers


def _names(text: str) -> list[str]:
    names = list(dict.fromkeys(text.split(",")))
    if len(names) > MOST_LAYERS:
        raise InvalidParameter("collections", f"name at most {MOST_LAYERS}")
    return names
