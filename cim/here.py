"""What is at a place (此处有什么): the things that a point lies on, the most specific first.

A place is longitude and latitude in degrees (CGCS2000), and may have a height in metres above the
1985 datum. Areas are here where they hold the point or touch it; points and lines where they are
within so many metres. Distances and sizes are planar in metres of the place's own latitude, edges
being straight in longitude and latitude, which is right to a thousandth within some kilometres.

Order: points, then lines, then areas; of these the shorter and the smaller first; then the nearer.
A geometry with heights is here only where its lowest to its highest, give or take the same metres,
hold the height asked for; one without heights is at every height.

The present is found through `cim.cover`, the index across all layers, and then tested exactly in
the layers that have candidates. The past is tested in all layers: the cover keeps only the present.

>>> metres_per_degree(0.0)
(111319.49079327358, 110574.2758179477)
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import count
from math import cos, pi, radians, sin
from typing import Any, NamedTuple

import numpy as np
import shapely

from cim import cover
from cim.access import Caller
from cim.feature_sql import feature, name_sql, with_latest
from cim.layer import Layer
from cim.moments import Interval
from cim.names import quoted
from cim.queryables import Filter, clauses
from cim.registry import Registry
from cim.source_table import near
from cim.statement import NOTHING, Statement
from cim.versions import Ends, valid
from gridcode import beidou

MARGIN = 0.001  # metres around a point, so that what touches it across the side of a cell is found
_A, _E2 = (
    6378137.0,
    0.0066943800229,
)  # CGCS2000 (GB/T 30168): semi-major axis, square of excentricity


class Place(NamedTuple):
    """Degrees; metres above the 1985 datum, None for all heights; metres around."""

    lon: float
    lat: float
    height: float | None = None
    within: float = 1.0


class Asked(NamedTuple):
    """What of a place is asked: classes by how their codes begin, how many at the most, when.

    A filter is for the layers that have its properties.
    """

    class_prefix: str
    limit: int
    when: Interval | None = None
    filter: Filter | None = None


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Metres to a degree of longitude and of latitude on the ellipsoid of CGCS2000."""
    square = 1 - _E2 * sin(radians(lat)) ** 2
    across, along = _A / square**0.5, _A * (1 - _E2) / square**1.5
    return across * cos(radians(lat)) * pi / 180, along * pi / 180


def candidates(place: Place, class_prefix: str) -> Statement:
    """Rows (layer, codes): what may be at a place now.

    OFFSET and LIMIT keep the planner, which knows no numbers, to the indexes.
    """
    numbers = cover.cells_of(np.array([_around(place)])).cell.tolist()
    spans = [beidou.integer_range(number) for number in numbers]
    above = {number for each in numbers for number in _ancestors(each)}
    return Statement(
        """
        SELECT l.name AS layer, array_agg(found.code) AS codes
        FROM (SELECT c.code FROM unnest($1::bigint[], $2::bigint[]) AS span (first, last),
              LATERAL (SELECT code FROM cim.cover
                       WHERE cell BETWEEN span.first AND span.last OFFSET 0) c
              UNION
              SELECT code FROM cim.cover WHERE cell = ANY($3::bigint[])) found
        CROSS JOIN LATERAL (SELECT layer_id FROM cim.entity e WHERE e.code = found.code LIMIT 1) e
        JOIN cim.layer l ON l.id = e.layer_id
        WHERE starts_with(substr(found.code, 7), $4)
        GROUP BY l.name
        """,
        ([first for first, _ in spans], [last for _, last in spans], sorted(above), class_prefix),
    )


def _ancestors(number: int) -> list[int]:
    cell = beidou.decode(beidou.from_integer(number))
    return [beidou.to_integer(beidou.parent(cell.code, level)) for level in range(cell.level)]


def _around(place: Place) -> shapely.Geometry:
    """A box in degrees, cut off at the ends of the earth."""
    wide, high = metres_per_degree(place.lat)
    reach = max(place.within, MARGIN)
    across = min(reach / max(wide, 1e-9), 360.0)
    return shapely.box(
        max(place.lon - across, -180.0),
        max(place.lat - reach / high, -90.0),
        min(place.lon + across, 180.0),
        min(place.lat + reach / high, 90.0),
    )


def here(place: Place, asked: Asked, among: dict[Layer, Sequence[str]] | list[Layer]) -> Statement:
    """Rows (code, layer, name, distance, feature) in order, one more than the limit if there are.

    `among` are the candidates of the present, or the layers to look at in the past; those without
    a property that the filter names are passed by, PropertyUnknown where that leaves none.
    """
    if not among:
        return NOTHING
    first = _FIRST_FREE + (len(among) if isinstance(among, dict) else 2)
    found = clauses(asked.filter, list(among), first, then=not isinstance(among, dict))
    box = _around(place).bounds
    values: list[Any] = [
        place.lon,
        place.lat,
        *metres_per_degree(place.lat),
        place.within,
        place.height,
    ]
    values += [asked.limit, *box]
    if isinstance(among, dict):
        values += [list(codes) for codes in among.values()]
    else:
        assert asked.when is not None
        values += asked.when.ends
    for clause in found.values():
        values += clause.params
    conditions = tuple(found[layer].sql if layer in found else "false" for layer in among)
    made = _here_sql.__wrapped__ if sum(map(len, conditions)) > _MOST_KEPT else _here_sql
    return Statement(made(tuple(among), conditions, isinstance(among, dict)), tuple(values))


_POINT = "(SELECT ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4490))"
_BOX = "(SELECT ST_MakeEnvelope($8::float8, $9::float8, $10::float8, $11::float8, 4490))"
_FIRST_FREE = 12
_MOST_KEPT = 8192  # characters of filters in SQL: longer ones are not kept for the next request

# The geometry in metres from the place.
_LOCAL = (
    "ST_Affine(ST_Force2D(v.geom), $3::float8, 0, 0, $4::float8,"
    " -$1::float8 * $3::float8, -$2::float8 * $4::float8)"
)
_DISTANCE = f"""
    CASE WHEN ST_Dimension(v.geom) = 2 THEN 0
         ELSE ST_Distance({_LOCAL}, (SELECT ST_SetSRID(ST_MakePoint(0, 0), 4490))) END"""
_SIZE = f"""
    CASE ST_Dimension(v.geom) WHEN 2 THEN ST_Area(v.geom) * $3::float8 * $4::float8
         WHEN 1 THEN ST_Length({_LOCAL}) ELSE 0 END"""
_IS_HERE = f"""
    CASE WHEN ST_Dimension(v.geom) = 2 THEN ST_Intersects(v.geom, {_POINT})
             ELSE {_DISTANCE} <= $5::float8 END
    AND ($6::float8 IS NULL OR ST_Zmflag(v.geom) < 2
         OR $6::float8 BETWEEN ST_ZMin(v.geom) - $5::float8 AND ST_ZMax(v.geom) + $5::float8)"""


@lru_cache(maxsize=256)
def _here_sql(layers: tuple[Layer, ...], conditions: tuple[str, ...], now: bool) -> str:
    number = count(_FIRST_FREE)
    ends = Ends.of(_FIRST_FREE)

    def part(layer: Layer, condition: str) -> str:
        which = f"v.code = ANY(${next(number)}::text[])" if now else valid(layer, ends)
        return f"""
            (SELECT v.code, '{layer.name}' AS layer, ST_Dimension(v.geom) AS dimension,
                    {_SIZE} AS size, {_DISTANCE} AS distance, {name_sql(layer)} AS name,
                    convert_to({feature(layer, then=None if now else ends.end)}, 'UTF8') AS feature
             FROM {"item" if now else "version"}.{quoted(layer.name)} v
             {"" if now else with_latest(layer)}
             WHERE {which} AND {near(layer.source, _BOX, "v.")} AND {_IS_HERE}
                   {f"AND {condition}" if condition else ""}
             ORDER BY dimension, size, distance, code LIMIT $7::bigint + 1)"""

    parts = " UNION ALL ".join(map(part, layers, conditions))
    return f"""
        SELECT code, layer, name, distance, feature FROM ({parts}) found
        ORDER BY dimension, size, distance, code LIMIT $7::bigint + 1
    """


def layers_of(registry: Registry, caller: Caller, class_prefix: str) -> list[Layer]:
    """The vector layers whose class begins so; what is fused of one has the same things."""
    visible = registry.visible(caller)
    return [
        layer
        for layer in visible
        if layer.kind == "vector"
        and layer.fusion is None
        and (layer.class_code or "").startswith(class_prefix)
    ]
