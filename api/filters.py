"""Filters and orders of requests (过滤与排序参数): OGC API - Features 3 and 8.

`filter` in CQL2 text or JSON (`filter-lang`), geometries in it in `filter-crs`, CRS84 without it;
`sortby=-area,name`. A page of what is sorted begins at a token that has the values of the item
before it, and belongs to the order that it was given out for.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from api.errors import InvalidParameter
from cim import cql2
from cim.crs import CRS84, Crs, by_uri
from cim.errors import UnknownCrs
from cim.item_query import Key
from cim.layer import Layer
from cim.queryables import Filter, sortable

PARAMETERS = ("filter", "filter-lang", "filter-crs")
LANGUAGES = (cql2.TEXT, cql2.JSON, cql2.GDAL)
MOST_KEYS = 10


def read(given: Mapping[str, str]) -> Filter | None:
    """The filter of a request, compiled where its layer is known; InvalidParameter."""
    lang = given.get("filter-lang", cql2.TEXT)
    if lang not in LANGUAGES:
        raise InvalidParameter("filter-lang", f"{lang!r} is not one of {', '.join(LANGUAGES)}")
    crs = read_crs("filter-crs", given.get("filter-crs"))
    return Filter(given["filter"], lang, crs) if "filter" in given else None


def read_crs(name: str, uri: str | None) -> Crs:
    """The CRS of an address, CRS84 without one; InvalidParameter where it is not offered."""
    if uri is None:
        return CRS84
    try:
        return by_uri(uri)
    except UnknownCrs as error:
        raise InvalidParameter(name, f"{error}; /collections lists those offered") from None


def read_order(text: str | None, layer: Layer, *, then: bool = False) -> tuple[Key, ...]:
    """The keys of `sortby`; InvalidParameter names the one that cannot be sorted by."""
    if text is None:
        return ()
    keys = [
        Key(part[1:], part[0] == "-") if part[:1] in {"+", "-", " "} else Key(part)
        for part in text.split(",")  # a plus that was not percent-encoded came as a space
    ]
    there = sortable(layer, then)
    for place, key in enumerate(keys, 1):
        if key.name not in there:
            reason = f"key {place}, {key.name!r}, is not one of {', '.join(sorted(there))}"
            raise InvalidParameter("sortby", reason)
    if len(keys) > MOST_KEYS or len({key.name for key in keys}) < len(keys):
        raise InvalidParameter("sortby", f"at most {MOST_KEYS} keys, each of them once")
    return tuple(keys)


def token(keys: Sequence[Key], values: Sequence[str | None], code: str) -> str:
    """Where the page after an item begins.

    >>> token([Key("area", True)], ["7"], "420602001001000000001")
    'W1siLWFyZWEiXSxbIjciXSwiNDIwNjAyMDAxMDAxMDAwMDAwMDAxIl0'
    """
    document = [_written(keys), list(values), code]
    return urlsafe_b64encode(orjson.dumps(document)).rstrip(b"=").decode()


def read_token(text: str, keys: Sequence[Key]) -> tuple[tuple[str | None, ...], str]:
    """The values and the code of a token; InvalidParameter."""
    try:
        padded = text + "=" * (-len(text) % 4)
        order, values, code = orjson.loads(urlsafe_b64decode(padded.encode("ascii")))
    except ValueError:
        order, values, code = None, None, None
    if not _is_place(values, code, len(keys)):
        raise InvalidParameter("token", f"{text!r} was not given out by this service")
    if order != _written(keys):
        raise InvalidParameter("token", "it was given out for another order")
    return tuple(values), code


def _is_place(values: Any, code: Any, count: int) -> bool:
    return (
        isinstance(values, list)
        and all(value is None or (isinstance(value, str) and "\0" not in value) for value in values)
        and isinstance(code, str)
        and code.isascii()
        and code.isdigit()
        and len(code) == 21
        and len(values) == count
    )


def _written(keys: Sequence[Key]) -> list[str]:
    return [f"{'-' if key.descending else ''}{key.name}" for key in keys]
