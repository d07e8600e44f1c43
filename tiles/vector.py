"""Vector tiles (矢量瓦片): one statement whose result is the tile, MVT 2.1.

The tile's box is worked out here and bound; the stored geometry is looked for in its own CRS
(EPSG:4490) and only what is found is projected. A feature carries its code and the layer's own
columns; division and class are parts of the code. A tile of several collections has a layer for
each: layers of MVT follow each other as bytes do.

At small scales a large layer is drawn from its pyramid (`cim.pyramid`): features that would be
smaller than 8 pixels are seen as the largest of their cell, with `cim_features`, how many it stands
for.

The state of a tile is the sum of the stamps of what was written there. A tile whose state the
caller knows is not worked out again, and one whose pyramid is behind the writes is not given.
"""

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from cim import pyramid
from cim.access import Caller
from cim.layer import Layer
from cim.moments import Interval
from cim.names import quoted
from cim.queryables import Filter, clauses
from cim.source_table import near
from cim.statement import Statement
from cim.versions import Ends, valid
from tiles.matrix_sets import Bounds, TileAddress

EXTENT = 4096
BUFFER = 64  # in tile units: outlines of polygons are drawn outside the tile
CELLS = 6  # levels of the grid below that of a tile: 64 cells to its side
HALF_A_PIXEL = EXTENT / 1024  # of the 512 that a tile is shown on
STORED, WEB_MERCATOR = 4490, 3857
MANY = 2_000  # features of a layer that is drawn from its pyramid


class Asked(NamedTuple):
    """A tile of layers, now or as of a time, all of it or what a filter has.

    `known` are states of it that need no answer.
    """

    layers: tuple[Layer, ...]
    address: TileAddress
    when: Interval | None = None
    filter: Filter | None = None
    known: tuple[str, ...] = ()

    @property
    def level(self) -> int | None:
        """Level of the pyramid that is drawn; None where the features are."""
        west, _, east, _ = self.address.degrees()
        level = round(math.log2(360 / max(east - west, 1e-9))) + CELLS
        whole = self.when is None and self.filter is None
        return level if whole and pyramid.FIRST <= level <= pyramid.FINEST else None

    @property
    def stateless(self) -> bool:
        return is_stateless(self.layers, readings=self.filter is not None)

    def from_pyramid(self) -> list[Layer]:
        """The layers that are drawn from their pyramid, or from that of the layer they rest on."""
        return [layer for layer in self.layers if self.level is not None and is_many(layer)]


def tile(asked: Asked, caller: Caller) -> Statement:
    """Row (state, behind, tile): MVT bytes with a layer for each of `layers`, empty for nothing.

    `tile` is null where the state is known, and where a pyramid is `behind` the writes. Layers
    without a property that the filter names are left out; PropertyUnknown where that leaves none.
    ST_AsMVT leaves out what is too small to have a geometry; a condition on it would work out every
    geometry twice.
    """
    if not asked.layers:
        return Statement("SELECT '0' AS state, false AS behind, ''::bytea AS tile", ())
    box = asked.address.degrees(BUFFER / EXTENT)
    bounds, srid = _paper(asked)
    values: list[Any] = [*bounds, *box, list(asked.known)]
    values += asked.when.ends if asked.when else ()
    then = asked.when is not None
    found = clauses(asked.filter, asked.layers, len(values) + 1, then)
    for clause in found.values():
        values += clause.params
    conditions = tuple(clause.sql for clause in found.values())
    make = _sql if sum(map(len, conditions)) <= _MOST_KEPT else _sql.__wrapped__
    return Statement(make(tuple(found), conditions, srid, asked.level, then), tuple(values))


def _paper(asked: Asked) -> tuple[Bounds, int]:
    """The box that a tile is drawn in, and the CRS of its coordinates.

    Within a small tile of Web Mercator the projection leaves its chord by less than a quarter of a
    tile unit, or the half pixel that a pyramid leaves out anyway. So it is drawn in degrees: to
    project each vertex would take a fifth longer.
    """
    address = asked.address
    _, south, _, north = degrees = address.degrees()
    slope = math.tan(math.radians(max(abs(south), abs(north))))
    off = EXTENT * math.radians(north - south) * slope / 8
    thinned = len(asked.from_pyramid()) == len(asked.layers)
    if address.matrix_set.srid == WEB_MERCATOR and off < (HALF_A_PIXEL if thinned else 1 / 4):
        return degrees, STORED
    return address.bounds(), address.matrix_set.srid


_MOST_KEPT = 8192  # characters of filters in SQL: longer ones are not kept for the next request


def is_stateless(layers: Iterable[Layer], *, readings: bool) -> bool:
    """Whether what is drawn depends on more than our rows: on tables that others write, or on the
    latest `readings` of stations.
    """
    for layer in layers:
        if layer.source or (readings and layer.observed):
            return True
        if layer.fusion and any(not join.table.loaded for join in layer.fusion.joins):
            return True
    return False


def is_many(layer: Layer) -> bool:
    """Whether a layer is drawn from its pyramid at small scales.

    As when it was last counted; a growing layer that never was may have any number.
    """
    never = layer.growing and not layer.feature_count
    return layer.source is None and (never or layer.feature_count >= MANY)


@lru_cache(maxsize=1024)
def _sql(
    layers: tuple[Layer, ...], conditions: tuple[str, ...], srid: int, level: int | None, then: bool
) -> str:
    parts, states, behind = [], [], ["false"]
    for layer, condition in zip(layers, conditions, strict=True):
        if level is not None and is_many(layer):
            rows = _cells(layer, level)
            behind.append(is_behind(layer))
        else:
            rows = _features(layer, condition, then)
        parts.append(f"({_of_layer(layer, srid, rows)})")
        states.append(state(layer))
    return f"""
        WITH s AS MATERIALIZED (
            SELECT ({" + ".join(states)})::text AS state, {" OR ".join(behind)} AS behind
        )
        SELECT state, behind,
               CASE WHEN NOT behind AND state <> ALL ($9::text[])
                    THEN {" || ".join(parts)} END AS tile
        FROM s
    """


BOX = "box(point($5::float8, $6::float8), point($7::float8, $8::float8))"
_PLACE = "(SELECT ST_MakeEnvelope($5::float8, $6::float8, $7::float8, $8::float8, 4490))"


def state(layer: Layer, box: str = BOX) -> str:
    """SQL of the state of a layer in a box, which moves with every write there.

    What is fused has the state of its layer, and that of the links of its tables.
    """
    if layer.source:  # nobody tells us of its writes
        return "0"
    name = quoted(layer.stored)
    written = f"(SELECT coalesce(sum(stamp), 0) FROM touched.{name} WHERE place && {box})"
    if layer.fusion is None:
        return written
    linked = "SELECT coalesce(sum(stamp), 0) FROM cim.fusion_table WHERE layer_id = {}"
    return f"({written} + ({linked.format(layer.id)}))"


def is_behind(layer: Layer, box: str = BOX) -> str:
    """SQL condition: the pyramid of a layer does not have all writes in a box."""
    return f"EXISTS (SELECT FROM touched.{quoted(layer.stored)} WHERE fresh AND place && {box})"


def _of_layer(layer: Layer, srid: int, rows: str) -> str:
    geometry = "v.geom" if srid == STORED else f"ST_Transform(v.geom, {srid})"
    return f"""
        SELECT ST_AsMVT(cim_tile, '{layer.name}', {EXTENT}, 'geom') AS tile
        FROM (
            SELECT ST_AsMVTGeom(
                       {geometry},
                       (SELECT ST_MakeEnvelope(
                            $1::float8, $2::float8, $3::float8, $4::float8, {srid})),
                       {EXTENT}, {BUFFER}) AS geom,
                   {rows}
        ) cim_tile
    """


def _columns(layer: Layer, row: str) -> str:
    """The columns of a row `row`, with the values that items have.

    ST_AsMVT would write a numeric as a text, a time in another form, no array, and the members of
    JSON as properties in the place of ours.
    """
    written = [f"{row}.code"]
    for column in layer.columns:
        name = quoted(column.name)
        written.append(f"{_value(f'{row}.{name}', column.type)} AS {name}")
    return ", ".join(written)


def _value(column: str, kind: str) -> str:
    if kind.startswith("numeric"):
        return f"{column}::float8"
    if kind.startswith("timestamp"):
        return f"to_json({column}) #>> '{{}}'"
    if kind in {"json", "jsonb"} or kind.endswith("[]"):
        return f"to_json({column})::text"
    return column


def _features(layer: Layer, condition: str, then: bool) -> str:
    terms = [near(layer.source, _PLACE), condition, valid(layer, Ends.of(10)) if then else ""]
    return f"""{_columns(layer, "v")}
        FROM {"version" if then else "item"}.{quoted(layer.name)} v
        WHERE {" AND ".join(filter(None, terms))}"""


def _cells(layer: Layer, level: int) -> str:
    """Large features first, so that what is counted in cells is seen on them."""
    name = quoted(layer.stored)
    rows = f"item.{quoted(layer.name)}" if layer.fusion else f"layer.{name}"
    return f"""{_columns(layer, "i")}, cim_features
        FROM (
            SELECT code, geom, 1 AS cim_features FROM outline.{name}
            WHERE level = {level}::smallint AND geom && {_PLACE}
            UNION ALL
            SELECT code, geom, features FROM cell.{name}
            WHERE level = {level}::smallint AND geom && {_PLACE}
        ) v JOIN {rows} i USING (code)"""
