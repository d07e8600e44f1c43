"""Where the city lies and how chance is drawn.

Geographic coordinates are CGCS2000 (EPSG:4490) in degrees, always lon, lat here; planar ones are
CGCS2000 / 3-degree Gauss-Kruger CM 111E (EPSG:4546, 高斯-克吕格投影, zone 37: 109.5-112.5 E) in
metres, always easting, northing.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

SEED = 420600
GEOGRAPHIC = "EPSG:4490"
PLANAR = "EPSG:4546"
Points = npt.NDArray[np.float64]
"""Shape (n, 2): lon, lat in degrees or easting, northing in metres."""

_TO_PLANAR = Transformer.from_crs(GEOGRAPHIC, PLANAR, always_xy=True)
_TO_GEOGRAPHIC = Transformer.from_crs(PLANAR, GEOGRAPHIC, always_xy=True)


class Window(NamedTuple):
    """A rectangle in EPSG:4546 metres."""

    west: float
    south: float
    east: float
    north: float


WINDOW = Window(603_600.0, 3_540_300.0, 617_200.0, 3_550_540.0)
"""The dense part: parcels, buildings, imagery. 13.6 x 10.24 km, 1360 x 1024 pixels of 10 m."""


def random_stream(name: str) -> np.random.Generator:
    """The random stream of one module, so that a change in one does not move the others."""
    return np.random.default_rng([SEED, zlib.crc32(name.encode())])


def project(lonlat: Points) -> Points:
    """Degrees to metres, rounded to the millimetre that survey data carry."""
    return np.round(np.column_stack(_TO_PLANAR.transform(lonlat[:, 0], lonlat[:, 1])), 3)


def unproject(planar: Points) -> Points:
    """Metres to degrees, rounded to 1e-8 (about a millimetre)."""
    return np.round(np.column_stack(_TO_GEOGRAPHIC.transform(planar[:, 0], planar[:, 1])), 8)


def geographic(shapes: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """Shapes in metres as shapes in degrees."""
    return np.asarray(shapely.transform(np.atleast_1d(shapes), unproject))


def planar(shapes: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """Shapes in degrees as shapes in metres."""
    return np.asarray(shapely.transform(np.atleast_1d(shapes), project))
