"""Tilesets of collections (瓦片集): what OGC API - Tiles 1 and Maps 1 say of WebMercatorQuad."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from api import asking
from api.collections import CRS84, MVT, PNG
from api.errors import TileOutside
from api.links import link, url
from cim.registry import Layer
from tiles.vector import MAX_ZOOM, TileAddress

WEB_MERCATOR_QUAD = "WebMercatorQuad"
_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
_DEFINITION = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"


@dataclass(frozen=True, slots=True)
class Tiling:
    """A way of drawing a collection in tiles: `path` is below the collection."""

    data_type: str
    path: tuple[str, ...]
    media_type: str


VECTOR = Tiling("vector", ("tiles",), MVT)
MAP = Tiling("map", ("map", "tiles"), PNG)


def tilesets_document(layer: Layer, request: Request, tiling: Tiling) -> dict[str, Any]:
    here = url(asking.base_url(request), "collections", layer.name, *tiling.path)
    return {
        "links": [link("self", here, asking.JSON)],
        "tilesets": [tileset_document(layer, request, tiling)],
    }


def tile_address(request: Request) -> TileAddress:
    z, y, x = (request.path_params[name] for name in ("z", "row", "column"))
    address = TileAddress(z, x, y)
    if not address.exists:
        raise TileOutside(f"{WEB_MERCATOR_QUAD} has no tile {z}/{y}/{x}")
    return address


def tileset_document(layer: Layer, request: Request, tiling: Tiling) -> dict[str, Any]:
    here = ("collections", layer.name, *tiling.path, WEB_MERCATOR_QUAD)
    base = asking.base_url(request)
    template = url(base, *here) + "/{tileMatrix}/{tileRow}/{tileCol}"
    item = link("item", template, tiling.media_type)
    item["templated"] = True
    body: dict[str, Any] = {
        "title": layer.title.in_language(asking.language(request)),
        "dataType": tiling.data_type,
        "crs": "http://www.opengis.net/def/crs/EPSG/0/3857",
        "tileMatrixSetURI": _DEFINITION,
        "links": [
            link("self", url(base, *here), asking.JSON),
            link(_SCHEME, _DEFINITION, asking.JSON),
            item,
        ],
        "layers": [_layer(layer, tiling)],
    }
    if layer.extent:
        west, south, east, north = layer.extent
        body["boundingBox"] = {
            "lowerLeft": [west, south],
            "upperRight": [east, north],
            "crs": CRS84,
        }
    return body


def _layer(layer: Layer, tiling: Tiling) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": layer.name,
        "dataType": tiling.data_type,
        "minTileMatrix": "0",
        "maxTileMatrix": str(MAX_ZOOM),
    }
    if tiling is VECTOR:
        body["geometryDimension"] = _dimension(layer.geometry_type)
    return body


def _dimension(geometry_type: str | None) -> int:
    dimensions = {"Point": 0, "LineString": 1, "Polygon": 2}
    return dimensions.get((geometry_type or "").removeprefix("Multi"), 2)
