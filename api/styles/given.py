"""The style that a body has (样式正文): MapLibre or SLD, read and checked."""

import re
from collections.abc import Mapping
from typing import NamedTuple

import anyio.to_thread
import orjson
from starlette.requests import Request

from api import asking
from api.bodies import kind_of
from api.column_types import schema_of
from api.errors import BodyTooLarge, InvalidBody
from cim.errors import StyleInvalid
from cim.feature_sql import CODE_COLUMNS
from cim.layer import Layer, Text
from cim.styles import Json, checking, default, drawn, sld, words
from cim.styles.sld.reading import Target
from cim.styles.stored import Content

MOST_BYTES = 4 << 20
MOST_LAYERS = 5_000
MAPBOX_KINDS = (asking.MAPBOX, asking.JSON)
SLD_KINDS = (asking.SLD, "application/vnd.ogc.se+xml")
_NO_ID = re.compile(r"[^\w.-]+")


class Given(NamedTuple):
    """The content, and the id that the document says of itself."""

    id: str | None
    content: Content


async def read(request: Request, layer: Layer | None, strict: bool) -> Given:
    """The style of the body, for a layer where it is put in place of that one's; StyleInvalid."""
    kind = kind_of(request, (*MAPBOX_KINDS, *SLD_KINDS))
    data = await _body(request)
    registry = await asking.service(request).newest()
    layers = registry.visible(asking.caller(request))
    if kind in MAPBOX_KINDS:
        return await anyio.to_thread.run_sync(_mapbox, data, layers, layer)
    base = asking.base_url(request)
    return await anyio.to_thread.run_sync(_sld, data, layers, layer, strict, base)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise BodyTooLarge(MOST_BYTES)
    return bytes(body)


def _mapbox(data: bytes, layers: list[Layer], layer: Layer | None) -> Given:
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidBody(f"it is not JSON: {error}") from None
    _check(document)
    named = document.get("name") or ""
    title = words.said(document.get("metadata"), words.TITLE) or _title(named, layer)
    said = words.said(document.get("metadata"), words.DESCRIPTION) or Text("", "")
    content = Content(title, said, drawn(document, layers), document)
    return Given(_NO_ID.sub("-", named).strip("-.")[:64] or None, content)


def _check(document: Json) -> None:
    """StyleInvalid, also where there are more layers than a client could draw."""
    layers = document.get("layers") if isinstance(document, dict) else None
    if isinstance(layers, list) and len(layers) > MOST_LAYERS:
        raise StyleInvalid([("$.layers", f"more than {MOST_LAYERS:,} style layers")])
    checking.check(document)


def _title(named: str, layer: Layer | None) -> Text:
    if named:
        return Text(named, named)
    return layer.title if layer else Text("样式", "style")


def _sld(data: bytes, layers: list[Layer], layer: Layer | None, strict: bool, base: str) -> Given:
    read = sld.read(data, _finder(layers, layer))
    if strict and read.notes:
        raise StyleInvalid([(note.path, note.reason) for note in read.notes])
    known = {each.name: each for each in layers}
    names = dict.fromkeys(each["source"] for each in read.layers)
    title = Text(read.title, read.title) if read.title else _title(read.id or "", layer)
    document: dict[str, Json] = {
        "version": 8,
        "name": title.zh,
        **({"metadata": dict(read.metadata)} if read.metadata else {}),
        "sources": {name: default.source(known[name], base) for name in names},
        "layers": read.layers,
    }
    _check(document)
    said = words.said(read.metadata, words.DESCRIPTION) or Text("", "")
    kept = data.decode("utf-8-sig") if _is_utf8(data) else sld.as_text(data)
    content = Content(title, said, tuple(names), document, kept, tuple(read.notes))
    return Given(_NO_ID.sub("-", read.id or "").strip("-.")[:64] or None, content)


def _is_utf8(data: bytes) -> bool:
    """Whether the document can be kept as it came: in UTF-8, as it says itself or says nothing."""
    head = data[:200].lower()
    if b"encoding=" in head and b"utf-8" not in head:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _finder(layers: list[Layer], own: Layer | None) -> sld.Find:
    """What a name in the document stands for: a collection by its id or title, as clients say it.

    Where the document is for one collection, a name that no collection has is that one.
    """
    by_name: Mapping[str, Layer] = {
        **{each.title.en: each for each in layers},
        **{each.title.zh: each for each in layers},
        **{each.name: each for each in layers},
    }

    def find(name: str) -> Target | None:
        layer = by_name.get(name, own)
        if layer is None:
            return None
        numbers = {c.name for c in layer.columns if _is_number(c.type)}
        texts = {*CODE_COLUMNS, *(c.name for c in layer.columns)} - numbers
        one = layer.geometry_type if layer.geometry_type != "Geometry" else None
        return Target(layer.name, numbers, texts, one)

    return find


def _is_number(column_type: str) -> bool:
    return schema_of(column_type).get("type") in ("integer", "number")
