"""Vector tiles of a layer in one file (瓦片归档): PMTiles 3, of WebMercatorQuad.

Each tile is what `/tiles` serves, compressed with gzip, all of them as of one moment; tiles with
nothing in them are left out. A level is walked below the tiles of the one above that have something
near, so that an archive costs with what there is and not with how wide it lies.
"""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from sqlalchemy import Connection, Engine

from cim import pyramid
from cim.access import Caller
from cim.database.connect import snapshot
from cim.database.sql import run
from cim.errors import WrittenMeanwhile
from cim.item_columns import plain
from cim.item_export import how_far
from cim.item_query import Query
from cim.layer import Layer
from cim.names import quoted
from cim.source_table import near
from tiles import vector
from tiles.errors import NoTiles, TooManyTiles
from tiles.matrix_sets import WEB_MERCATOR_QUAD, Bounds
from tiles.vector import Asked

__all__ = ["FINEST", "MOST_TILES", "Levels", "Pack", "write"]

FINEST = 18
MOST_TILES = 1_000_000
_TRIES = 5  # a write may come between the pyramid that is brought up to date and the snapshot

Tile = tuple[int, int]


class Levels(NamedTuple):
    """From the coarsest to the finest level."""

    first: int = 0
    last: int = 14


class Pack(NamedTuple):
    """What an archive is made of. A box takes the tiles that it meets; they are whole."""

    layer: Layer
    query: Query
    levels: Levels
    caller: Caller


def write(engine: Engine, pack: Pack, path: Path, watch: Callable[[int], object]) -> int:
    """Write the archive; how many tiles. `watch` is told how many there are so far.

    NoTiles, TooManyTiles, OSError.
    """
    with _settled(engine, pack) as connection, path.open("xb") as file:
        reach = _reach(connection, pack)
        if reach is None:
            raise NoTiles(pack.layer.name)
        writer, count, levels = Writer(file), 0, pack.levels
        try:
            for z, (x, y), tile in _tiles(connection, pack, reach):
                writer.write_tile(zxy_to_tileid(z, x, y), gzip.compress(tile, 6, mtime=0))
                levels = Levels(levels.first if count else z, z)
                count += 1
                watch(count)
            if not count:
                raise NoTiles(pack.layer.name)
            writer.finalize(_header(reach, levels), _metadata(pack.layer, levels))
        finally:
            writer.tile_f.close()
    return count


@contextmanager
def _settled(engine: Engine, pack: Pack) -> Iterator[Connection]:
    """A snapshot in which the pyramid of the layer is not behind the rows; WrittenMeanwhile."""
    layer = pack.layer
    for _ in range(_TRIES):
        if not layer.source:
            with engine.begin() as connection:
                pyramid.refresh(connection, layer.stored)
        with snapshot(engine) as connection:
            for setting in ("plan_cache_mode = force_generic_plan", "jit = off"):
                run(connection, f"SET LOCAL {setting}")  # as the service reads them
            if layer.source or not _fresh(connection, layer):
                yield connection
                return
    raise WrittenMeanwhile(f"the layer {layer.name!r} is written to all the time")


def _fresh(connection: Connection, layer: Layer) -> bool:
    table = f"touched.{quoted(layer.stored)}"
    found = run(connection, f"SELECT EXISTS (SELECT FROM {table} WHERE fresh) AS it")
    return bool(found[0].it)


def _reach(connection: Connection, pack: Pack) -> Bounds | None:
    """The box of the tiles in degrees: of what is shown, within the box that is asked for."""
    rows = how_far(pack.layer, replace(pack.query, sort=()), pack.caller)
    (far,) = run(connection, rows.sql, *rows.values)
    if far.west is None:
        return None
    box = pack.query.bbox
    if box is None or box.srid != 4490 or box.west > box.east:
        return far.west, far.south, far.east, far.north
    return (
        max(far.west, box.west),
        max(far.south, box.south),
        min(far.east, box.east),
        min(far.north, box.north),
    )


def _tiles(connection: Connection, pack: Pack, reach: Bounds) -> Iterator[tuple[int, Tile, bytes]]:
    """The tiles that are not empty, in the order of their numbers in the archive."""
    seen, above = 0, None
    for z in range(pack.levels.first, pack.levels.last + 1):
        wanted = _of_level(z, reach, above)
        seen += len(wanted)
        if seen > MOST_TILES:
            raise TooManyTiles(MOST_TILES)
        above = set()
        for x, y in sorted(wanted, key=lambda tile: zxy_to_tileid(z, *tile)):
            tile = _tile(connection, pack, z, (x, y))
            if tile or _anything(connection, pack, z, (x, y)):
                above.add((x, y))
            if tile:
                yield z, (x, y), tile


def _of_level(z: int, reach: Bounds, above: set[Tile] | None) -> list[Tile]:
    """Tiles of a level that the box reaches, below those of the level above."""
    limits = WEB_MERCATOR_QUAD.limits(reach)[z]
    columns = range(limits["minTileCol"], limits["maxTileCol"] + 1)
    rows = range(limits["minTileRow"], limits["maxTileRow"] + 1)
    if above is None:
        if len(columns) * len(rows) > MOST_TILES:
            raise TooManyTiles(MOST_TILES)
        return [(x, y) for x in columns for y in rows]
    below = ((2 * x + i, 2 * y + j) for x, y in above for i in (0, 1) for j in (0, 1))
    return [(x, y) for x, y in below if x in columns and y in rows]


def _tile(connection: Connection, pack: Pack, z: int, tile: Tile) -> bytes:
    address = WEB_MERCATOR_QUAD.address(z, *tile)
    asked = Asked((pack.layer,), address, pack.query.when, pack.query.filter)
    statement = vector.tile(asked, pack.caller)
    (row,) = run(connection, statement.sql, *statement.values)
    return bytes(row.tile)


def _anything(connection: Connection, pack: Pack, z: int, tile: Tile) -> bool:
    """Whether anything lies near, be it too small to be seen."""
    layer = pack.layer
    view = "item" if pack.query.when is None else "version"
    box = WEB_MERCATOR_QUAD.address(z, *tile).degrees(vector.BUFFER / vector.EXTENT)
    numbers = ", ".join(f"${n}::float8" for n in range(1, 5))
    place = near(layer.source, f"(SELECT ST_MakeEnvelope({numbers}, 4490))", "v.")
    rows = f"SELECT FROM {view}.{quoted(layer.name)} v WHERE {place}"
    found = run(connection, f"SELECT EXISTS ({rows}) AS it", *box)
    return bool(found[0].it)


def _header(reach: Bounds, levels: Levels) -> dict[str, Any]:
    west, south, east, north = (round(degrees * 1e7) for degrees in reach)
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": (levels.first + levels.last) // 2,
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }


def _metadata(layer: Layer, levels: Levels) -> dict[str, Any]:
    """As TileJSON 3.0 has it; `levels` are those that have tiles, as the header says, too."""
    fields = {"code": "String"} | {
        c.name: _KINDS.get(plain(c.type), "String") for c in layer.columns
    }
    return {
        "name": layer.title.zh,
        "description": layer.description.zh,
        "type": "overlay",
        "format": "pbf",
        "scheme": "xyz",
        "tilejson": "3.0.0",
        "vector_layers": [
            {
                "id": layer.name,
                "description": layer.title.zh,
                "minzoom": levels.first,
                "maxzoom": levels.last,
                "fields": fields,
            }
        ],
    }


_KINDS = {
    "boolean": "Boolean",
    "integer": "Number",
    "bigint": "Number",
    "double precision": "Number",
}
