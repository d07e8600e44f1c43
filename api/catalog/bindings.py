"""The binding of a collection to the catalog (图层绑定): read, suggested, set, taken away.

The body of PUT has `element`, `department`, `grade`, `authoritative` (false without it) and
`fields`: for each column the code of its field, or an object with `field` and the `unit` of its
values; further `why` and `document`. Only what it names is bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking, pages
from api.catalog import documents
from api.catalog.said import action, reason
from api.links import link, url
from api.writing import json_object, write, writer
from cim.actions import Action
from cim.catalog import binding, history, suggest
from cim.catalog.binding import Wanted
from cim.errors import BindingInvalid, NotBound
from cim.layer import Layer
from layers import fusing

_KNOWN = ("element", "department", "grade", "authoritative", "fields")


async def one(request: Request) -> Response:
    """404 where the layer is bound to nothing."""
    asking.only(request, ())
    layer = await _layer(request)
    if layer.binding is None:
        raise NotBound(layer.name)
    body = documents.bound(layer, layer.binding, asking.base_url(request))
    return pages.document(request, "binding.html", body, layer=layer)


async def suggestions(request: Request) -> Response:
    """The elements that the layer may be, the likeliest first; nothing is bound by it."""
    asking.only(request, ())
    layer = await _layer(request)
    found = await write(request, lambda c, _: suggest.suggest(c, layer))
    base, here = asking.base_url(request), ("collections", layer.name)
    body = {
        "layer": layer.name,
        "suggestions": [documents.suggestion(each, layer, base) for each in found],
        "links": [
            *documents.links(base, *here, "binding", "suggestions"),
            link("collection", url(base, *here), asking.JSON),
        ],
    }
    return pages.document(request, "binding_suggestions.html", body, layer=layer)


async def past(request: Request) -> Response:
    """What became of the binding from its first day, also of one that was taken away."""
    asking.only(request, ())
    layer = await _layer(request)
    told = history.told(history.of_layer(layer.name))
    rows = await asking.service(request).rows(lambda _: told)
    base = asking.base_url(request)
    body = {
        "layer": layer.name,
        "changes": [documents.change(row) for row in rows],
        "links": [
            *documents.links(base, "collections", layer.name, "binding", "history"),
            link("collection", url(base, "collections", layer.name), asking.JSON),
        ],
    }
    return pages.document(request, "binding_history.html", body, layer=layer)


async def put(request: Request) -> Response:
    """The binding as it is now."""
    who = writer(request).name
    asking.only(request, ())
    body = await json_object(request)
    by, wanted = action(who, body), _wanted(body)
    name = request.path_params["collection"]

    def bind(connection: Connection, _: Engine) -> None:
        binding.bind(connection, name, wanted, by)
        fusing.after_binding(connection, name)

    await write(request, bind)
    layer = await _layer(request)
    assert layer.binding is not None
    return JSONResponse(documents.bound(layer, layer.binding, asking.base_url(request)))


async def remove(request: Request) -> Response:
    """204. Why, and the document, stand in the query, since a DELETE has no body."""
    who = writer(request).name
    given = asking.only(request, ("why", "document"))
    by = Action(who, *(reason(name, given.get(name)) for name in ("why", "document")))
    name = request.path_params["collection"]

    def unbind(connection: Connection, _: Engine) -> None:
        binding.unbind(connection, name, by)
        fusing.after_binding(connection, name)

    await write(request, unbind)
    return Response(status_code=204)


def _wanted(body: Mapping[str, Any]) -> Wanted:
    for name in body:
        if name not in _KNOWN:
            raise BindingInvalid(name, f"is not known here; known are {', '.join(_KNOWN)}")
    given = {name: value for name, value in body.items() if value is not None}
    fields, units = _fields(given.get("fields", {}))
    authoritative = given.get("authoritative", False)
    if not isinstance(authoritative, bool):
        raise BindingInvalid("authoritative", "is true or false")
    return Wanted(
        _text("element", body.get("element")),
        _text("department", body.get("department")),
        body.get("grade", ""),
        authoritative,
        fields,
        units,
    )


def _fields(given: object) -> tuple[dict[str, str], dict[str, str]]:
    if not isinstance(given, Mapping):
        raise BindingInvalid("fields", "is an object: columns with their fields")
    fields, units = {}, {}
    for column, said in given.items():
        told = said if isinstance(said, Mapping) else {"field": said}
        fields[column] = _text("fields", told.get("field"))
        if told.get("unit") is not None:
            units[column] = _text("units", told["unit"])
    return fields, units


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise BindingInvalid(name, "is missing" if value is None else f"is a text, not {value!r}")
    return value


async def _layer(request: Request) -> Layer:
    """The layer as the database has it now, so that whoever bound it sees it."""
    registry = await asking.service(request).newest()
    return registry.layer(request.path_params["collection"], asking.caller(request))
