"""What is said of tilesets (瓦片集): OGC API - Tiles 1, OGC 17-083r4 clause 8, and TileJSON 3.0."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking
from api.collections import CRS84
from api.column_types import schema_of
from api.errors import InvalidParameter
from api.links import Link, link, url
from cim.crs import EPSG
from cim.layer import Layer
from tiles import matrix_sets
from tiles.matrix_sets import WEB_MERCATOR_QUAD, MatrixSet, TileAddress

_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
_PICTURES = (asking.PNG, asking.WEBP, asking.JPEG)


@dataclass(frozen=True, slots=True)
class Tiling:
    """A way of drawing collections in tiles: where it is below the service, and what a tile is."""

    data_type: str
    path: tuple[str, ...]
    media_types: tuple[str, ...]
    collections: str | None = None  # those of the dataset that are asked for

    @classmethod
    def vector(cls, *path: str, collections: str | None = None) -> "Tiling":
        return cls("vector", (*path, "tiles"), (asking.MVT,), collections)

    @classmethod
    def map(cls, *path: str) -> "Tiling":
        return cls("map", (*path, "map", "tiles"), _PICTURES)


async def matrix_set(request: Request) -> MatrixSet:
    """The tile matrix set that the path names; TileMatrixSetUnknown."""
    name, service = request.path_params["matrix_set"], asking.service(request)
    if name in matrix_sets.EVERYBODYS:
        return matrix_sets.EVERYBODYS[name]
    return matrix_sets.by_name(name, await service.newest())


async def tile_address(request: Request) -> TileAddress:
    """The tile that the path names; TileMatrixSetUnknown or TileOutside."""
    z, y, x = (request.path_params[name] for name in ("z", "row", "column"))
    return (await matrix_set(request)).address(z, x, y)


def nothing(address: TileAddress, layers: Sequence[Layer]) -> Response:
    """The answer for a tile of these layers where there is nothing to draw: 204.

    TileBeyondLimits outside of what their tileset tells.
    """
    if (extent := _limited(layers)) is not None:
        address.matrix_set.check_limits(address, extent)
    return Response(status_code=204)


def listed(request: Request, tiling: Tiling, title: str, layers: Sequence[Layer]) -> Response:
    """Every tileset of a resource; how to ask for a tile is told by each of them alone."""
    asking.media_type(request, (asking.JSON,))
    here = _url(request, tiling)
    offered = matrix_sets.offered(asking.service(request).registry)
    sets = [_document(request, tiling, each, title, layers) for each in offered]
    for each in sets:
        each["links"] = [told for told in each["links"] if "templated" not in told]
    return JSONResponse({"links": [link("self", here, asking.JSON)], "tilesets": sets})


async def one(request: Request, tiling: Tiling, title: str, layers: Sequence[Layer]) -> Response:
    """The tileset that the path names, as its document or as TileJSON."""
    of, kinds = await matrix_set(request), (asking.JSON, asking.TILE_JSON)
    kind = asking.media_type(request, kinds if tiling.data_type == "vector" else kinds[:1])
    if kind == asking.TILE_JSON:
        return JSONResponse(_tile_json(request, tiling, of, title, layers), media_type=kind)
    return JSONResponse(_document(request, tiling, of, title, layers))


def _document(
    request: Request, tiling: Tiling, of: MatrixSet, title: str, layers: Sequence[Layer]
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "title": title,
        "dataType": tiling.data_type,
        "crs": CRS84 if of is matrix_sets.WORLD_CRS84_QUAD else f"{EPSG}{of.srid}",
        "links": _links(request, tiling, of),
        "layers": [_layer(layer, of, tiling) for layer in layers],
    }
    if of.model.uri:
        body["tileMatrixSetURI"] = str(of.model.uri)
    extent = extent_of(layers)
    if extent:
        west, south, east, north = extent
        body["boundingBox"] = {
            "lowerLeft": [west, south],
            "upperRight": [east, north],
            "crs": CRS84,
        }
    if limited := _limited(layers):
        body["tileMatrixSetLimits"] = of.limits(limited)
    return body


def _links(request: Request, tiling: Tiling, of: MatrixSet) -> list[Link]:
    scheme = url(asking.base_url(request), "tileMatrixSets", of.name)
    links = [
        link("self", _url(request, tiling, of.name), asking.JSON),
        link(_SCHEME, scheme, asking.JSON),
    ]
    for kind in tiling.media_types:
        f = {"f": kind.rpartition("/")[2]} if len(tiling.media_types) > 1 else {}
        item = link("item", _template(request, tiling, of, **f), kind)
        item["templated"] = True
        links.append(item)
    if tiling.data_type == "vector" and of is WEB_MERCATOR_QUAD:
        here = _url(request, tiling, of.name, f="tilejson")
        links.append(link("describedby", here, asking.TILE_JSON))
    return links


def _url(request: Request, tiling: Tiling, *path: str, **query: str) -> str:
    if tiling.collections is not None:
        query["collections"] = tiling.collections
    return url(asking.base_url(request), *tiling.path, *path, **query)


def _template(request: Request, tiling: Tiling, of: MatrixSet, **query: str) -> str:
    here, asked, rest = _url(request, tiling, of.name, **query).partition("?")
    return f"{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}{asked}{rest}"


def _layer(layer: Layer, of: MatrixSet, tiling: Tiling) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": layer.name,
        "title": layer.title.zh,
        "dataType": tiling.data_type,
        "minTileMatrix": str(of.levels[0]),
        "maxTileMatrix": str(of.levels[-1]),
    }
    if tiling.data_type == "vector":
        body["geometryDimension"] = _dimension(layer.geometry_type)
        names = {"code": {"type": "string"}}
        body["propertiesSchema"] = {
            "type": "object",
            "properties": names | {c.name: schema_of(c.type) for c in layer.columns},
        }
    return body


def _dimension(geometry_type: str | None) -> int:
    dimensions = {"Point": 0, "LineString": 1, "Polygon": 2}
    return dimensions.get((geometry_type or "").removeprefix("Multi"), 2)


def _limited(layers: Sequence[Layer]) -> tuple[float, float, float, float] | None:
    """The extent that limits the tiles of layers; None where it may be old, or is not known."""
    return None if any(layer.growing for layer in layers) else extent_of(layers)


def extent_of(layers: Sequence[Layer]) -> tuple[float, float, float, float] | None:
    """The box that holds all of them, in degrees."""
    extents = [layer.extent for layer in layers if layer.extent]
    if not extents:
        return None
    west, south, east, north = zip(*extents, strict=True)
    return min(west), min(south), max(east), max(north)


def _tile_json(
    request: Request, tiling: Tiling, of: MatrixSet, title: str, layers: Sequence[Layer]
) -> dict[str, Any]:
    if of is not WEB_MERCATOR_QUAD:
        raise InvalidParameter("f", f"TileJSON is of {WEB_MERCATOR_QUAD.name} alone")
    template = _template(request, tiling, of)
    for ours, theirs in (("tileMatrix", "z"), ("tileRow", "y"), ("tileCol", "x")):
        template = template.replace(f"{{{ours}}}", f"{{{theirs}}}")
    body: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": title,
        "scheme": "xyz",
        "tiles": [template],
        "minzoom": of.levels[0],
        "maxzoom": of.levels[-1],
        "vector_layers": [
            {
                "id": layer.name,
                "description": layer.title.zh,
                "fields": {"code": "String"} | {c.name: _kind(c.type) for c in layer.columns},
            }
            for layer in layers
        ],
    }
    extent = extent_of(layers)
    return body | {"bounds": list(extent)} if extent else body


def _kind(column_type: str) -> str:
    return {"boolean": "Boolean", "integer": "Number", "number": "Number"}.get(
        schema_of(column_type).get("type", "string"), "String"
    )
