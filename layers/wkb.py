"""Reads geometries from WKB (ISO 13249-3, and PostGIS's form), those that are stored.

Points, lines and areas are, single and in collections, with heights and measures. Curves (of
geodatabases) become lines, which is told. Surfaces of triangles (TIN, PolyhedralSurface) are not
stored: a row that has one cannot be read, and the others of its batch can.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from cim.assignment.rules import broken
from layers.reading import curves
from layers.reading.opened import Fault

_CURVES = {
    8: "CircularString",
    9: "CompoundCurve",
    10: "CurvePolygon",
    11: "MultiCurve",
    12: "MultiSurface",
}
_SURFACES = {13: "Curve", 14: "Surface", 15: "PolyhedralSurface", 16: "TIN", 17: "Triangle"}
_COLLECTION = 7
_TYPE = 0x0FFFFFFF  # without the flags of PostGIS's form


class Read(NamedTuple):
    """Geometries, None where there is none or none that is stored, and what is told of them."""

    geometries: NDArray[Any]
    faults: Sequence[Fault]


def read(written: NDArray[Any]) -> Read:
    """Geometries of an array of WKB and None."""
    try:
        geometries = np.asarray(shapely.from_wkb(written))
        if not any(map(_has_arcs, geometries[shapely.get_type_id(geometries) == _COLLECTION])):
            return Read(geometries, [])
        return _one_by_one(written)
    except (shapely.errors.GEOSException, NotImplementedError):
        return _one_by_one(written)


def _one_by_one(written: NDArray[Any]) -> Read:
    geometries, faults = np.full(len(written), None, object), []
    for place, wkb in enumerate(written):
        try:
            geometries[place] = shapely.from_wkb(wkb)
            if _has_arcs(geometries[place]):
                geometries[place], fault = _straight(wkb, NotImplementedError("arcs"))
                faults.append(fault._replace(place=place))
        except (shapely.errors.GEOSException, NotImplementedError) as error:
            geometries[place], fault = _straight(wkb, error)
            faults.append(fault._replace(place=place))
    return Read(geometries, faults)


def _has_arcs(shape: Any) -> bool:
    """Of a collection, of which shapely does not say so."""
    is_collection = shapely.get_type_id(shape) == _COLLECTION
    return is_collection and any(word in shape.wkt for word in ("CIRCULAR", "CURVE"))


def _straight(wkb: bytes, error: Exception) -> tuple[Any, Fault]:
    """The geometry with lines for arcs, and that it is so; or why it cannot be read."""
    made = curves.straight(wkb)
    shape = None if made is None else shapely.from_wkb(made, on_invalid="ignore")
    code = _code(wkb)
    if shape is None:
        kind = _SURFACES.get(code) or _CURVES.get(code)
        return None, Fault(0, None, broken("geometry.unread", kind or error))
    said = broken("geometry.linearised", _CURVES.get(code) or "GeometryCollection")
    return shape, Fault(0, None, said, "told")


def _code(wkb: bytes) -> int:
    order: Literal["little", "big"] = "little" if wkb[:1] == b"\x01" else "big"
    return (int.from_bytes(wkb[1:5], order) & _TYPE) % 1000
