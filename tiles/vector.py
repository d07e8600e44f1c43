"""Vector tiles (矢量瓦片): one statement whose result is the tile, MVT 2.1.

The tile's box is worked out here and bound; the stored geometry is looked for in its own CRS
(EPSG:4490) and only what is found is projected. A feature carries its code and the layer's own
columns; division and class are parts of the code. A tile of several collections has a layer for
each: layers of MVT follow each other as bytes do.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from cim.access import Caller
from cim.items import Statement
from cim.moments import Interval
from cim.names import quoted
from cim.queryables import Filter, clauses
from cim.registry import Layer
from cim.versions import Ends, valid
from tiles.matrix_sets import TileAddress

EXTENT = 4096
BUFFER = 64  # in tile units: outlines of polygons are drawn outside the tile


class Asked(NamedTuple):
    """What of the layers is drawn: as they were then, the present without it; what a filter has."""

    when: Interval | None = None
    filter: Filter | None = None


NOW = Asked()


def tile(
    layers: Sequence[Layer],
    address: TileAddress,
    caller: Caller,  # noqa: ARG001 - rules of access come later
    asked: Asked = NOW,
) -> Statement:
    """Row (tile): MVT bytes with a layer for each of `layers`, empty where there is nothing.

    Layers without a property that the filter names are left out; PropertyUnknown where that leaves
    none. ST_AsMVT leaves out what is too small to have a geometry; a condition on it would work out
    every geometry twice.
    """
    values: list[Any] = [*address.bounds(), *address.degrees(BUFFER / EXTENT)]
    values += asked.when.ends if asked.when else ()
    then = asked.when is not None
    found = clauses(asked.filter, layers, len(values) + 1, then)
    for clause in found.values():
        values += clause.params
    conditions = tuple(clause.sql for clause in found.values())
    if sum(map(len, conditions)) > _MOST_KEPT:
        made = _sql.__wrapped__(tuple(found), conditions, address.matrix_set.srid, then)
    else:
        made = _sql(tuple(found), conditions, address.matrix_set.srid, then)
    return Statement(made, tuple(values))


_MOST_KEPT = 8192  # characters of filters in SQL: longer ones are not kept for the next request


@lru_cache(maxsize=1024)
def _sql(layers: tuple[Layer, ...], conditions: tuple[str, ...], srid: int, then: bool) -> str:
    parts = (
        f"({_of_layer(layer, condition, srid, then)})"
        for layer, condition in zip(layers, conditions, strict=True)
    )
    return f"SELECT {' || '.join(parts)} AS tile"


def _of_layer(layer: Layer, condition: str, srid: int, then: bool) -> str:
    columns = ", ".join(quoted(name) for name in ("code", *(c.name for c in layer.columns)))
    geometry = "geom" if srid == 4490 else f"ST_Transform(geom, {srid})"
    return f"""
        SELECT ST_AsMVT(t, '{layer.name}', {EXTENT}, 'geom') AS tile
        FROM (
            SELECT ST_AsMVTGeom(
                       {geometry},
                       (SELECT ST_MakeEnvelope(
                            $1::float8, $2::float8, $3::float8, $4::float8, {srid})),
                       {EXTENT}, {BUFFER}) AS geom,
                   {columns}
            FROM {"version" if then else "item"}.{quoted(layer.name)} v
            WHERE geom && (SELECT ST_MakeEnvelope(
                               $5::float8, $6::float8, $7::float8, $8::float8, 4490))
                  {f"AND {condition}" if condition else ""}
                  {f"AND {valid(layer, Ends.of(9))}" if then else ""}
        ) t
    """
