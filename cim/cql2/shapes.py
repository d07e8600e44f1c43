"""Geometries in filters (过滤条件中的几何): literals in `filter-crs`, and the eight relations.

A literal has the axis order that is registered for its CRS, so that EPSG:4490 is latitude,
longitude; without `filter-crs` it is CRS84: longitude, latitude. It is moved into the storage CRS
here and bound as WKB, made once a statement. Sides of a CRS in metres are bent in ours: points are
put between, 64 to the extent of the literal. A BBOX whose west is east of its east crosses the
antimeridian. GEOS relates collections of several dimensions by S_INTERSECTS and S_DISJOINT alone.
"""

from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from cim.cql2.terms import KINDS, Bound, Term
from cim.cql2.tree import Place
from cim.crs import Crs
from cim.errors import FilterInvalid

__all__ = ["RELATIONS", "box", "literal", "on_one_side", "relation"]

STORED = 4490

RELATIONS = {
    "s_intersects": "ST_Intersects({}, {})",
    "s_disjoint": "NOT ST_Intersects({}, {})",
    "s_equals": "ST_Equals({}, {})",
    "s_touches": "ST_Touches({}, {})",
    "s_within": "ST_Within({}, {})",
    "s_overlaps": "ST_Overlaps({}, {})",
    "s_crosses": "ST_Crosses({}, {})",
    "s_contains": "ST_Contains({}, {})",
}
_OF_COLLECTIONS = {"s_intersects", "s_disjoint"}


def literal(geometry: shapely.Geometry, crs: Crs, place: Place) -> Term:
    """A geometry literal in the storage CRS; FilterInvalid where it is none, or elsewhere."""
    if geometry.is_empty:
        raise FilterInvalid(place, "a geometry without points")
    moved = _moved(shapely.force_2d(geometry), crs, place)
    if not moved.is_valid:
        reason = shapely.is_valid_reason(moved)
        raise FilterInvalid(place, f"the geometry is invalid: {reason}")
    return Term("", "geometry", place, "the geometry", value=_whole(moved))


def box(terms: list[Term], crs: Crs, place: Place) -> Term:
    """The literal BBOX of four numbers, or six with heights that are not used."""
    numbers = [float(t.value) for t in terms if t.kind == "number" and t.value is not None]
    if len(numbers) != len(terms) or len(numbers) not in {4, 6}:
        raise FilterInvalid(place, "BBOX takes four or six numbers")
    if len(numbers) == 6:
        numbers = [*numbers[0:2], *numbers[3:5]]
    x, y = (1, 0) if crs.flipped else (0, 1)
    west, south, east, north = numbers[x], numbers[y], numbers[x + 2], numbers[y + 2]
    if south > north:
        raise FilterInvalid(place, f"the south {south:g} of the box is above its north {north:g}")
    if west <= east:
        parts = [(west, south, east, north)]
    elif crs.digits == 8:
        parts = [(west, south, 180.0, north), (-180.0, south, east, north)]
    else:
        raise FilterInvalid(place, f"the west {west:g} of the box is east of its east {east:g}")
    outline = _outline(parts)
    if crs.flipped:
        outline = shapely.transform(outline, lambda points: points[:, ::-1])
    return literal(outline, crs, place)


def _outline(parts: list[tuple[float, float, float, float]]) -> shapely.Geometry:
    """Boxes; one without width or height is the line or the point that it is."""
    made: list[shapely.Geometry] = []
    for west, south, east, north in parts:
        if west < east and south < north:
            made.append(shapely.box(west, south, east, north))
        elif (west, south) == (east, north):
            made.append(shapely.Point(west, south))
        else:
            made.append(shapely.LineString([(west, south), (east, north)]))
    return made[0] if len(made) == 1 else shapely.union_all(made)


def relation(op: str, terms: list[Term], bound: Bound) -> str:
    """SQL of a spatial relation."""
    for term in terms:
        if term.kind != "geometry":
            raise FilterInvalid(term.place, f"{term.said} is {KINDS[term.kind]}, not a geometry")
        if term.value is not None and op not in _OF_COLLECTIONS and _mixed(term.value):
            reason = f"{op.upper()} does not take a collection of several dimensions"
            raise FilterInvalid(term.place, reason)
    shapes = [geometry(term, bound) for term in terms]
    sql = RELATIONS[op].format(*shapes)
    if op == "s_disjoint":
        return f"({sql})"
    for term, other, shape in zip(terms, reversed(terms), reversed(shapes), strict=True):
        if term.near is not None and other.same_for_all:
            return f"{term.near(shape)} AND {sql}"
    return sql


def geometry(term: Term, bound: Bound) -> str:
    """SQL of a geometry; a literal is made once a statement, not once a row, as a sub-select is."""
    if term.value is None:
        return term.sql
    made = bound.put(shapely.to_wkb(term.value), "bytea")
    return f"(SELECT ST_GeomFromWKB({made}, {STORED}))"


def on_one_side(term: Term) -> None:
    """FilterInvalid where a literal goes half round the earth, so that no line is the shortest."""
    if term.value is not None:
        west, south, east, north = term.value.bounds
        if east - west >= 180 or north - south >= 180:
            raise FilterInvalid(term.place, "the geometry is as large as half the earth")


def _mixed(value: shapely.Geometry) -> bool:
    return bool(value.geom_type == "GeometryCollection")


def _whole(value: shapely.Geometry) -> shapely.Geometry:
    """A collection of one dimension as what it covers together."""
    if value.geom_type != "GeometryCollection":
        return value
    dimensions = {shapely.get_dimensions(part) for part in value.geoms}
    return shapely.union_all(list(value.geoms)) if len(dimensions) == 1 else value


def _moved(value: shapely.Geometry, crs: Crs, place: Place) -> shapely.Geometry:
    points = shapely.get_coordinates(value)
    if not np.isfinite(points).all():
        raise FilterInvalid(place, "the geometry has a coordinate that is not finite")
    if crs.flipped:
        value = shapely.transform(value, lambda points: points[:, ::-1])
    if crs.srid != STORED:
        value = _transformed(value, crs.srid, place)
    longitude, latitude = np.abs(shapely.get_coordinates(value)).max(axis=0)
    if longitude > 180 or latitude > 90:
        order = "latitude, longitude" if crs.flipped and crs.digits == 8 else "longitude, latitude"
        if crs.digits != 8:
            order = "northing, easting" if crs.flipped else "easting, northing"
        reason = f"the geometry lies outside the earth; its CRS has {order}"
        raise FilterInvalid(place, reason)
    return value


def _transformed(value: shapely.Geometry, srid: int, place: Place) -> shapely.Geometry:
    west, south, east, north = value.bounds
    step = max(east - west, north - south) / 64
    if step > 0:
        value = shapely.segmentize(value, step)
    transformer = _transformer(srid)

    def move(points: NDArray[Any]) -> NDArray[Any]:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    moved = shapely.transform(value, move)
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise FilterInvalid(place, "the geometry lies outside the area of its CRS")
    return moved


@lru_cache(maxsize=64)
def _transformer(srid: int) -> Transformer:
    return Transformer.from_crs(srid, STORED, always_xy=True)
