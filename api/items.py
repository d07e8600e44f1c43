"""Items of a collection (要素查询): OGC API - Features 1 clauses 7.15 and 7.16.

A page is one SQL statement whose result is the body; pages follow each other by the code of
the last item, so that page 10,000 costs what page 1 costs.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite
from typing import Any

import asyncpg
import orjson
from starlette.requests import Request
from starlette.responses import Response

from api import asking, filters, pages
from api.collections import found
from api.column_types import is_value
from api.editing import conditions
from api.errors import FeatureNotFound, InvalidParameter
from api.exports import pages as files
from api.filters import read_crs
from api.links import Link, address, link, url
from cim import item_page, items, json_fg
from cim.crs import CRS84, Crs
from cim.feature_sql import property_names
from cim.item_columns import exported_names
from cim.item_query import BBox, Key, Query
from cim.layer import Layer
from cim.queryables import of_layer
from cim.statement import Statement
from layers.writing.forms import FORMS, MEDIA_TYPES

DEFAULT_LIMIT = 10
MAX_LIMIT = 10_000
PARAMETERS = (
    *("bbox", "bbox-crs", "crs", "limit", "datetime", "token"),
    *(*filters.PARAMETERS, "sortby", "properties"),
)

_NOT_SIMPLE = {"geometry", "array"}
_SORTABLES = '<{}/collections/{}/sortables>; rel="http://www.opengis.net/def/rel/ogc/1.0/sortables"'
_KINDS = {"json": asking.GEOJSON, "html": asking.HTML}
_OFFERED = tuple(_KINDS.values())
_JSON_FG = FORMS["jsonfg"].media_type
_JSON = (*_OFFERED, _JSON_FG)
_NO_MEMBERS: Mapping[str, object] = {}
_PAGES = (*_OFFERED, *(kind for kind in MEDIA_TYPES if kind != asking.GEOJSON))
_TOKEN = re.compile(r"\d{21}")


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


@lru_cache(maxsize=1024)
def filterable(layer: Layer) -> frozenset[str]:
    """Queryables that a parameter of their own name filters: all but those named like ours."""
    simple = {name for name, each in of_layer(layer).items() if each.kind not in _NOT_SIMPLE}
    return frozenset(simple) - {*PARAMETERS, "f", "lang"}


def read_query(layer: Layer, given: Mapping[str, str]) -> Query:
    """The query that parameters ask; InvalidParameter names the one that cannot be read."""
    names, when = filterable(layer), asking.past(given)
    _check_types(layer, given)
    sort = filters.read_order(given.get("sortby"), layer, then=when is not None)
    at, after = _begin(given.get("token"), sort)
    return Query(
        limit=_read_limit(given.get("limit")),
        bbox=_read_box(given),
        equals=tuple((name, value) for name, value in given.items() if name in names),
        after=after,
        crs=read_crs("crs", given.get("crs")),
        when=when,
        filter=filters.read(given),
        sort=sort,
        at=at,
        only=_read_properties(given.get("properties"), layer),
    )


def _check_types(layer: Layer, given: Mapping[str, str]) -> None:
    there, names = of_layer(layer), filterable(layer)
    for name in given.keys() & names:
        if not is_value(there[name].type, given[name]):
            raise InvalidParameter(name, f"{given[name]!r} is no value of type {there[name].type}")


def _read_properties(text: str | None, layer: Layer) -> tuple[str, ...]:
    """The properties that are wanted; InvalidParameter names the one that is none."""
    if text is None:
        return ()
    there, names = exported_names(layer), tuple(dict.fromkeys(text.split(",")))
    for name in names:
        if name not in there:
            raise InvalidParameter("properties", f"{name!r} is not one of {', '.join(there)}")
    return names


async def _check_values(request: Request, layer: Layer, query: Query) -> None:
    """InvalidParameter names the parameter whose value is none of its property's type."""
    there = of_layer(layer)
    for name, text in query.equals:
        tried = Statement(f"SELECT $1::text::{there[name].type}", (text,))
        try:
            await asking.service(request).run(tried)
        except asyncpg.DataError as error:
            raise InvalidParameter(name, str(error)) from None


def _begin(token: str | None, sort: tuple[Key, ...]) -> tuple[tuple[str | None, ...], str | None]:
    """Values and code of the item that a page begins after."""
    if sort and token is not None:
        return filters.read_token(token, sort)
    return (), read_token(token)


def _token(query: Query, last: Any) -> str:
    code: str = last["code"]
    return filters.token(query.sort, last["keys"], code) if query.sort else code


def _read_box(given: Mapping[str, str]) -> BBox | None:
    crs = read_crs("bbox-crs", given.get("bbox-crs"))
    return read_bbox(given["bbox"], crs) if "bbox" in given else None


def _headers(crs: Crs) -> dict[str, str]:
    return {"Content-Crs": f"<{crs.uri}>"}


def read_bbox(text: str, crs: Crs = CRS84) -> BBox:
    """Lower and upper corner in the axis order of the CRS; heights of six numbers are not used."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise InvalidParameter("bbox", f"{text!r} is not numbers between commas") from None
    if len(numbers) not in {4, 6} or not all(isfinite(n) for n in numbers):
        raise InvalidParameter("bbox", f"{text!r} is not 4 or 6 finite numbers")
    if len(numbers) == 6:
        numbers = [*numbers[0:2], *numbers[3:5]]
    if crs.flipped:
        numbers = [numbers[1], numbers[0], numbers[3], numbers[2]]
    west, south, east, north = numbers
    if south > north:
        raise InvalidParameter("bbox", f"its south {south:g} is above its north {north:g}")
    if crs.digits == 8 and (
        min(west, east) < -180 or max(west, east) > 180 or abs(south) > 90 or abs(north) > 90
    ):
        raise InvalidParameter("bbox", f"{text!r} is outside -180,-90,180,90")
    if crs.digits != 8 and west > east:
        raise InvalidParameter("bbox", f"its west {west:g} is east of its east {east:g}")
    if crs.srid != CRS84.srid:  # what lies on its side still does once it was transformed
        unit: float = 10**-crs.digits
        west, south, east, north = west - unit, south - unit, east + unit, north + unit
    return BBox(west, south, east, north, crs.srid)


def _read_limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise InvalidParameter("limit", f"{text!r} is not a whole number from 1 to {MAX_LIMIT}")
    return min(int(text), MAX_LIMIT)


def read_token(text: str | None) -> str | None:
    """The code that a page begins after; InvalidParameter."""
    if text is not None and not _TOKEN.fullmatch(text):
        raise InvalidParameter("token", f"{text!r} was not given out by this service")
    return text


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
