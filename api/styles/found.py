"""The style that a request names (样式查找): a stored one, or one that is made."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from starlette.requests import Request

from api import asking
from api.collections import found as found_layer
from cim.errors import UnknownStyle
from cim.layer import Layer, Text
from cim.styles import Json, choosing, default, part, stored
from cim.styles.sld import Note
from cim.styles.stored import Style


class Found(NamedTuple):
    """A style as it is served here, whoever made it.

    document      MapLibre style for this client, in its language
    sld           the SLD that it was given as
    untranslated  what of that SLD has no counterpart
    revision      a text that is another one when the style is
    stored        None where the program makes it
    """

    id: str
    title: Text
    description: Text
    collections: tuple[str, ...]
    document: Mapping[str, Json]
    sld: str | None
    untranslated: tuple[Note, ...]
    revision: str
    stored: Style | None
    updated_at: datetime | None


async def every(request: Request) -> list[Found]:
    """All styles: that of everything, those of the layers, and the other stored ones."""
    layers, known = await _known(request)
    base, language = asking.base_url(request), asking.language(request)
    others = [s for name, s in known.items() if name not in {la.name for la in layers}]
    styles = [_of_layer(layer, known.get(layer.name), base, language) for layer in layers]
    own = [of_stored(style) for style in others if style.id != default.ALL]
    everything = known.get(default.ALL)
    first = of_stored(everything) if everything else _of_all(layers, known, base, language)
    return [first, *styles, *own]


async def of_collection(request: Request, layer: Layer) -> list[Found]:
    """The styles that draw a collection, its own one first, and of each what draws it."""
    rows = await asking.service(request).run(stored.every(layer.name))
    known = {style.id: style for style in (stored.parse(row["style"]) for row in rows)}
    base, language = asking.base_url(request), asking.language(request)
    own = _of_layer(layer, known.get(layer.name), base, language)
    return [
        _part(each, layer, base)
        for each in (own, *(of_stored(s) for name, s in known.items() if name != layer.name))
    ]


async def one(request: Request) -> Found:
    """The style that the path names; UnknownStyle. Below a collection, what draws that one."""
    name = request.path_params["style"]
    if "collection" in request.path_params:
        layer = await found_layer(request)
        styles = await of_collection(request, layer)
        named = next((style for style in styles if style.id == name), None)
        if named is None:
            raise UnknownStyle(name)
        return named
    return await by_id(request, name)


async def by_id(request: Request, name: str) -> Found:
    """The style of an id; UnknownStyle."""
    base, language = asking.base_url(request), asking.language(request)
    if name == default.ALL:
        layers, known = await _known(request)
        own = known.get(name)
        return of_stored(own) if own else _of_all(layers, known, base, language)
    rows = await asking.service(request).run(stored.of_ids([name]))
    style = stored.parse(rows[0]["style"]) if rows else None
    layer = await layer_of(request, name)
    if layer is not None:
        return _of_layer(layer, style, base, language)
    if style is None:
        raise UnknownStyle(name)
    return of_stored(style)


async def layer_of(request: Request, name: str) -> Layer | None:
    """The layer of a name that this caller may know of."""
    service, caller = asking.service(request), asking.caller(request)
    if name not in service.registry.layers:
        await service.newest()
    return next((la for la in service.registry.visible(caller) if la.name == name), None)


def of_stored(style: Style) -> Found:
    content = style.content
    revision = f"{style.version}-{int(style.updated_at.timestamp() * 1e6):x}"
    return Found(
        style.id,
        content.title,
        content.description,
        content.collections,
        content.document,
        content.sld,
        content.untranslated,
        revision,
        style,
        style.updated_at,
    )


def of_made(layer: Layer, base: str = "", language: str = "zh") -> Found:
    """The style that is made for a layer."""
    document = default.of_layer(layer, base, language)
    names, revision = (layer.name,), f"made-{default.revision(layer)}"
    return _made(layer.name, layer.title, names, document, revision)


def _made(name: str, title: Text, names: tuple[str, ...], document: Json, revision: str) -> Found:
    said = Text("由分类表与代码表生成", "Made from the class and code tables")
    return Found(name, title, said, names, document, None, (), revision, None, None)


def _of_layer(layer: Layer, style: Style | None, base: str, language: str) -> Found:
    return of_stored(style) if style else of_made(layer, base, language)


def _of_all(layers: list[Layer], known: Mapping[str, Style], base: str, language: str) -> Found:
    document = choosing.of_all(layers, known, base, language)
    parts = [_of_layer(layer, known.get(layer.name), "", "zh").revision for layer in layers]
    revision = blake2b("\n".join(parts).encode(), digest_size=6).hexdigest()
    names = tuple(layer.name for layer in layers)
    return _made(default.ALL, default.ALL_TITLE, names, document, f"all-{revision}")


def _part(style: Found, layer: Layer, base: str) -> Found:
    """Of a style what draws one collection; of one that was given as SLD for it, all as given."""
    if style.stored is None:
        return style
    alone = style.collections == (layer.name,)
    document = style.document if alone else part(style.document, layer, base)
    return style._replace(document=document, sld=style.sld if alone else None)


async def _known(request: Request) -> tuple[list[Layer], dict[str, Style]]:
    service = asking.service(request)
    rows = await service.run(stored.every())
    styles = [stored.parse(row["style"]) for row in rows]
    layers = service.registry.visible(asking.caller(request))
    return layers, {style.id: style for style in styles}
