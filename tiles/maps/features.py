"""What is seen of a vector layer (地图要素): geometries in pixels, from the lower left corner.

A geometry is looked for in its own CRS, thinned to a quarter of a pixel, cut to the box, and only
then projected. What is smaller than a pixel is seen as a pixel, that of the largest thing in it; of
a layer of many it is two by two pixels, or a cell of the pyramid (`cim.pyramid`), so that a map of
a million things is no larger than its picture. More than `MOST_FEATURES` or `MOST_BYTES` are
refused, not left out.

A box that crosses the antimeridian is two pieces of the world side by side.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from cim import pyramid
from cim.access import Caller
from cim.cql2 import Clause, Queryable
from cim.layer import Layer
from cim.moments import Interval
from cim.names import quoted
from cim.queryables import of_layer
from cim.source_table import near
from cim.statement import Statement
from cim.versions import Ends, valid
from tiles import matrix_sets
from tiles.maps.frame import Bounds, Frame
from tiles.vector import is_behind, is_many, state

MOST_FEATURES = 300_000  # of a layer
MOST_BYTES = 96 << 20  # of the geometries of a layer
_COUNT = "cim_features"  # how many things a cell of the pyramid stands for
_SMALL = 2  # pixels
_FINE = 0.25  # pixels
_HIGHEST = 89.5  # degrees
_SIMPLE = 512  # bytes: what is shorter has too few corners to be thinned
_WIDEST_CELL = 8  # pixels


class Piece(NamedTuple):
    """A part of the world in a picture: its box in degrees, and how far east it is moved."""

    box: Bounds
    shift: float = 0.0


class Place(NamedTuple):
    """A picture on the earth: what of the world is in it, and how large a pixel is in degrees."""

    frame: Frame
    pieces: tuple[Piece, ...]
    pixel: float

    @property
    def box(self) -> Bounds:
        """A box in degrees that holds everything in the picture."""
        if len(self.pieces) == 1:
            return self.pieces[0].box
        boxes = [piece.box for piece in self.pieces]
        return -180.0, min(box[1] for box in boxes), 180.0, max(box[3] for box in boxes)

    def level(self, layer: Layer) -> int | None:
        """The level of the pyramid that a large layer is drawn from; None for its features."""
        if not is_many(layer):
            return None
        level = max(math.floor(math.log2(360 / (_SMALL * self.pixel))), pyramid.FIRST)
        if level <= pyramid.FINEST:
            return level
        return pyramid.FINEST if _WIDEST_CELL * self.pixel >= 360 / 2**pyramid.FINEST else None


def place(frame: Frame) -> Place | None:
    """Where a picture is; None where its CRS has no such place."""
    box = frame.widened()
    if frame.srid != 4490:
        degrees = matrix_sets.to_degrees(frame.srid, box)
        if not all(map(math.isfinite, degrees)) or degrees[0] >= degrees[2]:
            return None
        west, south, east, north = degrees
        pixel = min((east - west) / frame.width, (north - south) / frame.height)
        return Place(frame, (Piece(_short_of_poles(degrees)),), pixel)
    shifts = (-360.0, 0.0, 360.0) if frame.bounds[2] - frame.bounds[0] <= 360 else (0.0,)
    pieces = [
        Piece(_on_earth((box[0] - shift, box[1], box[2] - shift, box[3])), shift)
        for shift in shifts
        if frame.bounds[0] < 180 + shift and frame.bounds[2] > shift - 180
    ]
    return Place(frame, tuple(pieces), min(frame.pixel)) if pieces else None


def _on_earth(box: Bounds) -> Bounds:
    west, south, east, north = box
    return max(west, -180.0), max(south, -90.0), min(east, 180.0), min(north, 90.0)


def _short_of_poles(box: Bounds) -> Bounds:
    """A box that can be projected: the poles have no place in Web Mercator."""
    west, south, east, north = _on_earth(box)
    return west, max(south, -_HIGHEST), east, min(north, _HIGHEST)


class Asked(NamedTuple):
    """A layer in a place, now or as of a time, what a filter has of it, with some properties."""

    layer: Layer
    place: Place
    reads: tuple[str, ...] = ()
    when: Interval | None = None
    clause: Clause = Clause("", ())
    filtered: bool = False

    @property
    def level(self) -> int | None:
        """The level of the pyramid that is drawn; only what is there now and whole has one."""
        return None if self.when or self.filtered else self.place.level(self.layer)


FIRST_OF_CLAUSE = 6
"""The first parameter of the condition of a filter."""


def seen(asked: Asked, caller: Caller) -> Statement:
    """Rows (shape, properties): WKB, and the values of `reads` as a JSON array.

    One row more than `MOST_FEATURES`, or bytes beyond `MOST_BYTES`, tell that there is too much.
    """
    values: list[Any] = [MOST_BYTES, *asked.place.box, *asked.clause.params]
    ends = Ends.of(len(values) + 1)
    if asked.when is not None:
        values += asked.when.ends
    pieces = []
    for piece in asked.place.pieces:
        first = len(values) + 1
        values += [*piece.box, *_to_pixels(asked.place.frame, piece.shift)]
        pieces.append(first)
    there = of_layer(asked.layer, asked.when is not None)
    reads = tuple(_value(there, name) for name in asked.reads)
    srid, pixel = asked.place.frame.srid, float(f"{asked.place.pixel:.3g}")
    shape = _Shape(srid, pixel, tuple(pieces), asked.level, reads, asked.clause.sql)
    return Statement(_sql(asked.layer, shape, ends if asked.when else None), tuple(values))


def _value(there: Mapping[str, Queryable], name: str) -> str | None:
    """SQL of a property, None of one that the layer has not."""
    return there[name].sql if name in there else _COUNT if name == _COUNT else None


def _to_pixels(frame: Frame, shift: float) -> tuple[float, float, float, float]:
    """Factors and offsets of x and y."""
    x, y = frame.pixel
    return 1 / x, 1 / y, (shift - frame.bounds[0]) / x, -frame.bounds[1] / y


class _Shape(NamedTuple):
    """What of a statement is text."""

    srid: int
    pixel: float
    pieces: tuple[int, ...]
    level: int | None
    reads: tuple[str | None, ...]
    condition: str


@lru_cache(maxsize=256)
def _sql(layer: Layer, shape: _Shape, ends: Ends | None) -> str:
    rows = _cells(layer, shape) if shape.level is not None else _thinned(layer, shape, ends)
    parts = " UNION ALL ".join(_piece(first, shape) for first in shape.pieces)
    return f"""
        WITH r AS MATERIALIZED ({rows} LIMIT {MOST_FEATURES + 1})
        SELECT shape, properties FROM (
            SELECT shape, properties, sum(octet_length(shape)) OVER (ROWS UNBOUNDED PRECEDING)
                   - octet_length(shape) AS before
            FROM (SELECT ST_AsBinary(g, 'NDR') AS shape, properties FROM ({parts}) p) b
        ) s WHERE before <= $1::bigint"""


def _piece(first: int, shape: _Shape) -> str:
    """The rows `r` that a part of the world has, cut to it, in pixels (`g`)."""
    box, (sx, sy, dx, dy) = _box(first), (f"${first + i}::float8" for i in range(4, 8))
    cut = f"CASE WHEN thin @ {box} THEN thin ELSE ST_ClipByBox2D(thin, {box}) END"
    moved = cut if shape.srid == 4490 else f"ST_Transform({cut}, {shape.srid})"
    return f"""
        SELECT ST_Affine({moved}, {sx}, 0, 0, {sy}, {dx}, {dy}) AS g, properties
        FROM r WHERE thin && {box}"""


def _box(first: int) -> str:
    corners = ", ".join(f"${first + i}::float8" for i in range(4))
    return f"(SELECT ST_MakeEnvelope({corners}, 4490))"


def _thin(geom: str, pixel: float) -> str:
    """A geometry without what is not seen of it."""
    size = f"greatest(ST_XMax({geom}) - ST_XMin({geom}), ST_YMax({geom}) - ST_YMin({geom}))"
    return f"""CASE WHEN ST_MemSize({geom}) <= {_SIMPLE} THEN ST_Force2D({geom})
        WHEN {size} < {pixel!r}::float8 AND ST_Dimension({geom}) > 0 THEN ST_Envelope({geom})
        ELSE ST_Simplify(ST_Force2D({geom}), {_FINE * pixel!r}::float8, true) END"""


def _thinned(layer: Layer, shape: _Shape, ends: Ends | None) -> str:
    """Large things as they are; of small ones the largest of its pixels, areas as a square."""
    many = is_many(layer) or layer.source is not None
    side = f"{(_SMALL if many else 1) * shape.pixel!r}::float8"
    alone = "" if many else "AND ST_Dimension(geom) > 0"  # few points are all drawn
    found = f"""
        SELECT geom, {_properties(shape)} AS properties,
               floor((ST_XMin(geom) + ST_XMax(geom)) / 2 / {side}) AS i,
               floor((ST_YMin(geom) + ST_YMax(geom)) / 2 / {side}) AS j,
               greatest(ST_XMax(geom) - ST_XMin(geom), ST_YMax(geom) - ST_YMin(geom)) AS size
        FROM {_rows(layer, shape, ends)}"""
    square = f"ST_MakeEnvelope(i * {side}, j * {side}, (i + 1) * {side}, (j + 1) * {side}, 4490)"
    return f"""
        SELECT thin, properties FROM (
            WITH f AS MATERIALIZED (SELECT *, size < {side} {alone} AS small FROM ({found}) a)
            SELECT {_thin("geom", shape.pixel)} AS thin, properties FROM f WHERE NOT small
            UNION ALL (
                SELECT DISTINCT ON (i, j) CASE WHEN ST_Dimension(geom) = 2 THEN {square}
                       ELSE ST_Force2D(geom) END, properties
                FROM f WHERE small ORDER BY i, j, size DESC)
        ) t"""


def _rows(layer: Layer, shape: _Shape, ends: Ends | None) -> str:
    """The rows of a layer's view that lie in the box `$2` to `$5` and are wanted."""
    view = f"{'version' if ends else 'item'}.{quoted(layer.name)} v"
    terms = [near(layer.source, _box(2)), shape.condition, valid(layer, ends) if ends else ""]
    return f"{view} WHERE {' AND '.join(filter(None, terms))}"


def _cells(layer: Layer, shape: _Shape) -> str:
    """Of the pyramid: large things, and cells over them."""
    name = quoted(layer.stored)
    some = f"WHERE level = {shape.level}::smallint AND geom && {_box(2)}"
    join = f"JOIN item.{quoted(layer.name)} i USING (code)" if any(shape.reads) else ""
    return f"""
        SELECT v.cim_shape AS thin, {_properties(shape)} AS properties
        FROM (
            SELECT code, geom AS cim_shape, 1 AS cim_features FROM outline.{name} {some}
            UNION ALL
            SELECT code, geom, features FROM cell.{name} {some}
        ) v {join}"""


def _properties(shape: _Shape) -> str:
    if not any(shape.reads):
        return "'[]'"
    there = [each if shape.level is not None or each != _COUNT else None for each in shape.reads]
    return f"json_build_array({', '.join(each or 'NULL' for each in there)})::text"


def states(layers: Sequence[Asked]) -> Statement:
    """Row (state, behind): what moves with every write to the layers in the place, and whether a
    pyramid that is drawn is behind the writes.
    """
    box = "box(point($1::float8, $2::float8), point($3::float8, $4::float8))"
    told = [state(asked.layer, box) for asked in layers]
    late = [is_behind(asked.layer, box) for asked in layers if asked.level is not None]
    return Statement(
        f"SELECT ({' + '.join(told)})::text AS state, {' OR '.join(['false', *late])} AS behind",
        tuple(layers[0].place.box),
    )
