"""Vector tilesets of collections (矢量瓦片服务): OGC API - Tiles 1."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking
from api.collections import CRS84, MVT, found
from api.errors import TileOutside
from api.links import link, url
from cim.registry import Layer
from tiles import vector
from tiles.vector import MAX_ZOOM, TileAddress

WEB_MERCATOR_QUAD = "WebMercatorQuad"
_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
_DEFINITION = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"


async def tilesets(request: Request) -> Response:
    layer = await found(request, "vector")
    asking.only(request, ())
    base = asking.base_url(request)
    here = url(base, "collections", layer.name, "tiles")
    body = {"links": [link("self", here, asking.JSON)], "tilesets": [_tileset(layer, request)]}
    return JSONResponse(body)


async def tileset(request: Request) -> Response:
    layer = await found(request, "vector")
    asking.only(request, ())
    return JSONResponse(_tileset(layer, request))


async def tile(request: Request) -> Response:
    """204 where there is nothing to draw."""
    layer = await found(request, "vector")
    asking.only(request, ())
    address, caller = tile_address(request), asking.caller(request)
    row = await asking.service(request).row(
        lambda registry: vector.tile(registry.layer(layer.name, caller, "vector"), address, caller)
    )
    body = row["tile"] if row else b""
    return Response(body, 200 if body else 204, media_type=MVT)


def tile_address(request: Request) -> TileAddress:
    z, y, x = (request.path_params[name] for name in ("z", "row", "column"))
    address = TileAddress(z, x, y)
    if not address.exists:
        raise TileOutside(f"{WEB_MERCATOR_QUAD} has no tile {z}/{y}/{x}")
    return address


def _tileset(layer: Layer, request: Request) -> dict[str, Any]:
    here = ("collections", layer.name, "tiles", WEB_MERCATOR_QUAD)
    base = asking.base_url(request)
    template = url(base, *here) + "/{tileMatrix}/{tileRow}/{tileCol}"
    item = link("item", template, MVT)
    item["templated"] = True
    body: dict[str, Any] = {
        "title": layer.title.in_language(asking.language(request)),
        "dataType": "vector",
        "crs": "http://www.opengis.net/def/crs/EPSG/0/3857",
        "tileMatrixSetURI": _DEFINITION,
        "links": [
            link("self", url(base, *here), asking.JSON),
            link(_SCHEME, _DEFINITION, asking.JSON),
            item,
        ],
        "layers": [
            {
                "id": layer.name,
                "dataType": "vector",
                "geometryDimension": _dimension(layer.geometry_type),
                "minTileMatrix": "0",
                "maxTileMatrix": str(MAX_ZOOM),
            }
        ],
    }
    if layer.extent:
        west, south, east, north = layer.extent
        body["boundingBox"] = {
            "lowerLeft": [west, south],
            "upperRight": [east, north],
            "crs": CRS84,
        }
    return body


def _dimension(geometry_type: str | None) -> int:
    dimensions = {"Point": 0, "LineString": 1, "Polygon": 2}
    return dimensions.get((geometry_type or "").removeprefix("Multi"), 2)
