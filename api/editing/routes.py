"""Items that are written (要素编辑接口): OGC API - Features 4, clauses 6 to 11.

`POST` makes a feature, or all of a collection of them or none; `PUT` puts another content in its
place, `PATCH` changes parts of it, `DELETE` retires it. Codes are given by the service, so that a
`PUT` of a code that is not there is 404, as the standard has it for services that give their own.
What the standard leaves open: without If-Match a write is done, since QGIS sends none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Engine
from starlette.requests import Request
from starlette.responses import Response

from api import asking
from api.collections import found
from api.editing import bodies, conditions
from api.editing.conditions import Conditions
from api.editing.headers import content_crs, frame, preferred
from api.entities.bodies import LONGEST, is_blank
from api.errors import (
    BodyClashes,
    BodyUnfit,
    FeatureNotFound,
    InvalidBody,
    InvalidParameter,
    MethodNotAllowed,
    WriterUnknown,
    WritingForbidden,
)
from api.items import item_body
from api.links import link, url
from api.writing import json_object, write, writer
from cim import items
from cim.access import Caller
from cim.actions import Action
from cim.assignment.geometry import STORED
from cim.crs import Crs
from cim.database.sql import run
from cim.layer import Layer
from cim.lifecycle.change import Present
from cim.records import COLLECTION
from layers.editing.writing import Edit, is_writable, locked, open_layer
from layers.errors import EditClashes, EditRefused

READING = ("GET", "HEAD", "OPTIONS")
OF_ITEMS, OF_ITEM = ("POST",), ("PUT", "PATCH", "DELETE")
OTHERS = (*OF_ITEMS, *OF_ITEM, "OPTIONS")  # methods that come here
GEOJSON, PATCH = (asking.GEOJSON, asking.JSON), ("application/merge-patch+json",)
PARAMETERS = ("why", "document")


class _Asked(NamedTuple):
    """A write: who does it and why, of which layer, what coordinates are in, what is returned."""

    layer: Layer
    action: Action
    crs: Crs
    returned: str | None
    document: Any
    conditions: Conditions


class _Seen(NamedTuple):
    """A feature as it is once the write is done."""

    code: str
    feature: bytes
    tag: str


async def of_items(request: Request) -> Response:
    layer = await _layer(request)
    if request.method == "OPTIONS":
        return _options(request, layer, OF_ITEMS, {"Accept-Post": ", ".join(GEOJSON)})
    _allow(request, layer, OF_ITEMS)
    assert layer is not None
    return await _create(request, await _asked(request, layer, GEOJSON))


async def of_item(request: Request) -> Response:
    layer = await _layer(request)
    if request.method == "OPTIONS":
        return _options(request, layer, OF_ITEM, {"Accept-Patch": ", ".join(PATCH)})
    _allow(request, layer, OF_ITEM)
    assert layer is not None
    if request.method == "DELETE":
        return await _delete(request, await _asked(request, layer))
    kinds = PATCH if request.method == "PATCH" else GEOJSON
    return await _change(request, await _asked(request, layer, kinds))


async def _layer(request: Request) -> Layer | None:
    """The layer of the collection, None of the records; LayerNotFound."""
    name = request.path_params["collection"]
    if name == COLLECTION and name not in asking.service(request).registry.layers:
        return None
    return await found(request)


def _allow(request: Request, layer: Layer | None, methods: Sequence[str]) -> None:
    """MethodNotAllowed, WriterUnknown, WritingForbidden."""
    writable = layer is not None and is_writable(layer)
    if not writable or request.method not in methods:
        allowed = (*READING, *methods) if writable else READING
        raise MethodNotAllowed(request.method, _reason(layer, methods), allowed)
    writer(request)


def _reason(layer: Layer | None, methods: Sequence[str]) -> str:
    if layer is None:
        return "records are made of what is served"
    if layer.kind == "raster":
        return f"scenes of {layer.name!r} are loaded with cim raster load"
    if layer.base is not None:
        return f"{layer.name!r} is fused of {layer.base.name!r} and tables, which are written to"
    if layer.source is not None:
        return f"{layer.name!r} is the table {layer.source.place}, which others write to"
    if not is_writable(layer):
        return f"{layer.name!r} is a register of codes: POST /entities writes to it"
    return f"here are {', '.join(methods)}"


def _options(
    request: Request, layer: Layer | None, methods: Sequence[str], more: dict[str, str]
) -> Response:
    """What whoever asks may do here."""
    if layer is None or not is_writable(layer) or not _may_write(request):
        return Response(headers={"Allow": ", ".join(READING)})
    return Response(headers={"Allow": ", ".join((*READING, *methods)), **more})


def _may_write(request: Request) -> bool:
    try:
        writer(request)
    except (WriterUnknown, WritingForbidden):
        return False
    return True


async def _asked(request: Request, layer: Layer, kinds: Sequence[str] = ()) -> _Asked:
    given = asking.only(request, PARAMETERS)
    for name, text in given.items():
        if name in PARAMETERS and (is_blank(text) or len(text) > LONGEST):
            raise InvalidParameter(name, f"it is blank or longer than {LONGEST} characters")
    action = Action(writer(request).name, given.get("why"), given.get("document"))
    crs, returned = content_crs(request), preferred(request.headers.get("prefer", ""))
    if returned == "representation" and kinds:
        asking.media_type(request, (asking.GEOJSON,))
    if kinds and "content-type" not in request.headers:
        raise InvalidBody("the header Content-Type is missing")
    document = await json_object(request, kinds) if kinds else None
    return _Asked(layer, action, crs, returned, document, Conditions.of(request))


async def _create(request: Request, asked: _Asked) -> Response:
    held = asking.service(request).registry

    def create(connection: Connection, leases: Engine) -> list[_Seen]:
        layer = open_layer(connection, held, asked.layer.name, Caller(asked.action.who))
        wanted, together = bodies.new_features(layer, asked.document)
        edit = Edit(connection, layer, asked.action, frame(asked.crs))
        with _told(together=together):
            codes = edit.create(leases, wanted)
        return _see(connection, layer, codes, asked.crs)

    made = await write(request, create)
    if asked.document["type"] == "FeatureCollection":
        return _listed(request, asked, made)
    (one,) = made
    place = {"Location": _address(request, asked.layer, one.code)}
    return _answer(request, asked, one, 201, place)


async def _change(request: Request, asked: _Asked) -> Response:
    held, code = asking.service(request).registry, request.path_params["item"]
    patches = request.method == "PATCH"

    def change(connection: Connection, _leases: Engine) -> _Seen:
        layer, now = _open(connection, held, asked, code)

        def geometry_now() -> dict[str, Any]:
            (seen,) = _see(connection, layer, [code], asked.crs)
            geometry: dict[str, Any] = orjson.loads(seen.feature + b"}")["geometry"]
            return geometry

        read = bodies.patched if patches else bodies.replacement
        wanted, moved = read(layer, asked.document, now, geometry_now)
        edit = Edit(connection, layer, asked.action, frame(asked.crs) if moved else STORED)
        with _told():
            edit.change(now, wanted)
        return _see(connection, layer, [code], asked.crs)[0]

    seen = await write(request, change)
    return _answer(request, asked, seen, 204, {})


async def _delete(request: Request, asked: _Asked) -> Response:
    held, code = asking.service(request).registry, request.path_params["item"]

    def retire(connection: Connection, _leases: Engine) -> None:
        layer, now = _open(connection, held, asked, code)
        Edit(connection, layer, asked.action).retire(now)

    await write(request, retire)
    return Response(status_code=204)


def _open(connection: Connection, held: Any, asked: _Asked, code: str) -> tuple[Layer, Present]:
    """The layer, and the feature as it stays until the end; FeatureNotFound, PreconditionFailed."""
    layer = open_layer(connection, held, asked.layer.name, Caller(asked.action.who))
    now = locked(connection, layer, code)
    if now is None:
        raise FeatureNotFound(layer.name, code)
    asked.conditions.check(layer, now)
    return layer, now


def _see(connection: Connection, layer: Layer, codes: Sequence[str], crs: Crs) -> list[_Seen]:
    """The features as GET will answer them; in this transaction, so that the tags are theirs."""
    run(connection, "SET LOCAL timezone = 'UTC'")
    seen = []
    for code in codes:
        statement = items.one(layer, code, Caller(""), crs)
        (row,) = run(connection, statement.sql, *statement.values)
        feature = bytes(row.feature)
        seen.append(_Seen(code, feature, conditions.tag(row.state, feature, crs)))
    return seen


@contextmanager
def _told(*, together: bool = False) -> Iterator[None]:
    """What is wrong with features is told by its place in the body."""
    try:
        yield
    except EditRefused as error:
        kind = BodyClashes if isinstance(error, EditClashes) else BodyUnfit
        raise kind(
            [
                (bodies.place_of(each.row, each.field, together=together), each.reason)
                for each in error.problems
            ]
        ) from error


def _answer(
    request: Request, asked: _Asked, seen: _Seen, status: int, more: dict[str, str]
) -> Response:
    """With the feature where that is preferred, else without."""
    headers = {"ETag": seen.tag, **more}
    if asked.returned is not None:
        headers["Preference-Applied"] = f"return={asked.returned}"
    if asked.returned != "representation":
        return Response(status_code=status, headers=headers)
    headers["Content-Crs"] = f"<{asked.crs.uri}>"
    headers["Content-Location"] = _address(request, asked.layer, seen.code)
    body = item_body(request, asked.layer, seen.code, seen.feature)
    return Response(body, 201 if status == 201 else 200, headers, asking.GEOJSON)


def _listed(request: Request, asked: _Asked, made: Sequence[_Seen]) -> Response:
    """All of a collection: their addresses, with the features where that is preferred."""
    links = [
        link("item", _address(request, asked.layer, each.code), asking.GEOJSON) for each in made
    ]
    if asked.returned != "representation":
        body = orjson.dumps({"ids": [each.code for each in made], "links": links})
        return Response(body, 201, media_type=asking.JSON)
    head = orjson.dumps({"type": "FeatureCollection", "numberReturned": len(made), "links": links})
    body = head[:-1] + b',"features":[' + b"},".join(each.feature for each in made) + b"}]}"
    headers = {
        "Preference-Applied": "return=representation",
        "Content-Crs": f"<{asked.crs.uri}>",
    }
    return Response(body, 201, headers, asking.GEOJSON)


def _address(request: Request, layer: Layer, code: str) -> str:
    return url(asking.base_url(request), "collections", layer.name, "items", code)
