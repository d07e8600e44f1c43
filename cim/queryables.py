"""What filters and orders may name of a layer (可查询属性), and the filter of a request.

The properties of a layer, its geometry (`geometry`, or `geom` where a property has that name), and
the valid time of each row: `valid_from`, and `valid_to`, which is infinity for what still is so.
Where the layer is one of stations, `latest_<parameter>` is the latest reading, now.

Among several layers a filter holds for those that have all of its properties; the others have
nothing that it could select.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from types import MappingProxyType
from typing import NamedTuple

from cim import cql2
from cim.cql2 import Clause, Queryable
from cim.crs import CRS84, Crs
from cim.errors import PropertyUnknown
from cim.feature_sql import CODE_COLUMNS
from cim.layer import Layer
from cim.names import quoted
from cim.source_table import near

__all__ = ["Filter", "clause", "clauses", "geometry_name", "of_layer", "sortable"]

_SORTED = {"boolean", "number", "text", "date", "moment", "local"}


class Filter(NamedTuple):
    """A filter as it was asked: its text, its language, the CRS of the geometries in it."""

    text: str
    lang: str = cql2.TEXT
    crs: Crs = CRS84


@lru_cache(maxsize=1024)
def of_layer(layer: Layer, then: bool = False) -> Mapping[str, Queryable]:
    """The queryables of a layer by name, of its rows now or of its versions."""
    end = "cim_valid_to" if then else "'infinity'::timestamptz"
    found = {
        geometry_name(layer): _geometry(layer),
        "valid_from": Queryable("cim_valid_from", "timestamptz"),
        "valid_to": Queryable(end, "timestamptz"),
    }
    for parameter in () if then else layer.observed:
        value = f"((cim_latest #>> '{{{parameter},value}}')::double precision)"
        found[f"latest_{parameter}"] = Queryable(value, "double precision")
    found |= {name: Queryable(name, "text") for name in CODE_COLUMNS}
    found |= {column.name: Queryable(quoted(column.name), column.type) for column in layer.columns}
    return MappingProxyType(found)


def _geometry(layer: Layer) -> Queryable:
    if layer.source is None:
        return Queryable("geom", "geometry", indexed=True)
    return Queryable("geom", "geometry", near=partial(near, layer.source))


def geometry_name(layer: Layer) -> str:
    """What filters call the geometry of a layer."""
    return "geometry" if layer.column("geometry") is None else "geom"


def sortable(layer: Layer, then: bool = False) -> Mapping[str, Queryable]:
    """Those of which one comes before another."""
    found = of_layer(layer, then)
    return {name: each for name, each in found.items() if each.kind in _SORTED}


def clause(asked: Filter, layer: Layer, first: int, then: bool = False) -> Clause:
    """The condition of a filter on the rows of a layer, its parameters from `$first` on."""
    compiled = _compiled if len(asked.text) <= _MOST_KEPT else _compiled.__wrapped__
    return compiled(asked, layer, first, then)


_MOST_KEPT = 4096  # characters: a longer filter is not kept for the next request


@lru_cache(maxsize=512)
def _compiled(asked: Filter, layer: Layer, first: int, then: bool) -> Clause:
    queryables = of_layer(layer, then)
    return cql2.compile(asked.text, asked.lang, queryables=queryables, crs=asked.crs, first=first)


def clauses(
    asked: Filter | None, layers: Sequence[Layer], first: int, then: bool = False
) -> dict[Layer, Clause]:
    """The condition on each layer that has the properties of a filter; on all of them without one.

    The parameters of one follow those of another. PropertyUnknown where no layer has them all.
    """
    if asked is None:
        return dict.fromkeys(layers, Clause("", ()))
    found: dict[Layer, Clause] = {}
    missing: PropertyUnknown | None = None
    for layer in layers:
        try:
            found[layer] = clause(asked, layer, first, then)
            first += len(found[layer].params)
        except PropertyUnknown as error:
            missing = missing or error
    if missing is not None and not found:
        every = {name: each for layer in layers for name, each in of_layer(layer, then).items()}
        cql2.compile(asked.text, asked.lang, queryables=every, crs=asked.crs)  # knows near names
        raise missing
    return found
