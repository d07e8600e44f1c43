"""Values of a part of a mosaic (覆盖数据), on the grid of its newest scene: OGC API - Coverages.

A part is every pixel that the box touches, with the values that the files have: nothing is
resampled where scenes share a grid, and where they do not, the values of the nearest pixels are
taken. Each pixel is of the newest scene that has a value there. A box in longitude and latitude
(CGCS2000, read as CRS84) becomes the smallest box of the grid's CRS that holds it, so that a part
on a Gauss-Kruger grid reaches a little over the corners of what was asked. A touch of less than a
thousandth of a pixel is rounding.

CoverageJSON (OGC 21-069r2) places values at the centres of pixels, in the CRS of the grid, and
names the axes in the order of that CRS: northing before easting for EPSG:4546.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.warp import transform_bounds

from cim.bucket import Place
from cim.errors import SceneUnreadable
from cim.item_query import BBox
from cim.scenes import Box, Scene
from layers import places
from layers.places import Files
from tiles import pasting
from tiles.errors import NothingThere, PartTooLarge, TooManyScenes
from tiles.formula import Formula, Masked
from tiles.pasting import Grid, Wanted

MAX_JSON_VALUES = 1_000_000
MAX_VALUES = 100_000_000
MAX_FORMULA_VALUES = 20_000_000  # of all bands, eight bytes each while it is worked out
MAX_SCENES = 64

_MARGIN = 0.01  # of the scenes: a box is cut to about them before it is projected

Range = tuple[float, float]
EVERYWHERE: Range = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Part:
    """What is asked of a mosaic.

    `bands` are names, all of the newest scene by default; a `formula` stands instead of them.
    `bbox` is in degrees; `x` and `y` are the lowest and the highest coordinate in the CRS of the
    grid, x being easting or longitude.
    """

    bands: tuple[str, ...] = ()
    bbox: BBox | None = None
    x: Range = EVERYWHERE
    y: Range = EVERYWHERE
    formula: Formula | None = None


@dataclass(frozen=True, slots=True)
class Values:
    """Values of a part: `array` is (band, row, column), masked where there are none.

    `acquired_at` is the moment of the newest scene.
    """

    crs: str
    acquired_at: datetime
    bands: tuple[str, ...]
    array: Masked
    transform: rasterio.Affine
    nodata: float | None


def axes(scene: Scene) -> tuple[str, str]:
    """Names of the axes that a subset speaks of, x first."""
    return ("Long", "Lat") if CRS.from_user_input(scene.crs).is_geographic else ("x", "y")


def read(scenes: Sequence[Scene], part: Part, place: Place, most: int = MAX_VALUES) -> Values:
    """Of scenes, the newest first. Blocking; `place` is the raster store.

    NothingThere, PartTooLarge, TooManyScenes, BandMissing, or SceneUnreadable.
    """
    if len(scenes) > MAX_SCENES:
        raise TooManyScenes(len(scenes), MAX_SCENES)
    newest, files = scenes[0], places.at(place)
    names = part.bands or tuple(band.name for band in newest.bands)
    wanted = part.formula.names if part.formula else names
    try:
        with files.reading():
            grid = _grid(newest, files)
            window = grid.window(
                _box(grid, scenes, part), [grid.bounds(scene, files) for scene in scenes]
            )
            size = len(wanted) * window.width * window.height
            if size == 0:
                raise NothingThere("that part")
            limit = min(most, MAX_FORMULA_VALUES) if part.formula else most
            if size > limit:
                raise PartTooLarge(size, limit)
            asked = Wanted(grid, window, wanted, part.formula)
            found = pasting.paste(scenes, asked, files)
    except RasterioError as error:
        raise SceneUnreadable(files.address(newest.path), str(error)) from error
    called = (part.formula.title,) if part.formula else names
    return Values(
        newest.crs, newest.acquired_at, called, found.array, asked.transform, found.nodata
    )


def _grid(scene: Scene, files: Files) -> Grid:
    with rasterio.open(files.address(scene.path)) as source:
        return Grid(source.crs, source.transform)


def _box(grid: Grid, scenes: Sequence[Scene], part: Part) -> Box:
    """Left, bottom, right, top of the part in the CRS of the grid."""
    box = (part.x[0], part.y[0], part.x[1], part.y[1])
    if part.bbox is None:
        return box
    near = _near(scenes, part.bbox)
    left, bottom, right, top = transform_bounds("EPSG:4490", grid.crs, *near)
    return (max(left, box[0]), max(bottom, box[1]), min(right, box[2]), min(top, box[3]))


def _near(scenes: Sequence[Scene], bbox: BBox) -> Box:
    """What of the box is near the scenes, for a projection holds only there; NothingThere."""
    west, south, east, north = _around(scenes)
    for part in bbox.parts():
        cut = (max(part[0], west), max(part[1], south), min(part[2], east), min(part[3], north))
        if cut[0] <= cut[2] and cut[1] <= cut[3]:
            return cut
    raise NothingThere(f"{bbox.west:g},{bbox.south:g},{bbox.east:g},{bbox.north:g}")


def _around(scenes: Sequence[Scene]) -> Box:
    """The extent of the scenes, widened by a margin: the sides of their outlines are bent."""
    extents = np.array([scene.extent for scene in scenes])
    west, south = extents[:, :2].min(axis=0)
    east, north = extents[:, 2:].max(axis=0)
    wide, high = _MARGIN * (east - west), _MARGIN * (north - south)
    return west - wide, south - high, east + wide, north + high


def geotiff(values: Values) -> bytes:
    """The part as a GeoTIFF with the names of its bands, its nodata value or its mask."""
    count, height, width = values.array.shape
    profile = {
        "driver": "GTiff",
        "dtype": values.array.dtype,
        "count": count,
        "height": height,
        "width": width,
        "crs": values.crs,
        "transform": values.transform,
        "nodata": values.nodata,
        "compress": "deflate",
    }
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), MemoryFile() as memory:
        with memory.open(**profile) as made:
            made.write(_filled(values))
            made.descriptions = values.bands
            if values.nodata is None and np.ma.is_masked(values.array):
                made.write_mask(~np.ma.getmaskarray(values.array).all(axis=0))
        content: bytes = memory.read()
        return content


def _filled(values: Values) -> NDArray[Any]:
    return values.array.data if values.nodata is None else values.array.filled(values.nodata)


def coverage_json(values: Values) -> dict[str, Any]:
    """The part as a CoverageJSON document of the domain type Grid."""
    _, height, width = values.array.shape
    return {
        "type": "Coverage",
        "domain": {
            "type": "Domain",
            "domainType": "Grid",
            "axes": {
                "x": _axis(values.transform.c, values.transform.a, width),
                "y": _axis(values.transform.f, values.transform.e, height),
                "t": {"values": [values.acquired_at.strftime("%Y-%m-%dT%H:%M:%SZ")]},
            },
            "referencing": _referencing(values.crs),
        },
        "parameters": {name: _parameter(name) for name in values.bands},
        "ranges": {
            name: _range(band) for name, band in zip(values.bands, values.array, strict=True)
        },
    }


def _axis(edge: float, step: float, count: int) -> Mapping[str, float]:
    return {"start": edge + step / 2, "stop": edge + step * (count - 0.5), "num": count}


def _referencing(crs: str) -> list[dict[str, Any]]:
    known = CRS.from_user_input(crs)
    number = known.to_epsg()
    system: dict[str, Any] = {
        "type": "GeographicCRS" if known.is_geographic else "ProjectedCRS",
        **({"id": f"http://www.opengis.net/def/crs/EPSG/0/{number}"} if number else {"wkt": crs}),
    }
    north_first = number is not None and known.axis_info[0].direction == "north"
    return [
        {"coordinates": ["y", "x"] if north_first else ["x", "y"], "system": system},
        {"coordinates": ["t"], "system": {"type": "TemporalRS", "calendar": "Gregorian"}},
    ]


def _parameter(name: str) -> dict[str, Any]:
    return {"type": "Parameter", "observedProperty": {"label": {"en": name}}}


def _range(band: NDArray[Any]) -> dict[str, Any]:
    values = np.ma.masked_invalid(band) if band.dtype.kind == "f" else band
    return {
        "type": "NdArray",
        "dataType": "float" if band.dtype.kind == "f" else "integer",
        "axisNames": ["t", "y", "x"],
        "shape": [1, *band.shape],
        "values": np.ma.ravel(values).tolist(),
    }
