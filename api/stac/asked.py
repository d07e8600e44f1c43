"""What parameters and bodies ask of scenes (检索条件): STAC API 1.0, Item Search.

A query string and a JSON body say the same; both become texts and lists first, then a query.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import orjson
import shapely
from starlette.requests import Request

from api import asking, items_asked
from api.errors import InvalidParameter
from api.records import asked as lists
from api.records import filtering
from api.stac.fields import Fields
from api.writing import json_object
from cim import cql2, keyset, scene_search
from cim.keyset import Place
from cim.scene_search import QUERYABLES, SORTABLES, Query

DEFAULT_LIMIT, MAX_LIMIT = 10, 1_000
PARAMETERS = (
    *("bbox", "intersects", "datetime", "collections", "ids", "limit", "sortby", "fields"),
    *filtering.PARAMETERS,
    "token",
)
# Names may have `properties.` before them.
_KNOWN = QUERYABLES | {f"properties.{name}": each for name, each in QUERYABLES.items()}


class Asked(NamedTuple):
    """A query, and which parts of the items are wanted."""

    query: Query
    fields: Fields | None


async def read(request: Request, collection: str | None = None) -> Asked:
    """What a request asks, of one collection where that is given; InvalidParameter."""
    if request.method == "POST":
        given, lang = _of_body(await json_object(request, (asking.JSON,))), cql2.JSON
    else:
        lang = cql2.TEXT
        given = _of_query(asking.only(request, PARAMETERS))
    collections = given.get("collections")
    if collection is not None:
        if collections is not None and collection not in collections:
            raise InvalidParameter("collections", f"these are the items of {collection!r}")
        collections = [collection]
    order = given.get("sortby", [])
    query = Query(
        limit=lists.limit(given.get("limit"), MAX_LIMIT, DEFAULT_LIMIT),
        bbox=items_asked.read_bbox(given["bbox"]) if "bbox" in given else None,
        shape=_shape(given),
        when=asking.past(given),
        collections=collections,
        ids=given.get("ids"),
        sorted_by=order,
        filtered=filtering.read(given, _KNOWN, lang),
    )
    place = _place(given.get("token"), query)
    return Asked(query if place is None else _at(query, place), given.get("fields"))


def order(query: Query) -> str:
    """The order of a query as tokens name it."""
    return ",".join(f"{'-' if down else ''}{name}" for name, down in query.sorted_by)


def _of_query(given: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {name: text for name, text in given.items() if text or name == "fields"}
    for name in ("collections", "ids"):
        if name in found:
            found[name] = lists.listed(found, name)
    if "intersects" in found:
        found["intersects"] = _json("intersects", found["intersects"])
    if "sortby" in found:
        plain = ",".join(_plain(part) for part in found["sortby"].split(","))
        found["sortby"] = lists.sorted_by(plain, dict.fromkeys(SORTABLES))
    if "fields" in found:
        found["fields"] = Fields.of_text(found["fields"])
    return found


def _of_body(body: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in body.items() if value is not None}
    for name, value in found.items():
        if name not in PARAMETERS:
            raise InvalidParameter(name, f"not known here; known are {', '.join(PARAMETERS)}")
        found[name] = _READ[name](name, value) if name in _READ else value
    return found


def _box(name: str, value: Any) -> str:
    return ",".join(_number(each) for each in _list(name, value))


def _order(name: str, value: Any) -> list[tuple[str, bool]]:
    parts = [_sorted(each) for each in _list(name, value)]
    return lists.sorted_by(",".join(parts), dict.fromkeys(SORTABLES))


def _sorted(each: Any) -> str:
    if not isinstance(each, dict) or each.get("direction", "asc") not in ("asc", "desc"):
        raise InvalidParameter("sortby", 'is a list of {"field": …, "direction": "asc" or "desc"}')
    sign = "-" if each.get("direction") == "desc" else ""
    return _plain(sign + _text("sortby", each.get("field")))


def _plain(text: str) -> str:
    """A name without `properties.` before it."""
    name = text.lstrip("+- ")
    return text[: len(text) - len(name)] + name.removeprefix("properties.")


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidParameter("bbox", f"{value!r} is no number")
    return repr(value)


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidParameter(name, "is a list")
    return value


def _texts(name: str, value: Any) -> list[str]:
    return [_text(name, each) for each in _list(name, value)]


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise InvalidParameter(name, f"{value!r} is no text")
    return value


# How members of a body become what parameters are.
_READ: Mapping[str, Callable[[str, Any], Any]] = {
    "bbox": _box,
    "limit": lambda _, value: str(value),
    "collections": _texts,
    "ids": _texts,
    "sortby": _order,
    "fields": lambda _, value: Fields.of_object(value),
    "datetime": _text,
    "token": _text,
    "filter-lang": _text,
    "filter-crs": _text,
}


def _json(name: str, text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidParameter(name, f"it is not JSON: {error}") from None


_KINDS = frozenset(
    ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
) | {"GeometryCollection"}


def _shape(given: Mapping[str, Any]) -> bytes | None:
    """WKB of the GeoJSON geometry of `intersects`."""
    if "intersects" not in given:
        return None
    if "bbox" in given:
        raise InvalidParameter("intersects", "give it or bbox, not both")
    told = given["intersects"]
    if not isinstance(told, dict) or str(told.get("type")) not in _KINDS:
        raise InvalidParameter("intersects", "it is no GeoJSON geometry")
    try:
        shape = shapely.from_geojson(orjson.dumps(told))
    except (shapely.errors.GEOSException, TypeError) as error:
        raise InvalidParameter("intersects", f"it is no GeoJSON geometry: {error}") from None
    if not shape.is_valid:
        raise InvalidParameter("intersects", shapely.is_valid_reason(shape))
    wkb: bytes = shape.wkb
    return wkb


def _place(text: str | None, query: Query) -> Place | None:
    if text is None:
        return None
    found = keyset.read(text, order(query), len(scene_search.keys(query)))
    if found is None:
        raise InvalidParameter("token", f"{text!r} was not given out by this service")
    return found


def _at(query: Query, place: Place) -> Query:
    return replace(query, place=place)
