"""Headers of a write (请求头): Content-Crs (OGC API - Features 2 and 4), Prefer (RFC 7240).

>>> preferred("respond-async, return=representation; x=1")
'representation'
>>> preferred('return="minimal"'), preferred("return=all"), preferred("")
('minimal', None, None)
"""

from functools import lru_cache

import numpy as np
from pyproj import Transformer
from starlette.requests import Request

from api.errors import InvalidHeader
from cim.assignment.geometry import STORED, Coordinates, Frame
from cim.crs import CRS84, Crs, by_uri
from cim.errors import UnknownCrs

_RETURNS = ("minimal", "representation")
_WGS84 = 4326  # taken as CGCS2000


def content_crs(request: Request) -> Crs:
    """The CRS of the coordinates in the body, CRS84 without the header; InvalidHeader.

    The standard has the address in angle brackets, QGIS sends it without.
    """
    given = request.headers.get("content-crs")
    if given is None:
        return CRS84
    try:
        return by_uri(given.strip().removeprefix("<").removesuffix(">"))
    except UnknownCrs as error:
        reason = f"{error}; /collections lists those offered"
        raise InvalidHeader("Content-Crs", reason) from None


@lru_cache(maxsize=128)
def frame(crs: Crs) -> Frame:
    """How coordinates in a CRS, in the axis order registered for it, come to be stored."""
    if crs.srid == 4490:
        return Frame(crs.uri, _turned, exact=True) if crs.flipped else STORED
    transformer = Transformer.from_crs(crs.srid, 4490, always_xy=True)

    def move(xy: Coordinates) -> Coordinates:
        x, y = (_turned(xy) if crs.flipped else xy).T
        return np.column_stack(transformer.transform(x, y))

    return Frame(crs.uri, move, crs.digits == 8, exact=crs.srid == _WGS84)


def _turned(xy: Coordinates) -> Coordinates:
    return xy[:, ::-1]


def preferred(header: str) -> str | None:
    """What is to be returned: `minimal`, `representation`, or None where that is left open."""
    for preference in header.split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "return":
            wanted = value.strip().strip('"').lower()
            return wanted if wanted in _RETURNS else None
    return None
