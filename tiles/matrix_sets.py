"""Tile matrix sets (瓦片矩阵集): the grids that maps are cut into. OGC 17-083r4.

Everybody has three: WebMercatorQuad, WorldCRS84Quad, and CGCS2000Quad, the grid `c` of Tianditu
(天地图经纬度投影): EPSG:4490, 0.703125 degrees a pixel at level 1, which is two tiles wide and one
high. The OGC has no entry for that grid, so that it has no address of theirs. A city registers
others as JSON; a tile of any of them is told by level, row and column from the west. Rows count
from the north, from the south where the `cornerOfOrigin` of a level is `bottomLeft`.

>>> CGCS2000_QUAD.address(1, 1, 0).bounds()
(0.0, -90.0, 180.0, 90.0)
>>> [round(x, 2) for x in WEB_MERCATOR_QUAD.address(1, 1, 0).bounds()]
[0.0, 0.0, 20037508.34, 20037508.34]
>>> CGCS2000_QUAD.address(0, 0, 0)
Traceback (most recent call last):
...
tiles.errors.TileOutside: CGCS2000Quad has no tile 0/0/0
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import morecantile
from morecantile import Tile, TileMatrixSet
from morecantile.models import TileMatrix
from pydantic import ValidationError
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from cim.registry import Registry
from tiles.errors import (
    TileBeyondLimits,
    TileMatrixSetInvalid,
    TileMatrixSetUnknown,
    TileOutside,
)

Bounds = tuple[float, float, float, float]  # west, south, east, north

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_MOST_LEVELS = 40
_MOST_SIDE = 4096  # pixels of a side of a tile
# Longitude and latitude of frames between which no shift is applied; see `cim.crs`.
_STORED = {4490, 4326}
_WEB_MERCATOR, _RADIUS = 3857, 6378137.0
_METRES_A_DEGREE = math.radians(_RADIUS)
_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


@dataclass(frozen=True, slots=True, eq=False)
class MatrixSet:
    """A tile matrix set. `srid` is that of its coordinates, x first; 4490 needs no transformation.

    One is itself alone, as is the text that it was read from.
    """

    name: str
    srid: int
    model: TileMatrixSet = field(repr=False)
    text: str = field(repr=False)

    @property
    def levels(self) -> range:
        return range(self.model.minzoom, self.model.maxzoom + 1)

    def address(self, z: int, x: int, y: int) -> "TileAddress":
        """The tile of level `z`, column `x`, row `y`; TileOutside."""
        found = TileAddress(z, x, y, self)
        if not found.exists:
            raise TileOutside(self.name, z, x, y)
        return found

    def limits(self, extent: Bounds) -> list[dict[str, Any]]:
        """Rows and columns of each level that an extent in degrees reaches (OGC 17-083r4)."""
        box = from_degrees(self.srid, extent)
        return [self._limits(z, box) for z in self.levels]

    def check_limits(self, tile: "TileAddress", extent: Bounds) -> None:
        """TileBeyondLimits where `limits` leave out a tile."""
        found = self._limits(tile.z, from_degrees(self.srid, extent))
        rows = found["minTileRow"] <= tile.y <= found["maxTileRow"]
        if not (rows and found["minTileCol"] <= tile.x <= found["maxTileCol"]):
            raise TileBeyondLimits(self.name, tile.z, tile.x, tile.y)

    def _limits(self, z: int, box: Bounds) -> dict[str, Any]:
        matrix = _matrix(self, z)
        west, south, _, north = TileAddress(z, 0, 0, self).bounds()
        width, height = matrix.tileWidth * matrix.cellSize, matrix.tileHeight * matrix.cellSize
        rows = [(north - box[3]) / height, (north - box[1]) / height]
        if matrix.cornerOfOrigin == "bottomLeft":
            rows = [(box[1] - south) / height, (box[3] - south) / height]

        def within(place: float, count: int) -> int:
            return min(max(int(place), 0), count - 1)

        return {
            "tileMatrix": matrix.id,
            "minTileRow": within(rows[0], matrix.matrixHeight),
            "maxTileRow": within(rows[1], matrix.matrixHeight),
            "minTileCol": within((box[0] - west) / width, matrix.matrixWidth),
            "maxTileCol": within((box[2] - west) / width, matrix.matrixWidth),
        }

    def document(self) -> dict[str, Any]:
        """As OGC 17-083r4 has it in JSON."""
        made: dict[str, Any] = json.loads(self.text)
        return made


@dataclass(frozen=True, slots=True)
class TileAddress:
    """A tile: level, column from the west, row from the corner of origin."""

    z: int
    x: int
    y: int
    matrix_set: MatrixSet

    @property
    def exists(self) -> bool:
        if self.z not in self.matrix_set.levels:
            return False
        matrix = _matrix(self.matrix_set, self.z)
        return 0 <= self.x < matrix.matrixWidth and 0 <= self.y < matrix.matrixHeight

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        matrix = _matrix(self.matrix_set, self.z)
        return matrix.tileWidth, matrix.tileHeight

    def bounds(self) -> Bounds:
        """West, south, east, north in the CRS of the set, x first."""
        return _bounds(self)

    def degrees(self, buffer: float = 0.0) -> Bounds:
        """West, south, east, north in degrees, widened by a share of the tile's size."""
        return _degrees(self, buffer)


# What morecantile tells takes as long as a small tile, and is asked several times for each.
@lru_cache(maxsize=256)
def _matrix(matrix_set: MatrixSet, z: int) -> TileMatrix:
    return matrix_set.model.matrix(z)


@lru_cache(maxsize=1024)
def _bounds(address: TileAddress) -> Bounds:
    tile = Tile(address.x, address.y, address.z)
    west, south, east, north = address.matrix_set.model.xy_bounds(tile)
    return west, south, east, north


@lru_cache(maxsize=1024)
def _degrees(address: TileAddress, buffer: float) -> Bounds:
    west, south, east, north = _bounds(address)
    x, y = buffer * (east - west), buffer * (north - south)
    wider = west - x, south - y, east + x, north + y
    west, south, east, north = to_degrees(address.matrix_set.srid, wider)
    return max(-180.0, west), max(-90.0, south), min(180.0, east), min(90.0, north)


def to_degrees(srid: int, bounds: Bounds) -> Bounds:
    """The box in degrees that holds a box in a CRS, x first."""
    if srid in _STORED:
        return bounds
    west, south, east, north = bounds
    if srid == _WEB_MERCATOR:  # PROJ begins anew at the antimeridian, which a buffer crosses
        return _longitude(west), _latitude(south), _longitude(east), _latitude(north)
    west, south, east, north = _transformer(srid).transform_bounds(*bounds, densify_pts=21)
    return west, south, east, north


def from_degrees(srid: int, extent: Bounds) -> Bounds:
    """The box in a CRS, x first, that holds a box in degrees."""
    if srid in _STORED:
        return extent
    west, south, east, north = _transformer(srid).transform_bounds(
        *extent, densify_pts=21, direction="INVERSE"
    )
    return west, south, east, north


def _longitude(easting: float) -> float:
    return math.degrees(easting / _RADIUS)


def _latitude(northing: float) -> float:
    return math.degrees(2 * math.atan(math.exp(northing / _RADIUS)) - math.pi / 2)


@lru_cache(maxsize=64)
def _transformer(srid: int) -> Transformer:
    return Transformer.from_crs(srid, 4490, always_xy=True)


def parse(document: Mapping[str, Any]) -> MatrixSet:
    """A tile matrix set out of its document; TileMatrixSetInvalid says what is wrong where."""
    try:
        model = TileMatrixSet.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise TileMatrixSetInvalid(f"{where}: {first['msg']}") from None
    except (CRSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise TileMatrixSetInvalid(str(error)) from None
    name = model.id or ""
    if not _NAME.fullmatch(name):
        raise TileMatrixSetInvalid(f"id: {name!r} is not 1-64 of A-Z, a-z, 0-9, _ and -")
    _check_levels(model)
    text = model.model_dump_json(exclude_none=True)
    return MatrixSet(name, _srid(model), _with_axes(model), text)


def _with_axes(model: TileMatrixSet) -> TileMatrixSet:
    """The model with axes that morecantile takes for what they are.

    It takes X for easting; the X of the zones of CGCS2000 is northing (EPSG 4513 to 4554).
    """
    registered = [(axis.abbrev.upper(), axis.direction) for axis in _axes(model)]
    first = (model.orderedAxes or [registered[0][0]])[0].upper()
    direction = dict(registered).get(first, "north" if first[:1] in {"N", "L"} else "east")
    if first[:3] in {"LON", "LNG"}:
        direction = "east"
    axes = ["Lat", "Lon"] if direction == "north" else ["Lon", "Lat"]
    return model.model_copy(update={"orderedAxes": axes})


def _axes(model: TileMatrixSet) -> Sequence[Any]:
    return CRS.from_user_input(model.crs.srs).axis_info


def _check_levels(model: TileMatrixSet) -> None:
    levels = [int(matrix.id) for matrix in model.tileMatrices]
    if not levels or len(levels) > _MOST_LEVELS:
        raise TileMatrixSetInvalid(f"tileMatrices: there are 1 to {_MOST_LEVELS} of them")
    if levels != list(range(levels[0], levels[0] + len(levels))) or levels[0] < 0:
        raise TileMatrixSetInvalid("tileMatrices: their ids are numbers that follow each other")
    for matrix in model.tileMatrices:
        if matrix.variableMatrixWidths:
            raise TileMatrixSetInvalid(f"tileMatrices: {matrix.id} has rows of coalesced tiles")
        if not (0 < matrix.tileWidth <= _MOST_SIDE and 0 < matrix.tileHeight <= _MOST_SIDE):
            raise TileMatrixSetInvalid(
                f"tileMatrices: a tile of {matrix.id} is 1 to {_MOST_SIDE} pixels a side"
            )
        if matrix.cellSize <= 0 or matrix.matrixWidth < 1 or matrix.matrixHeight < 1:
            raise TileMatrixSetInvalid(f"tileMatrices: {matrix.id} has no tiles")


def _srid(model: TileMatrixSet) -> int:
    if model.crs.srs.replace("https://", "http://") in {_CRS84, _CRS84.replace("1.3", "0")}:
        return 4490
    number = model.crs.to_epsg()
    if number is None:
        raise TileMatrixSetInvalid("crs: it has no EPSG number")
    return 4490 if number in _STORED else int(number)


def _cgcs2000_quad() -> MatrixSet:
    """Tianditu tells scales of pixels of 96 an inch; these are the OGC's, of 0.28 mm."""
    levels = [
        {
            "id": str(z),
            "scaleDenominator": (0.703125 / 2 ** (z - 1)) * _METRES_A_DEGREE / 0.00028,
            "cellSize": 0.703125 / 2 ** (z - 1),
            "cornerOfOrigin": "topLeft",
            "pointOfOrigin": [90, -180],
            "tileWidth": 256,
            "tileHeight": 256,
            "matrixWidth": 2**z,
            "matrixHeight": 2 ** (z - 1),
        }
        for z in range(1, 21)
    ]
    return parse(
        {
            "id": "CGCS2000Quad",
            "title": "CGCS2000 经纬度（天地图 c）",
            "orderedAxes": ["Lat", "Lon"],
            "crs": "http://www.opengis.net/def/crs/EPSG/0/4490",
            "tileMatrices": levels,
        }
    )


WEB_MERCATOR_QUAD, WORLD_CRS84_QUAD = (
    parse(json.loads(morecantile.tms.get(name).model_dump_json(exclude_none=True)))
    for name in ("WebMercatorQuad", "WorldCRS84Quad")
)
CGCS2000_QUAD = _cgcs2000_quad()
EVERYBODYS = {s.name: s for s in (WEB_MERCATOR_QUAD, WORLD_CRS84_QUAD, CGCS2000_QUAD)}


def offered(registry: Registry) -> list[MatrixSet]:
    """All that there are, everybody's first."""
    return [
        *EVERYBODYS.values(),
        *(_registered(text) for text in registry.tile_matrix_sets.values()),
    ]


def by_name(name: str, registry: Registry) -> MatrixSet:
    """TileMatrixSetUnknown."""
    if name in EVERYBODYS:
        return EVERYBODYS[name]
    text = registry.tile_matrix_sets.get(name)
    if text is None:
        raise TileMatrixSetUnknown(name, [found.name for found in offered(registry)])
    return _registered(text)


@lru_cache(maxsize=64)
def _registered(text: str) -> MatrixSet:
    return parse(json.loads(text))
