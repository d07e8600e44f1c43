"""Maps in the OpenAPI description (地图描述): OGC API - Maps 1."""

from typing import Any

from api.filters_description import FILTER
from api.maps.asked import COARSEST_MM, FINEST_MM
from api.openapi_shared import DEFAULT, PROBLEM
from cim import crs
from cim.layer import Layer
from cim.styles import default
from tiles.maps.frame import MM, MOST_PIXELS, MOST_SIDE, SIDE

Json = dict[str, Any]

LIMITS: Json = {
    "maps": {"maxWidth": MOST_SIDE, "maxHeight": MOST_SIDE, "maxPixels": MOST_PIXELS},
}
"""`x-OGC-limits` of the service (OGC 20-058 clause 11)."""

_SUMMARY = {
    "map": {"zh": "全库地图", "en": "A map of several collections"},
    "styled": {"zh": "按指定样式绘制的地图", "en": "A map in a style"},
}
_STYLE: Json = {
    "name": "styleId",
    "in": "path",
    "required": True,
    "description": "Id of a style, of those in /styles",
    "schema": {"type": "string", "minLength": 1, "maxLength": 64},
    "example": default.ALL,
}
_ONE: Json = {"style": "form", "explode": False}


def _query(name: str, description: str, schema: Json, **more: Any) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


def _crs(name: str, description: str) -> Json:
    uris = {"type": "string", "format": "uri", "enum": list(crs.offered())}
    return _query(name, description, uris)


def _pixels(name: str) -> Json:
    schema: Json = {"type": "integer", "minimum": 1, "maximum": MOST_SIDE}
    text = f"Pixels; from the box and the other side without it, the longer one being {SIDE}"
    return _query(name, text, schema)


def _colour(name: str, description: str) -> Json:
    return _query(name, description, {"type": "string"}, example="0xF5F5F5", **_ONE)


PARAMETERS: Json = {
    "map-crs": _crs("crs", "CRS that the map is drawn in; without it the storageCrs, or CRS84"),
    "map-width": _pixels("width"),
    "map-height": _pixels("height"),
    "scale-denominator": _query(
        "scale-denominator",
        "How often the map goes into the ground, in its middle",
        {"type": "number", "minimum": 1e-3, "maximum": 1e12},
    ),
    "mm-per-pixel": _query(
        "mm-per-pixel",
        "Millimetres of a pixel of the display; symbols keep their size in millimetres",
        {"type": "number", "minimum": FINEST_MM, "maximum": COARSEST_MM, "default": MM},
    ),
    "map-subset": _query(
        "subset",
        "Lat(low:high),Lon(low:high) in subset-crs, and time(...) in place of datetime; "
        "E and N, or the axes by their registered names, in metres; * is an end of the data",
        {"type": "array", "items": {"type": "string"}},
        example=["Lat(31.9:32.1)", "Lon(112:112.2)"],
        **_ONE,
    ),
    "subset-crs": _crs("subset-crs", "CRS of subset; CRS84 without it"),
    "center": _query(
        "center",
        "Middle of the map in center-crs, in place of a box; width, height and scale-denominator "
        "tell how far it reaches",
        {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        **_ONE,
    ),
    "center-crs": _crs("center-crs", "CRS of center; CRS84 without it"),
    "bgcolor": _colour(
        "bgcolor", "Colour where there is nothing: 0xRRGGBB or a name of the W3C; white without it"
    ),
    "transparent": _query(
        "transparent",
        "Whether what is behind is seen where there is nothing; true, or false with bgcolor",
        {"type": "boolean"},
    ),
    "void-color": _colour("void-color", "Colour outside of the CRS; that of bgcolor without it"),
    "void-transparent": _query(
        "void-transparent",
        "Whether what is behind is seen outside of the CRS; as transparent without it",
        {"type": "boolean"},
    ),
    "map-collections": _query(
        "collections",
        "Collections that are drawn, separated by commas, the first one lowest; all without it",
        {"type": "array", "items": {"type": "string"}, "maxItems": 100},
        **_ONE,
    ),
    "map-format": _query(
        "f", "Format, in place of the Accept header", {"type": "string", "enum": ["png", "jpeg"]}
    ),
    "map-page-format": _query(
        "f",
        "Format, in place of the Accept header; html is the page of everything, without parameters",
        {"type": "string", "enum": ["png", "jpeg", "html"]},
    ),
}
_NAMES = (
    *("bbox", "bbox-crs", "map-subset", "subset-crs", "center", "center-crs", "map-crs"),
    *("map-width", "map-height", "scale-denominator", "mm-per-pixel"),
    *("bgcolor", "transparent", "void-color", "void-transparent", "datetime", "lang"),
)
_HEADERS: Json = {
    name: {"description": text, "schema": {"type": "string"}}
    for name, text in (
        ("Content-Bbox", "The box that is drawn, in the axis order of its CRS"),
        ("Content-Crs", "The CRS that the map is drawn in"),
        ("Content-Datetime", "The time that the map is of"),
    )
}
_PICTURES: Json = {
    kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("image/png", "image/jpeg")
}


def paths(language: str) -> Json:
    own = [*_refs(*_NAMES, "map-collections", "map-page-format"), *FILTER]
    content = _PICTURES | {"text/html": {}}
    styled = [_STYLE, *_refs(*_NAMES, "map-collections", "map-format"), *FILTER]
    return {
        "/map": {"get": _operation("map", _SUMMARY["map"][language], own, content)},
        "/styles/{styleId}/map": {
            "get": _operation("map_in_style", _SUMMARY["styled"][language], styled, _PICTURES)
        },
    }


def of_layer(layer: Layer, title: str, drawing: list[Json]) -> Json:
    """The map of one collection; `drawing` are parameters of its scenes."""
    more = FILTER if layer.kind == "vector" else drawing
    own = [*_refs(*_NAMES, "map-format"), *more]
    here, styled = f"/collections/{layer.name}", [{**_STYLE, "example": layer.name}, *own]
    name = f"map_{layer.name}"
    return {
        f"{here}/map": {"get": _operation(name, title, own, _PICTURES)},
        f"{here}/styles/{{styleId}}/map": {
            "get": _operation(f"styled_{name}", title, styled, _PICTURES)
        },
    }


def _operation(name: str, summary: str, parameters: list[Json], content: Json) -> Json:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": {"description": "The map", "headers": _HEADERS, "content": content},
            "204": {"description": "No place to show"},
            "413": {"$ref": "#/components/responses/refused413"},
            "429": {
                "description": "Too many maps are drawn at once; try again in a minute",
                "content": PROBLEM,
            },
            **DEFAULT,
        },
    }


def _refs(*names: str) -> list[Json]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]
