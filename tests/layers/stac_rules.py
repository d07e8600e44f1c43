"""What the extensions of STAC demand of an item, as JSON schemas of our own.

pystac brings the schemas of STAC itself and fetches those of extensions, for which a test has no
network. These say what the pages of eo 1.1, projection 2.0, raster 1.1 and file 2.1 say of the
fields that a raster may have, and that no other field has their prefix.
"""

from typing import Any

Json = dict[str, Any]

_HOST = "https://stac-extensions.github.io"
_NUMBER, _TEXT = {"type": "number"}, {"type": "string"}
_POSITIVE = {"type": "number", "exclusiveMinimum": 0}

_COMMON = (
    *("coastal", "blue", "green", "red", "rededge", "yellow", "pan", "nir", "nir08", "nir09"),
    *("cirrus", "swir16", "swir22", "lwir", "lwir11", "lwir12"),
)
_TYPES = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
_TYPES += ["float16", "float32", "float64", "other"]


def _object(properties: Json, **more: Any) -> Json:
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}


_EO_BAND = _object(
    {
        "name": _TEXT,
        "description": _TEXT,
        "common_name": {"enum": list(_COMMON)},
        "center_wavelength": _POSITIVE,
        "full_width_half_max": _POSITIVE,
        "solar_illumination": _NUMBER,
    },
    minProperties=1,
)
_STATISTICS = _object(
    dict.fromkeys(("mean", "minimum", "maximum", "stddev", "valid_percent"), _NUMBER),
    minProperties=1,
)
_HISTOGRAM = _object(
    {
        **dict.fromkeys(("count", "min", "max"), _NUMBER),
        "buckets": {"type": "array", "minItems": 3, "items": {"type": "integer"}},
    },
    required=["count", "min", "max", "buckets"],
)
_RASTER_BAND = {
    "type": "object",
    "minProperties": 1,
    "properties": {
        "data_type": {"enum": _TYPES},
        "unit": _TEXT,
        "sampling": {"enum": ["area", "point"]},
        "nodata": {"anyOf": [_NUMBER, {"enum": ["nan", "inf", "-inf"]}]},
        "scale": _NUMBER,
        "offset": _NUMBER,
        "spatial_resolution": _NUMBER,
        "statistics": _STATISTICS,
        "histogram": _HISTOGRAM,
    },
}
_NUMBERS = {"type": "array", "items": _NUMBER}

FIELDS: dict[str, tuple[str, Json]] = {
    "eo/v1.1.0": (
        "eo",
        {
            "eo:bands": {"type": "array", "minItems": 1, "items": _EO_BAND},
            "eo:cloud_cover": {"type": "number", "minimum": 0, "maximum": 100},
            "eo:snow_cover": {"type": "number", "minimum": 0, "maximum": 100},
        },
    ),
    "projection/v2.0.0": (
        "proj",
        {
            "proj:code": {"type": ["string", "null"], "pattern": "^[^:]+:[^:]+$"},
            "proj:wkt2": {"type": ["string", "null"]},
            "proj:projjson": {"type": ["object", "null"]},
            "proj:geometry": {"type": "object"},
            "proj:bbox": {**_NUMBERS, "minItems": 4, "maxItems": 4},
            "proj:centroid": {"type": "object"},
            "proj:shape": {
                "type": "array",
                "minItems": 2,
                "maxItems": 2,
                "items": {"type": "integer"},
            },
            "proj:transform": {**_NUMBERS, "minItems": 6, "maxItems": 9},
        },
    ),
    "raster/v1.1.0": (
        "raster",
        {"raster:bands": {"type": "array", "minItems": 1, "items": _RASTER_BAND}},
    ),
    "file/v2.1.0": (
        "file",
        {
            "file:checksum": {"type": "string", "pattern": "^[a-f0-9]+$"},
            "file:size": {"type": "integer", "minimum": 0},
        },
    ),
}


def schemas() -> dict[str, Json]:
    """By the address that an item names them by."""
    return {address(name): _schema(name) for name in FIELDS}


def address(name: str) -> str:
    return f"{_HOST}/{name}/schema.json"


def _schema(name: str) -> Json:
    prefix, fields = FIELDS[name]
    told = {
        "type": "object",
        "properties": fields,
        "patternProperties": {f"^(?!{prefix}:)": {}},
        "additionalProperties": False,
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": address(name),
        "type": "object",
        "required": ["stac_extensions", "properties", "assets"],
        "properties": {
            "stac_extensions": {"type": "array", "contains": {"const": address(name)}},
            "properties": told,
            "assets": {"type": "object", "additionalProperties": told},
        },
    }
