"""The current catalogs, read (目录查询): all of them, an element, a field, a code list."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api import asking, pages
from api.catalog import documents
from api.links import link, url
from cim.catalog import reading
from cim.errors import UnknownCodeList, UnknownElement, UnknownEntry, UnknownField
from cim.layer import Layer
from cim.statement import Statement


async def catalog(request: Request) -> Response:
    """Every catalog with its domains, categories and elements."""
    asking.only(request, ())
    rows = await asking.service(request).rows(lambda _: reading.outlines())
    base, layers = asking.base_url(request), await _layers(request)
    found = [reading.outline(row["document"]) for row in rows]
    body = {
        "catalogs": [documents.outline(each, layers, base) for each in found],
        "links": [
            *documents.links(base, "catalog"),
            link("version-history", url(base, "catalog", "versions"), asking.JSON),
        ],
    }
    unbound = [layer for layer in layers if layer.private]
    return pages.document(request, "catalog.html", body, unbound=unbound)


async def element(request: Request) -> Response:
    code = _code(request)
    text = await _document(request, reading.of_element(code), UnknownElement(code))
    layers = await _layers(request)
    body = documents.element(reading.element(text), layers, asking.base_url(request))
    return pages.document(request, "catalog_element.html", body)


async def field(request: Request) -> Response:
    code = _code(request)
    text = await _document(request, reading.of_field(code), UnknownField(code))
    layers = await _layers(request)
    body = documents.field(reading.element(text), layers, asking.base_url(request))
    return pages.document(request, "catalog_field.html", body)


async def code_list(request: Request) -> Response:
    code = _code(request)
    text = await _document(request, reading.of_list(code), UnknownCodeList(code))
    body = documents.code_list(reading.code_list(text), asking.base_url(request))
    return pages.document(request, "catalog_list.html", body)


def _code(request: Request) -> str:
    asking.only(request, ())
    return str(request.path_params["code"]).replace("\0", "")


async def _document(request: Request, statement: Statement, missing: UnknownEntry) -> Any:
    row = await asking.service(request).row(lambda _: statement)
    if row is None:
        raise missing
    return row["document"]


async def _layers(request: Request) -> list[Layer]:
    """The layers as the database has them now, so that whoever bound one sees it."""
    registry = await asking.service(request).newest()
    return registry.visible(asking.caller(request))
