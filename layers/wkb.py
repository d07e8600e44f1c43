"""Reads geometries from WKB (ISO 13249-3, and PostGIS's form), those that are stored.

Points, lines and areas are, single and in collections, with heights and measures. Curves (of
geodatabases) and surfaces of triangles (TIN, PolyhedralSurface) are not: a row that has one cannot
be read, and the others of its batch can.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from cim.assignment.rules import Broken, broken

_CURVES = {
    8: "CircularString",
    9: "CompoundCurve",
    10: "CurvePolygon",
    11: "MultiCurve",
    12: "MultiSurface",
}
_SURFACES = {13: "Curve", 14: "Surface", 15: "PolyhedralSurface", 16: "TIN", 17: "Triangle"}
_TYPE = 0x0FFFFFFF  # without the flags of PostGIS's form


class Read(NamedTuple):
    """Geometries, None where there is none or none that is stored, and why, by their place."""

    geometries: NDArray[Any]
    unread: dict[int, Broken]


def read(written: NDArray[Any]) -> Read:
    """Geometries of an array of WKB and None."""
    try:
        return Read(np.asarray(shapely.from_wkb(written)), {})
    except (shapely.errors.GEOSException, NotImplementedError):
        return _one_by_one(written)


def _one_by_one(written: NDArray[Any]) -> Read:
    geometries, unread = np.full(len(written), None, object), {}
    for i, wkb in enumerate(written):
        try:
            geometries[i] = shapely.from_wkb(wkb)
        except NotImplementedError:
            unread[i] = broken("geometry.curved", _kind(wkb))
        except shapely.errors.GEOSException as error:
            unread[i] = broken("geometry.unread", _SURFACES.get(_code(wkb)) or error)
    return Read(geometries, unread)


def _kind(wkb: bytes) -> str:
    return _CURVES.get(_code(wkb)) or "GeometryCollection"


def _code(wkb: bytes) -> int:
    order: Literal["little", "big"] = "little" if wkb[:1] == b"\x01" else "big"
    return (int.from_bytes(wkb[1:5], order) & _TYPE) % 1000
