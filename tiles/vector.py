"""Vector tiles (矢量瓦片): one statement whose result is the tile, MVT 2.1.

The tile's box is worked out here and bound; the stored geometry is looked for in its own CRS
(EPSG:4490) and only what is found is projected. A feature carries its code and the layer's own
columns; division and class are parts of the code.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

from cim.access import Caller
from cim.items import Statement
from cim.names import quoted
from cim.registry import Layer
from cim.source_table import near

EXTENT = 4096
BUFFER = 64  # in tile units: outlines of polygons are drawn outside the tile
MAX_ZOOM = 24

_RADIUS = 6378137.0
_HALF = math.pi * _RADIUS


@dataclass(frozen=True, slots=True)
class TileAddress:
    """A tile of WebMercatorQuad: zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int

    @property
    def exists(self) -> bool:
        return 0 <= self.z <= MAX_ZOOM and 0 <= self.x < 2**self.z and 0 <= self.y < 2**self.z

    def metres(self) -> tuple[float, float, float, float]:
        """West, south, east, north in metres of EPSG:3857."""
        size = 2 * _HALF / 2**self.z
        west, north = -_HALF + self.x * size, _HALF - self.y * size
        return west, north - size, west + size, north

    def degrees(self, buffer: float = 0.0) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees, widened by a share of the tile's size."""
        west, south, east, north = self.metres()
        margin = buffer * (east - west)
        return (
            max(-180.0, math.degrees((west - margin) / _RADIUS)),
            _latitude(south - margin),
            min(180.0, math.degrees((east + margin) / _RADIUS)),
            _latitude(north + margin),
        )


def tile(layer: Layer, address: TileAddress, caller: Caller) -> Statement:  # noqa: ARG001
    """Row (tile): MVT bytes with one layer, empty where there is nothing.

    ST_AsMVT leaves out what is too small to have a geometry; a filter for it would work out every
    geometry twice.
    """
    return Statement(_sql(layer), (*address.metres(), *address.degrees(BUFFER / EXTENT)))


_BOX = "(SELECT ST_MakeEnvelope($5::float8, $6::float8, $7::float8, $8::float8, 4490))"


@lru_cache(maxsize=1024)
def _sql(layer: Layer) -> str:
    columns = ", ".join(quoted(name) for name in ("code", *(c.name for c in layer.columns)))
    return f"""
        SELECT ST_AsMVT(t, '{layer.name}', {EXTENT}, 'geom') AS tile
        FROM (
            SELECT ST_AsMVTGeom(
                       ST_Transform(geom, 3857),
                       (SELECT ST_MakeEnvelope(
                            $1::float8, $2::float8, $3::float8, $4::float8, 3857)),
                       {EXTENT}, {BUFFER}) AS geom,
                   {columns}
            FROM item.{quoted(layer.name)}
            WHERE {near(layer.source, _BOX)}
        ) t
    """


def _latitude(northing: float) -> float:
    return math.degrees(2 * math.atan(math.exp(northing / _RADIUS)) - math.pi / 2)
