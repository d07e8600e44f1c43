"""Vector tiles over HTTP (矢量瓦片服务): OGC API - Tiles 1, of a collection or of several.

`datetime` asks for things as they were then, `filter` for some of them. Of the dataset
`collections` names those that are drawn, all vector ones without it; those that do not reach the
tile cost nothing.
"""

from collections.abc import Callable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from api import asking, filters, fresh_tiles, tilesets
from api.collections import found
from api.errors import InvalidParameter
from api.landing import TITLE
from api.tilesets import Tiling
from cim.access import Caller
from cim.queryables import clauses
from cim.registry import Layer, Registry
from tiles import vector
from tiles.matrix_sets import TileAddress
from tiles.vector import Asked

MOST_LAYERS = 100  # of one tile


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
    """204 where there is nothing to draw."""
    layer = await found(request, "vector")
    given = asking.only(request, ("datetime", *filters.PARAMETERS))
    caller, name = asking.caller(request), layer.name
    return await _tile(request, given, lambda registry, _: [registry.layer(name, caller, "vector")])


async def dataset_tilesets(request: Request) -> Response:
    asking.only(request, ())
    return tilesets.listed(request, Tiling.vector(), *_dataset(request))


async def dataset_tileset(request: Request) -> Response:
    asking.only(request, ())
    return await tilesets.one(request, Tiling.vector(), *_dataset(request))


def _dataset(request: Request) -> tuple[str, Sequence[Layer]]:
    registry = asking.service(request).registry
    return TITLE[asking.language(request)], _vectors(registry, asking.caller(request))


def _vectors(registry: Registry, caller: Caller) -> list[Layer]:
    return [layer for layer in registry.visible(caller) if layer.kind == "vector"]


async def dataset_tile(request: Request) -> Response:
    """204 where there is nothing to draw."""
    given = asking.only(request, ("datetime", "collections", *filters.PARAMETERS))
    names, caller = _names(given), asking.caller(request)

    asked, then = filters.read(given), "datetime" in given

    def layers(registry: Registry, address: TileAddress) -> list[Layer]:
        if names is not None:
            return [registry.layer(name, caller, "vector") for name in names]
        box = address.degrees(vector.BUFFER / vector.EXTENT)
        with_all = clauses(asked, _vectors(registry, caller), 1, then)
        return [layer for layer in with_all if _reaches(layer, box)]

    return await _tile(request, given, layers)


def _names(given: Mapping[str, str]) -> list[str] | None:
    if "collections" not in given:
        return None
    return list(dict.fromkeys(given["collections"].split(",")))


def _reaches(layer: Layer, box: tuple[float, float, float, float]) -> bool:
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
) -> Response:
    asking.media_type(request, (asking.MVT,))
    address = await tilesets.tile_address(request)
    when, some = asking.past(given), filters.read(given)

    def ask(registry: Registry) -> Asked:
        wanted = layers(registry, address)
        if len(wanted) > MOST_LAYERS:
            reason = f"name at most {MOST_LAYERS}: {len(wanted)} are here"
            raise InvalidParameter("collections", reason)
        return Asked(tuple(wanted), address, when, some)

    return await fresh_tiles.answer(request, ask)
