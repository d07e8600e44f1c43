"""What is asked of the items of a collection (要素查询参数): OGC API - Features 1 clause 7.15."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from math import isfinite

from api import asking, filters
from api.column_types import is_value
from api.errors import InvalidParameter
from api.filters import read_crs
from cim.crs import CRS84, Crs
from cim.item_columns import exported_names
from cim.item_query import BBox, Key, Query
from cim.layer import Layer
from cim.queryables import of_layer

DEFAULT_LIMIT = 10
MAX_LIMIT = 10_000
PARAMETERS = (
    *("bbox", "bbox-crs", "crs", "limit", "datetime", "token"),
    *(*filters.PARAMETERS, "sortby", "properties"),
)

_NOT_SIMPLE = {"geometry", "array"}
_TOKEN = re.compile(r"\d{21}")


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


def _begin(token: str | None, sort: tuple[Key, ...]) -> tuple[tuple[str | None, ...], str | None]:
    """Values and code of the item that a page begins after."""
    if sort and token is not None:
        return filters.read_token(token, sort)
    return (), read_token(token)


def _read_box(given: Mapping[str, str]) -> BBox | None:
    crs = read_crs("bbox-crs", given.get("bbox-crs"))
    return read_bbox(given["bbox"], crs) if "bbox" in given else None


def read_bbox(text: str, crs: Crs = CRS84) -> BBox:
    """A box to look for things in: what lies on its side still does once it was transformed."""
    box = exact_bbox(text, crs)
    if crs.srid == CRS84.srid:
        return box
    unit: float = 10**-crs.digits
    return replace(
        box,
        west=box.west - unit,
        south=box.south - unit,
        east=box.east + unit,
        north=box.north + unit,
    )


def exact_bbox(text: str, crs: Crs) -> BBox:
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
