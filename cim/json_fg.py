"""A row of a layer as a JSON-FG Feature (要素的 JSON-FG), OGC 21-045r1, written by PostGIS.

`geometry` is in WGS 84, longitude first, so that every reader of GeoJSON understands it; `place` is
in the CRS that is asked for, in the axis order of that one, and null where that is CRS84. This is
the profile jsonfg-plus. `time` is the valid time of the version, `featureType` the layer.
"""

from cim.crs import CRS84, Crs
from cim.feature_sql import members, out, put
from cim.layer import Layer

__all__ = ["PROFILE", "feature", "head"]

_SPEC = "http://www.opengis.net/spec/json-fg-1/1.0/conf/"
_CONFORMS_TO = (f"{_SPEC}core", f"{_SPEC}types-schemas")
PROFILE = "http://www.opengis.net/def/profile/OGC/0/jsonfg-plus"

_UTC = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


def head(feature_type: str, crs: Crs) -> dict[str, object]:
    """The members of a collection besides its type and its features."""
    return {
        "conformsTo": list(_CONFORMS_TO),
        "featureType": feature_type,
        "coordRefSys": crs.uri,
    }


def feature(
    layer: Layer, crs: Crs = CRS84, then: str | None = None, only: tuple[str, ...] = ()
) -> str:
    """SQL expression of a row's Feature as text, without its closing brace."""
    wgs84 = f"ST_AsGeoJSON(geom, {CRS84.digits}, 0)"
    place = "null" if crs.uri in _WGS84 else put(f"ST_AsGeoJSON({out(crs)}, {crs.digits}, 0)")
    # A view of the present has no end; versions that go on end in infinity.
    ended = "cim_valid_to" if then is not None else "'infinity'::timestamptz"
    end = f"CASE WHEN isfinite({ended}) THEN {_moment(ended)} ELSE '\"..\"' END"
    begun = f"CASE WHEN isfinite(cim_valid_from) THEN {_moment('cim_valid_from')} ELSE '\"..\"' END"
    return (
        f"""'{{"type":"Feature","id":"{put("code")}","featureType":"{layer.name}","""
        f""""time":{{"interval":[{put(begun)},{put(end)}]}},"place":{place},"""
        f""""geometry":{put(wgs84)},"properties":{{{members(layer, then, only)}}}'"""
    )


_WGS84 = {
    "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    "http://www.opengis.net/def/crs/OGC/0/CRS84h",
}


def _moment(sql: str) -> str:
    return f"to_json(to_char({sql} AT TIME ZONE 'UTC', '{_UTC}'))::text"
