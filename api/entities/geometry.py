"""GeoJSON that is sent (请求中的几何): RFC 7946, degrees of CGCS2000, longitude first.

>>> read({"type": "Point", "coordinates": [112.14, 32.02]})
(<POINT (112.14 32.02)>, None)
>>> read({"type": "Point", "coordinates": ["112.14", 32.02]})[1]
'the Point cannot be read: type must be number, but is string'
>>> read({"type": "Feature"})[1]
'it is no GeoJSON geometry that is stored: Feature'
"""

from __future__ import annotations

from typing import Any

import orjson
import shapely

KINDS = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "GeoJSON geometry (RFC 7946), degrees of CGCS2000, longitude first",
    "required": ["type", "coordinates"],
    "properties": {
        "type": {"type": "string", "enum": list(KINDS)},
        "coordinates": {"type": "array", "items": {}},
    },
}


def read(given: Any) -> tuple[Any, str | None]:
    """The geometry; or None, and why it cannot be read."""
    kind = given.get("type") if isinstance(given, dict) else None
    if kind not in KINDS:
        return None, f"it is no GeoJSON geometry that is stored: {kind or 'it has no type'}"
    try:
        return shapely.from_geojson(orjson.dumps(given)), None
    except shapely.errors.GEOSException as error:
        return None, f"the {kind} cannot be read: {_words(error)}"


def _words(error: Exception) -> str:
    """What GEOS says, without the names of its own classes and of its parser's."""
    return str(error).strip().partition(": ")[2].rpartition("] ")[2].rstrip("'")
