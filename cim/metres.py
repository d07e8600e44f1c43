"""Metres of shapes that are in degrees (小范围量算), for what is measured in a city.

Degrees of latitude and longitude are longer or shorter with the latitude; each shape is scaled by
their lengths at the middle of its own (WGS 84, CGCS2000 alike), x and y apart, so that a straight
line stays one. Good to a thousandth for shapes of some kilometres. Geometries are x = longitude,
y = latitude.

>>> import shapely
>>> east, north = per_degree(32.0)
>>> round(float(east)), round(float(north))
(94493, 110887)
>>> box = in_metres(shapely.box(112, 32, 112.001, 32.001))
>>> round(float(box.area))
10478
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def per_degree(latitude: Any) -> tuple[Numbers, Numbers]:
    """Metres of a degree of longitude and of one of latitude there."""
    at = np.radians(latitude)
    east = 111_412.84 * np.cos(at) - 93.5 * np.cos(3 * at)
    north = 111_132.954 - 559.822 * np.cos(2 * at) + 1.175 * np.cos(4 * at)
    return east, north


def latitudes(geometries: Any) -> Numbers:
    """The middle latitude of each shape."""
    boxes = shapely.bounds(geometries)
    middle: Numbers = (boxes[..., 1] + boxes[..., 3]) / 2
    return middle


def in_metres(geometries: Any, latitude: Any = None) -> Any:
    """The shapes in metres, without heights: each by its own latitude, or all by one."""
    at = latitudes(geometries) if latitude is None else latitude
    scale = np.stack(np.broadcast_arrays(*per_degree(at)), -1)
    if scale.ndim == 1:
        return shapely.transform(geometries, lambda xy: xy * scale)
    _, of = shapely.get_coordinates(geometries, return_index=True)
    return shapely.transform(geometries, lambda xy: xy * scale[of])


def widths(geometries: Any) -> Numbers:
    """How wide areas in metres are: twice the area by the perimeter, nan without one.

    Of a long strip that is its width, of a square half its side.
    """
    around = shapely.length(geometries)
    with np.errstate(invalid="ignore", divide="ignore"):
        wide: Numbers = 2 * shapely.area(geometries) / around
    return wide
