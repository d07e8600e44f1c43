"""A vector tile as it is now (瓦片应答): worked out, kept, or told to be what the client has.

The database is asked for the state of the tile each time, which touches no geometry, so that a
write that was acknowledged is in the next tile. A pyramid that is behind the writes is brought up
to date first.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from api import asking, tilesets
from api.writing import write
from cim import pyramid
from cim.layer import Layer
from cim.queryables import Filter
from cim.registry import Registry
from tiles import vector
from tiles.cache import Kept
from tiles.matrix_sets import MatrixSet
from tiles.vector import Asked

Ask = Callable[[Registry], Asked]
Of = Callable[[Registry], Sequence[Layer]]


class _Key(NamedTuple):
    """What a tile depends on besides its state."""

    caller: str
    shape: str
    tile: tuple[int, int, int]
    when: str
    filter: Filter | None


async def answer(request: Request, ask: Ask, of: Of) -> Response:
    """200 with the tile, 204 where there is nothing to draw, 304 where the client has it.

    `of` are the layers of the tileset; TileBeyondLimits for nothing outside of its limits.
    """
    service = asking.service(request)
    asked = ask(service.registry)
    if not asked.layers:
        return tilesets.nothing(asked.address, of(service.registry))
    if asked.stateless:
        row = await _row(request, ask, ())
        if not row["tile"]:
            return tilesets.nothing(asked.address, of(service.registry))
        return Response(row["tile"], media_type=asking.MVT)
    key = _key(request, asked)
    kept, named = service.tiles.get(key), _named(request, key)
    known = [state for state in (named, kept.state if kept else None) if state is not None]
    row = await _row(request, ask, known)
    headers = {"ETag": f'W/"{key.shape}.{row["state"]}"', "Cache-Control": "no-cache"}
    if row["tile"] is None and row["state"] == named:
        return Response(status_code=304, headers=headers)
    if row["tile"] is not None:
        kept = Kept(row["state"], row["tile"])
        service.tiles.put(key, kept)
    assert kept is not None
    if not kept.body:
        empty = tilesets.nothing(asked.address, of(service.registry))
        empty.headers.update(headers)
        return empty
    return Response(kept.body, headers=headers, media_type=asking.MVT)


async def _row(request: Request, ask: Ask, known: Sequence[str]) -> Any:
    """Row (state, tile) of a tile, whose pyramids are up to date."""
    service, caller = asking.service(request), asking.caller(request)

    def statement(registry: Registry) -> Any:
        return vector.tile(ask(registry)._replace(known=tuple(known)), caller)

    while True:
        row = await service.row(statement)
        assert row is not None
        if not row["behind"]:
            return row
        for layer in ask(service.registry).from_pyramid():
            await refresh(request, layer.stored)


async def refresh(request: Request, name: str) -> None:
    """Bring the pyramid of a layer up to the writes."""
    await write(request, lambda connection, _: pyramid.refresh(connection, name))


def _key(request: Request, asked: Asked) -> _Key:
    address = asked.address
    caller, tile = asking.caller(request).name, (address.z, address.x, address.y)
    shape = _shape(asked.layers, address.matrix_set)
    return _Key(caller, shape, tile, str(asked.when), asked.filter)


@lru_cache(maxsize=512)
def _shape(layers: tuple[Layer, ...], matrix_set: MatrixSet) -> str:
    """What of the layers, besides their rows, is seen in a tile, and the grid that it is of."""
    said = repr([(layer.id, layer.name, layer.columns) for layer in layers]) + matrix_set.text
    return blake2b(said.encode(), digest_size=6).hexdigest()


def _named(request: Request, key: _Key) -> str | None:
    """The state of the tile that the client has of these layers in this grid."""
    for tag in request.headers.get("if-none-match", "").split(","):
        shape, _, state = tag.strip().removeprefix("W/").strip('"').partition(".")
        if shape == key.shape and state.isdigit():
            return state
    return None
