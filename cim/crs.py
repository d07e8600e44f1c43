"""Coordinate reference systems at the edge (坐标参考系), by their OGC addresses.

Stored coordinates are CGCS2000 (EPSG:4490) as longitude, latitude. What goes out and comes in
has the axis order that is registered for its CRS: EPSG:4490 is latitude, longitude, and the
Gauss-Kruger zones (4546, 4547…) are northing, easting; CRS84 is longitude, latitude.
CGCS2000 and WGS 84 differ by centimetres; no shift is applied between them.

>>> CRS84.srid, CRS84.flipped
(4490, False)
>>> by_uri("http://www.opengis.net/def/crs/EPSG/0/4490")
Crs(uri='http://www.opengis.net/def/crs/EPSG/0/4490', srid=4490, flipped=True, digits=8)
>>> by_uri("http://www.opengis.net/def/crs/EPSG/0/4547").digits
4
>>> by_uri("http://www.opengis.net/def/crs/EPSG/0/27700")
Traceback (most recent call last):
...
cim.errors.UnknownCrs: no coordinate reference system 'http://www.opengis.net/def/crs/EPSG/0/27700'
"""

from dataclasses import dataclass
from functools import cache

import pyproj

from cim.errors import UnknownCrs

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"

# Geographic: WGS 84, ETRS89, CGCS2000; Web Mercator; CGCS2000 3-degree Gauss-Kruger by zone
# (25 to 45) and by central meridian (75 E to 135 E).
OFFERED = (4490, 4326, 4258, 3857, *range(4534, 4555), *range(4513, 4534))

_SAME_FRAME = {4326, 4490}


@dataclass(frozen=True, slots=True)
class Crs:
    """A CRS as it is written out: SRID to transform to, whether y goes first, decimals."""

    uri: str
    srid: int
    flipped: bool
    digits: int


CRS84 = Crs("http://www.opengis.net/def/crs/OGC/1.3/CRS84", 4490, flipped=False, digits=8)
CRS84H = Crs("http://www.opengis.net/def/crs/OGC/0/CRS84h", 4490, flipped=False, digits=8)
STORAGE = f"{EPSG}4490"


@cache
def offered() -> dict[str, Crs]:
    """Every CRS by its address, the default first."""
    named = {CRS84.uri: CRS84, CRS84H.uri: CRS84H}
    return named | {EPSG + str(number): _registered(number) for number in OFFERED}


def by_uri(uri: str) -> Crs:
    """The CRS of an address, also with `https` or as a URN or `[EPSG:n]`; UnknownCrs."""
    written = uri.replace("https://", "http://", 1).strip("[]")
    if written.startswith(("EPSG:", "urn:ogc:def:crs:EPSG:")):
        written = EPSG + written.rpartition(":")[2]
    found = offered().get(written)
    if found is None:
        raise UnknownCrs(uri)
    return found


def _registered(number: int) -> Crs:
    axes = pyproj.CRS.from_epsg(number).axis_info
    degrees = axes[0].unit_name == "degree"
    srid = 4490 if number in _SAME_FRAME else number
    return Crs(EPSG + str(number), srid, axes[0].direction == "north", 8 if degrees else 4)
