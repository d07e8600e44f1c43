"""Items of a collection (要素查询): OGC API - Features 1 clauses 7.15 and 7.16.

A page is one SQL statement whose result is the body; pages follow each other by the code of
the last item, so that page 10,000 costs what page 1 costs.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson
from starlette.requests import Request
from starlette.responses import Response

from api import asking, filters, pages
from api.collections import found
from api.editing import conditions
from api.errors import FeatureNotFound, InvalidParameter
from api.exports import pages as files
from api.filters import read_crs
from api.items_asked import PARAMETERS, filterable, read_query
from api.links import Link, address, link, url
from cim import item_page, items, json_fg
from cim.crs import Crs
from cim.feature_sql import property_names
from cim.item_query import Query
from cim.layer import Layer
from cim.queryables import of_layer
from cim.statement import Statement
from layers.writing.forms import FORMS, MEDIA_TYPES

_SORTABLES = '<{}/collections/{}/sortables>; rel="http://www.opengis.net/def/rel/ogc/1.0/sortables"'
_KINDS = {"json": asking.GEOJSON, "html": asking.HTML}
_OFFERED = tuple(_KINDS.values())
_JSON_FG = FORMS["jsonfg"].media_type
_JSON = (*_OFFERED, _JSON_FG)
_NO_MEMBERS: Mapping[str, object] = {}
_PAGES = (*_OFFERED, *(kind for kind in MEDIA_TYPES if kind != asking.GEOJSON))


async def collection_items(request: Request) -> Response:
    layer = await found(request, "vector")
    kind = asking.media_type(request, _PAGES)
    given = asking.only(request, (*PARAMETERS, *filterable(layer)))
    query = read_query(layer, given)
    if kind not in _OFFERED:
        query = files.fitted(query, kind)
    rows = await read(request, layer, query)
    shown = rows[: query.limit]
    more = bool(rows) and (rows[0]["found"] or len(rows)) > len(shown)
    links = _page_links(request, layer, kind, token=_token(query, shown[-1]) if more else None)
    matched = _matched(layer, query, None if more else len(shown))
    if kind not in _JSON:
        return await files.answer(files.Page(layer, query, kind, shown, links, matched))
    members = json_fg.head(layer.name, query.crs) if kind == _JSON_FG else _NO_MEMBERS
    body = _collection([row["feature"] for row in shown], links, matched, members)
    if kind == asking.HTML:
        columns = [n for n in property_names(layer) if n in {"code", *query.only} or not query.only]
        return pages.page(
            *(request, "items.html"),
            layer=layer,
            columns=columns,
            time=given.get("datetime"),
            document=orjson.loads(body),
            files=_files(request, layer),
        )
    headers = {
        **_headers(query.crs),
        "Link": _SORTABLES.format(asking.base_url(request), layer.name),
    }
    if kind == _JSON_FG:
        headers["Link"] += f', <{json_fg.PROFILE}>; rel="profile"'
    return Response(body, media_type=kind, headers=headers)


async def read(request: Request, layer: Layer, query: Query) -> list[asyncpg.Record]:
    """The rows of a page, and one more where there are; InvalidParameter, FilterInvalid."""
    caller = asking.caller(request)
    try:
        return await asking.service(request).rows(
            lambda registry: item_page.page(
                registry.layer(layer.name, caller, "vector"), query, caller
            )
        )
    except asyncpg.DataError:
        await _check_values(request, layer, query)
        raise


async def item(request: Request) -> Response:
    layer = await found(request, "vector")
    kind = asking.media_type(request, _OFFERED)
    given = asking.only(request, ("crs", "datetime"))
    crs, when = read_crs("crs", given.get("crs")), asking.past(given)
    code, caller = request.path_params["item"], asking.caller(request)
    row = await asking.service(request).row(
        lambda registry: items.one(
            registry.layer(layer.name, caller, "vector"), code, caller, crs, when
        )
    )
    if row is None:
        raise FeatureNotFound(layer.name, code, str(when) if when else None)
    body = item_body(request, layer, code, row["feature"], given.get("datetime"))
    if kind == asking.HTML:
        time, document = given.get("datetime"), orjson.loads(body)
        return pages.page(request, "item.html", layer=layer, time=time, document=document)
    headers = {**_headers(crs), "ETag": conditions.tag(row["state"], row["feature"], crs)}
    if conditions.is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=asking.GEOJSON, headers=headers)


def item_body(
    request: Request, layer: Layer, code: str, feature: bytes, time: str | None = None
) -> bytes:
    """The document of one feature, which `feature` is without its closing brace."""
    links = orjson.dumps(_item_links(request, layer, code, time))
    return feature + b',"links":' + links + b"}"


async def _check_values(request: Request, layer: Layer, query: Query) -> None:
    """InvalidParameter names the parameter whose value is none of its property's type."""
    there = of_layer(layer)
    for name, text in query.equals:
        tried = Statement(f"SELECT $1::text::{there[name].type}", (text,))
        try:
            await asking.service(request).run(tried)
        except asyncpg.DataError as error:
            raise InvalidParameter(name, str(error)) from None


def _token(query: Query, last: Any) -> str:
    code: str = last["code"]
    return filters.token(query.sort, last["keys"], code) if query.sort else code


def _headers(crs: Crs) -> dict[str, str]:
    return {"Content-Crs": f"<{crs.uri}>"}


def _matched(layer: Layer, query: Query, rest: int | None) -> int | None:
    """How many features match, where it is known exactly without counting; else None.

    `rest` is how many a last page holds.
    """
    selected = query.bbox or query.equals or query.filter or query.when
    if not selected and not layer.growing:
        return layer.feature_count
    return rest if query.after is None else None


def _collection(
    features: list[bytes],
    links: list[Link],
    matched: int | None,
    more: Mapping[str, object] = _NO_MEMBERS,
) -> bytes:
    head: dict[str, object] = {"type": "FeatureCollection", "numberReturned": len(features), **more}
    if matched is not None:
        head["numberMatched"] = matched
    head["timeStamp"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    head["links"] = links
    end = b"}]}" if features else b"]}"
    return orjson.dumps(head)[:-1] + b',"features":[' + b"},".join(features) + end


def _page_links(request: Request, layer: Layer, kind: str, token: str | None) -> list[Link]:
    here = f"{asking.base_url(request)}/collections/{layer.name}"
    query = asking.query(request)
    other = "json" if kind == asking.HTML else "html"
    links = [
        link("self", address(f"{here}/items", query), kind),
        link("alternate", address(f"{here}/items", query, f=other), _KINDS[other]),
        link("collection", here, asking.JSON),
    ]
    if token is not None:
        links.append(link("next", address(f"{here}/items", query, token=token), kind))
    return links


def _files(request: Request, layer: Layer) -> list[tuple[str, str]]:
    """The formats in which the page is given, with their addresses."""
    here, query = (
        f"{asking.base_url(request)}/collections/{layer.name}/items",
        asking.query(request),
    )
    return [(form.en, address(here, query, f=name)) for name, form in FORMS.items()]


def _item_links(request: Request, layer: Layer, code: str, time: str | None) -> list[Link]:
    collection = f"{asking.base_url(request)}/collections/{layer.name}"
    here = f"{collection}/items/{code}"
    then = here if time is None else url(here, datetime=time)
    links = [
        link("self", then, asking.GEOJSON),
        link("alternate", f"{then}{'?' if time is None else '&'}f=html", asking.HTML),
        link("collection", collection, asking.JSON),
    ]
    if layer.observed:
        observed = f"{collection}/locations/{code}"
        links.append(link("related", observed, asking.COVERAGE_JSON, "Observations"))
    return links
