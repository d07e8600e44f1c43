"""Query parameters of raster layers in the OpenAPI description (影像参数)."""

from typing import Any

from tiles.formula import INDICES

Json = dict[str, Any]


def _query(name: str, description: str, schema: Json, **more: Any) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


_ONE: Json = {"style": "form", "explode": False}

PARAMETERS: dict[str, Json] = {
    "sceneTime": _query(
        "datetime",
        "RFC 3339 instant, day or interval: its scenes, the newest on top; without it all scenes",
        {"type": "string"},
        **_ONE,
    ),
    "subset": _query(
        "subset",
        "x(low:high),y(low:high) in the CRS of the grid; Long and Lat in degrees",
        {"type": "array", "items": {"type": "string"}},
        **_ONE,
    ),
    "coverageFormat": _query(
        "f",
        "Format, in place of the Accept header",
        {"type": "string", "enum": ["geotiff", "GTiff", "json"]},
    ),
    "index": _query(
        "index",
        "Index of reflectance, in place of bands: "
        + "; ".join(f"{name} = {text}" for name, (text, _) in INDICES.items()),
        {"type": "string", "enum": list(INDICES)},
    ),
    "expression": _query(
        "expression",
        "Arithmetic (+ - * / and brackets) over bands by name or common name, of scaled values; "
        "a tile of it needs rescale",
        {"type": "string", "maxLength": 300},
    ),
    "rescale": _query(
        "rescale",
        "Least and greatest value that are told apart, LOW,HIGH; without it the 2nd and 98th "
        "percentile, or -1 to 1 of an index",
        {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        **_ONE,
    ),
    "colormap": _query(
        "colormap",
        "Colours of one band or an index, such as viridis, rdylgn, terrain",
        {"type": "string"},
    ),
    "sceneId": {
        "name": "scene",
        "in": "path",
        "required": True,
        "description": "Name of the scene",
        "schema": {"type": "string"},
    },
}

DRAWING = ("sceneTime", "index", "expression", "rescale", "colormap")
"""Those of a tile, but for its bands."""

READING = ("bbox", "subset", "sceneTime", "index", "expression")
"""Those of a coverage, but for its bands."""
