"""Versions of catalogs over HTTP (目录版本): listed, given whole, loaded, put to use, compared.

The body of POST is a version as GET gives it (`cim.catalog.rules`), with `why` and the
`document` it rests on; `links` is passed over. PATCH with `current` true puts a version to use.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking, pages
from api.catalog import documents
from api.catalog.said import action
from api.errors import InvalidParameter
from api.links import link, url
from api.writing import json_object, write, writer
from cim.catalog import compare, rules, versions
from cim.catalog.model import Catalog, Head
from cim.errors import CatalogInvalid, UnknownCatalog
from layers import fusing


async def listed(request: Request) -> Response:
    asking.only(request, ())
    base = asking.base_url(request)
    body = {
        "versions": [documents.version(row, base) for row in await _rows(request)],
        "links": [
            *documents.links(base, "catalog", "versions"),
            link("up", url(base, "catalog"), asking.JSON),
        ],
    }
    return pages.document(request, "catalog_versions.html", body)


async def one(request: Request) -> Response:
    """A version whole, as POST takes it."""
    asking.only(request, ())
    found = await _catalog(request, request.path_params["reference"])
    here = url(asking.base_url(request), "catalog", "versions", found.head.reference)
    return JSONResponse({**rules.document(found), "links": [link("self", here, asking.JSON)]})


async def add(request: Request) -> Response:
    """201 with what was loaded; 200 where it was there with the same contents."""
    who = writer(request).name
    asking.only(request, ())
    document = await json_object(request)
    document.pop("links", None)
    by = action(who, document)
    catalog = rules.made(document)
    loaded = await write(request, lambda c, _: versions.load(c, catalog, by))
    here = url(asking.base_url(request), "catalog", "versions", loaded.head.reference)
    status, headers = (201, {"Location": here}) if loaded.new else (200, {})
    body = await _told(request, loaded.head.reference)
    return JSONResponse(body, status, headers)


async def use(request: Request) -> Response:
    """The version, now current."""
    who = writer(request).name
    asking.only(request, ())
    given = await json_object(request, ("application/merge-patch+json", asking.JSON))
    by = action(who, given)
    if given != {"current": True}:
        raise CatalogInvalid('only {"current": true} can be said of a version that is loaded')
    reference = request.path_params["reference"]

    def put_to_use(connection: Connection, _: Engine) -> Head:
        head = versions.use(connection, reference, by)
        fusing.after_version(connection, head.catalog)
        return head

    head = await write(request, put_to_use)
    return JSONResponse(await _told(request, head.reference))


async def difference(request: Request) -> Response:
    """What differs between the versions `from` and `to`, and which layers that touches."""
    given = asking.only(request, ("from", "to"))
    for name in ("from", "to"):
        if name not in given:
            raise InvalidParameter(name, "is missing; name a version, such as cim@1")
    before, after = [await _catalog(request, given[name]) for name in ("from", "to")]
    registry = await asking.service(request).newest()
    layers = registry.visible(asking.caller(request))
    found = compare.differences(before, after, layers)
    body = documents.differences(before, after, found, asking.base_url(request))
    return pages.document(request, "catalog_diff.html", body)


async def _rows(request: Request) -> list[Any]:
    return await asking.service(request).rows(lambda _: versions.listed())


async def _told(request: Request, reference: str) -> dict[str, Any]:
    base = asking.base_url(request)
    told = [documents.version(row, base) for row in await _rows(request)]
    return next(each for each in told if each["reference"] == reference)


async def _catalog(request: Request, reference: str) -> Catalog:
    statement = versions.document(reference.replace("\0", ""))
    row = await asking.service(request).row(lambda _: statement)
    if row is None:
        raise UnknownCatalog(reference)
    return versions.parse(row["document"])
