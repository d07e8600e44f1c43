"""Compares the places of a file with those of a layer (与参考图层比对), to see a common shift.

Features that have the same key are the same thing: the median of how far their middles lie apart,
east and north, is the shift. Without common keys outlines are laid over each other: points of the
new ones are moved until they lie nearest to the outlines of the layer, from where they are, and
from where they would be without the offset of GCJ-02 and of BD-09. That finds a shift of less than
half of what is between neighbours, and the two offsets however dense things are.

A shift that is the offset of GCJ-02 or BD-09 at that place, in length and direction, is told as
such; another one may come from another datum or from a local frame.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from cim.assignment.rules import Broken, broken
from cim.database.sql import run
from cim.layer import Layer
from cim.names import quoted
from layers.crs import offset

MOST_KEYS = 20_000  # features that are compared
MOST_OUTLINES = 3_000
_MOST_POINTS = 1_500
_FEWEST = 3  # features that can have something in common
_LEAST = 1.0  # metres that are told as a shift
_REACH = 0.02  # degrees around the file in which outlines are looked for: beyond the offsets
_METRES = 111_320.0  # a degree of the equator
_ROUNDS = 20
_OFFSETS = {"GCJ-02": offset.to_gcj02, "BD-09": offset.to_bd09}

Pairs = NDArray[np.float64]


class Shift(NamedTuple):
    """A shift in metres: `spread` is the median of what remains of single features without it, and
    `beyond` that of what remains without the offset of GCJ-02, or BD-09, where each of them is.
    """

    features: int
    east: float
    north: float
    spread: float
    place: tuple[float, float]
    by: str
    beyond: Mapping[str, float]

    @property
    def length(self) -> float:
        return float(np.hypot(self.east, self.north))

    def describe(self, layer: str) -> dict[str, Any]:
        return {
            "layer": layer,
            "compared_by": self.by,
            "features": self.features,
            "east": round(self.east, 3),
            "north": round(self.north, 3),
            "spread": round(self.spread, 3),
        }


def compare(connection: Connection, layer: Layer, *, outlines: bool) -> Shift | None:
    """How the staged rows lie beside a layer: by keys, else by `outlines`; None where it cannot be
    told.
    """
    found = _by_keys(connection, layer)
    if found is None and outlines:
        found = _by_outlines(connection, layer)
    return found


def judge(shift: Shift, layer: str, crs: str) -> Broken | None:
    """What is to be told of a shift of a file that was declared in a CRS; None of a small one."""
    if shift.length < _LEAST or shift.spread > shift.length / 3:
        return None
    for name in _OFFSETS:
        east, north = _offset(name, shift.place)
        if shift.beyond[name] < 0.1 * np.hypot(east, north):
            return broken(
                "crs.offset",
                name,
                layer=layer,
                count=shift.features,
                east=shift.east,
                north=shift.north,
                by_east=east,
                by_north=north,
            )
    cause, cause_zh = _cause(shift, layer, crs)
    return broken(
        "crs.shifted",
        f"{shift.length:.2f}",
        layer=layer,
        count=shift.features,
        east=shift.east,
        north=shift.north,
        spread=shift.spread,
        cause=cause,
        cause_zh=cause_zh,
    )


def _cause(shift: Shift, layer: str, crs: str) -> tuple[str, str]:
    for name in _OFFSETS:
        east, north = _offset(name, shift.place)
        if np.hypot(shift.east + east, shift.north + north) < 0.1 * np.hypot(east, north):
            return (
                f"the opposite of the offset of {name}, which {layer} itself may have",
                f"与 {name} 的偏移相反，可能是图层 {layer} 自身带有该偏移",
            )
    return (
        f"as of another datum or local frame than {crs}",
        f"可能并非 {crs}，而是别的基准或地方坐标系",
    )


def _offset(name: str, place: tuple[float, float]) -> tuple[float, float]:
    """What an offset moves a place by: metres east and north."""
    there = np.array([place])
    ((east, north),) = (_OFFSETS[name](there) - there) * _scale(place[1])
    return float(east), float(north)


def _scale(latitude: float) -> NDArray[np.float64]:
    """Metres of a degree east and north."""
    return np.array([_METRES * np.cos(np.radians(latitude)), _METRES])


def _by_keys(connection: Connection, layer: Layer) -> Shift | None:
    if layer.key_field is None:
        return None
    rows = run(connection, _KEYED.format(layer=quoted(layer.name)), layer.name, MOST_KEYS)
    if len(rows) < _FEWEST:
        return None
    new, old = (np.array([row[i : i + 2] for row in rows], float) for i in (0, 2))
    x, y = np.median(old, axis=0).tolist()
    apart = (new - old) * _scale(y)
    east, north = np.median(apart, axis=0)
    spread = _middle(apart - (east, north))
    beyond = {n: _middle(apart - (move(old) - old) * _scale(y)) for n, move in _OFFSETS.items()}
    return Shift(len(apart), float(east), float(north), spread, (x, y), "keys", beyond)


def _middle(apart: Pairs) -> float:
    return float(np.median(np.hypot(*apart.T)))


_KEYED = """
    SELECT ST_X(n.middle) AS x, ST_Y(n.middle) AS y,
           ST_X(o.middle) AS old_x, ST_Y(o.middle) AS old_y
    FROM (SELECT cim_source, cim_geom FROM stage LIMIT $2) s
    JOIN cim.entity e ON e.source_system = $1 AND e.source_id = s.cim_source
    JOIN layer.{layer} l ON l.code = e.code
    CROSS JOIN LATERAL (SELECT ST_Centroid(s.cim_geom) AS middle) n
    CROSS JOIN LATERAL (SELECT ST_Centroid(l.geom) AS middle) o
"""


def _by_outlines(connection: Connection, layer: Layer) -> Shift | None:
    new = _shapes(connection, "SELECT ST_AsBinary(ST_Force2D(cim_geom)) AS wkb FROM stage LIMIT $1")
    near = _NEAR.format(layer=quoted(layer.name))
    old = _shapes(connection, near, _REACH)
    if not len(new) or not len(old):
        return None
    place = shapely.get_coordinates(new).mean(axis=0)
    scale = _scale(float(place[1]))
    lines = _segments(old, place, scale)
    points = (_spread_out(shapely.get_coordinates(new)) - place) * scale
    tree = shapely.STRtree(lines)
    there = (float(place[0]), float(place[1]))
    begins = [(0.0, 0.0), *(_offset(name, there) for name in _OFFSETS)]
    found = [_laid_over(tree, points, np.array(begin)) for begin in begins]
    shift, spread = min(found, key=lambda each: each[1])
    unmoved = _apart(tree, points)[1]
    if spread > unmoved / 2:  # nowhere do they lie much better than where they are
        shift, spread = np.zeros(2), unmoved
    beyond = {name: _middle(shift[None] - _offset(name, there)) for name in _OFFSETS}
    return Shift(len(new), float(shift[0]), float(shift[1]), spread, there, "outlines", beyond)


_NEAR = """
    SELECT ST_AsBinary(ST_Force2D(l.geom)) AS wkb
    FROM layer.{layer} l,
         (SELECT ST_Expand(ST_Extent(cim_geom)::geometry, $2) AS box FROM stage) s
    WHERE l.geom && ST_SetSRID(s.box, 4490) LIMIT $1
"""


def _shapes(connection: Connection, sql: str, *more: object) -> NDArray[Any]:
    rows = run(connection, sql, MOST_OUTLINES, *more)
    return np.asarray(shapely.from_wkb([bytes(row.wkb) for row in rows]))


def _segments(shapes: NDArray[Any], place: Pairs, scale: Pairs) -> NDArray[Any]:
    """Outlines as single segments, and points, in metres about a place."""
    simple = shapely.get_parts(shapely.get_parts(shapes))
    areas = shapely.get_dimensions(simple) == 2
    simple[areas] = shapely.boundary(simple[areas])
    parts = shapely.get_parts(simple)
    points = shapely.get_dimensions(parts) == 0
    xy, of = shapely.get_coordinates(parts[~points], return_index=True)
    xy = (xy - place) * scale
    same = of[1:] == of[:-1]
    lines = shapely.linestrings(np.stack((xy[:-1][same], xy[1:][same]), axis=1))
    alone = shapely.points((shapely.get_coordinates(parts[points]) - place) * scale)
    return np.concatenate((np.atleast_1d(lines), np.atleast_1d(alone)))


def _spread_out(xy: Pairs) -> Pairs:
    return xy[:: max(1, len(xy) // _MOST_POINTS)]


def _apart(tree: shapely.STRtree, points: Pairs) -> tuple[Pairs, float]:
    """From each point to the nearest outline, and how far that is in the middle."""
    shapes = shapely.points(points)
    _, nearest = tree.query_nearest(shapes, all_matches=False)
    ends = shapely.get_coordinates(shapely.shortest_line(shapes, tree.geometries[nearest]))
    apart = (ends[1::2] - ends[::2]).astype(float)
    return apart, float(np.median(np.hypot(*apart.T)))


def _laid_over(tree: shapely.STRtree, points: Pairs, shift: Pairs) -> tuple[Pairs, float]:
    """The shift near a first one by which points lie best on the outlines, and what remains.

    A point of an outline may slide along the other one: only what stands square to it counts, for
    the nearer four fifths.
    """
    for _ in range(_ROUNDS):
        apart, _ = _apart(tree, points - shift)
        far = np.hypot(*apart.T)
        near = (far <= np.quantile(far, 0.8)) & (far > 1e-6)
        if not near.any():
            break
        square = apart[near] / far[near, None]
        more, *_ = np.linalg.lstsq(square, far[near], rcond=None)
        shift = shift - more
        if np.hypot(*more) < 0.001:
            break
    return shift, _apart(tree, points - shift)[1]
