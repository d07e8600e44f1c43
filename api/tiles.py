"""Vector tiles over HTTP (矢量瓦片服务): OGC API - Tiles 1, of a collection or of several.

`datetime` asks for things as they were then (`api.subset`), `filter` for some of them. Of the
dataset `collections` names those that are drawn, all vector ones without it; those that do not
reach the tile cost nothing.
"""

from collections.abc import Callable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from api import asking, filters, fresh_tiles, subset, tilesets
from api.collections import found
from api.errors import InvalidParameter
from api.landing import TITLE
from api.tilesets import Tiling
from cim.access import Caller
from cim.layer import Layer
from cim.queryables import clauses
from cim.registry import Registry
from tiles import vector
from tiles.matrix_sets import TileAddress
from tiles.vector import Asked

MOST_LAYERS = 100  # of one tile, or map


async def collection_tilesets(request: Request) -> Response:
    layer = await found(request, "vector")
    asking.only(request, ())
    return tilesets.listed(request, Tiling.vector("collections", layer.name), *_of(request, layer))


async def collection_tileset(request: Request) -> Response:
    layer = await found(request, "vector")
    asking.only(request, ())
    return await tilesets.one(
        request, Tiling.vector("collections", layer.name), *_of(request, layer)
    )


def _of(request: Request, layer: Layer) -> tuple[str, Sequence[Layer]]:
    return layer.title.in_language(asking.language(request)), [layer]


async def collection_tile(request: Request) -> Response:
    """204 where there is nothing to draw, 404 where that is outside the limits of the tileset."""
    layer = await found(request, "vector")
    given = asking.only(request, (*subset.PARAMETERS, *filters.PARAMETERS))
    caller, name = asking.caller(request), layer.name

    def of(registry: Registry) -> list[Layer]:
        return [registry.layer(name, caller, "vector")]

    return await _tile(request, given, lambda registry, _: of(registry), of)


async def dataset_tilesets(request: Request) -> Response:
    return tilesets.listed(request, *_dataset(request))


async def dataset_tileset(request: Request) -> Response:
    return await tilesets.one(request, *_dataset(request))


def _dataset(request: Request) -> tuple[Tiling, str, Sequence[Layer]]:
    given = asking.only(request, ("collections",))
    tiling = Tiling.vector(collections=given.get("collections"))
    registry, caller = asking.service(request).registry, asking.caller(request)
    return tiling, TITLE[asking.language(request)], _named(_names(given), registry, caller)


def _named(names: Sequence[str] | None, registry: Registry, caller: Caller) -> list[Layer]:
    """The vector layers of these names, in their order; all there are without names."""
    if names is None:
        return _vectors(registry, caller)
    return [registry.layer(name, caller, "vector") for name in names]


def _vectors(registry: Registry, caller: Caller) -> list[Layer]:
    return [layer for layer in registry.visible(caller) if layer.kind == "vector"]


async def dataset_tile(request: Request) -> Response:
    """204 where there is nothing to draw, 404 where that is outside the limits of the tileset."""
    given = asking.only(request, ("collections", *subset.PARAMETERS, *filters.PARAMETERS))
    names, caller = _names(given), asking.caller(request)
    asked, then = filters.read(given), subset.past(given) is not None

    def of(registry: Registry) -> list[Layer]:
        return _named(names, registry, caller)

    def layers(registry: Registry, address: TileAddress) -> list[Layer]:
        if names is not None:
            return of(registry)
        box = address.degrees(vector.BUFFER / vector.EXTENT)
        with_all = clauses(asked, _vectors(registry, caller), 1, then)
        return [layer for layer in with_all if reaches(layer, box)]

    return await _tile(request, given, layers, of)


def _names(given: Mapping[str, str]) -> list[str] | None:
    if "collections" not in given:
        return None
    return list(dict.fromkeys(given["collections"].split(",")))


def reaches(layer: Layer, box: tuple[float, float, float, float]) -> bool:
    """Whether a layer may have something in a box; the extent of a growing one may be old."""
    if layer.growing:
        return True
    if layer.extent is None:
        return False
    west, south, east, north = layer.extent
    return west <= box[2] and box[0] <= east and south <= box[3] and box[1] <= north


async def _tile(
    request: Request,
    given: Mapping[str, str],
    layers: Callable[[Registry, TileAddress], list[Layer]],
    of: Callable[[Registry], list[Layer]],
) -> Response:
    asking.media_type(request, (asking.MVT,))
    address = await tilesets.tile_address(request)
    when, some = subset.past(given), filters.read(given)

    def ask(registry: Registry) -> Asked:
        wanted = layers(registry, address)
        if len(wanted) > MOST_LAYERS:
            reason = f"name at most {MOST_LAYERS}: {len(wanted)} are here"
            raise InvalidParameter("collections", reason)
        return Asked(tuple(wanted), address, when, some)

    return await fresh_tiles.answer(request, ask, of)
