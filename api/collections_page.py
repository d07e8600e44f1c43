"""Which collections a page of `/collections` tells of, and what of each, as bytes (数据集分页).

Clients of OGC API - Features take the list for whole: GDAL and QGIS follow a `next` link where
there is one, OWSLib does not. So a page has up to 1,000 by default; what is said of a layer is
kept until the layer changes, and a page is joined of that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from api.errors import InvalidParameter
from cim.layer import Layer

DEFAULT_LIMIT = 1000
MAX_LIMIT = 10_000
_LAST = 1 << 62  # where the catalogue of data stands, after all layers


class Page(NamedTuple):
    """Layers in the order of their first load; the catalogue of data after the last one."""

    layers: Sequence[Layer]
    catalogue: bool
    matched: int
    after: str | None  # the token of the next page
    first: bool

    @property
    def returned(self) -> int:
        return len(self.layers) + self.catalogue


def cut(layers: Sequence[Layer], given: Mapping[str, str]) -> Page:
    """The page that `limit` and `token` ask for; InvalidParameter.

    A token is the number of the layer that a page begins after, so that a layer which comes or
    goes meanwhile moves no other to another page.
    """
    limit, after = _limit(given.get("limit")), _token(given.get("token"))
    keys = [*(key for key, _ in _keys(layers, after)), *([_LAST] if after < _LAST else [])]
    shown = keys[:limit]
    there = [layer for key, layer in _keys(layers, after) if key <= shown[-1]] if shown else []
    return Page(
        there,
        _LAST in shown,
        len(layers) + 1,
        str(shown[-1]) if len(keys) > limit else None,
        after < 0,
    )


def _keys(layers: Sequence[Layer], after: int) -> Iterator[tuple[int, Layer]]:
    return ((layer.id, layer) for layer in layers if layer.id > after)


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) < 1:
        raise InvalidParameter("limit", f"{text!r} is not a whole number from 1 to {MAX_LIMIT}")
    return min(int(text), MAX_LIMIT)


def _token(text: str | None) -> int:
    if text is None:
        return -1
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidParameter("token", f"{text!r} was not given out by this service")
    return int(text)
