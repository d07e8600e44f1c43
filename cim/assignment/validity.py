"""Why a geometry is invalid, and where (几何有效性), as OGC Simple Features (06-103r4) has it.

Rings of an area do not cross or touch themselves along a line, holes lie within their shell, parts
of a multipolygon do not overlap. GEOS tells the first fault that it finds.

>>> import shapely
>>> fault_of(shapely.from_wkt("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))"))
Fault(en='self-intersection', zh='自相交', x=1.0, y=1.0)
"""

import re
from typing import Any, NamedTuple

import shapely

_REASONS = {
    "Duplicate Rings": "环重复",
    "Hole lies outside shell": "内环在外环之外",
    "Holes are nested": "内环相互嵌套",
    "Interior is disconnected": "内部不连通",
    "Invalid Coordinate": "坐标无效",
    "Nested holes": "内环相互嵌套",
    "Nested shells": "各部分相互嵌套",
    "Ring Self-intersection": "环自相交",
    "Self-intersection": "自相交",
    "Too few points in geometry component": "顶点过少",
}
_TOLD = re.compile(r"(?P<reason>.*)\[(?P<x>\S+) (?P<y>\S+)\]")


class Fault(NamedTuple):
    """A fault in words, and its place in the coordinates of the geometry."""

    en: str
    zh: str
    x: float
    y: float


def fault_of(geometry: Any) -> Fault:
    """The first fault of an invalid geometry."""
    told = shapely.is_valid_reason(geometry)
    found = _TOLD.fullmatch(told)
    if found is None:  # GEOS knows no place: where the geometry begins
        x, y = shapely.get_coordinates(geometry)[0]
        return Fault(told.lower(), _REASONS.get(told, told), float(x), float(y))
    reason = found["reason"]
    zh = _REASONS.get(reason, reason)
    return Fault(reason.lower(), zh, float(found["x"]), float(found["y"]))
