"""Values of a part of a scene (覆盖数据), on its own grid: OGC API - Coverages.

Nothing is resampled: a part is every pixel that the box touches, with the values that the file
has. A box in longitude and latitude (CGCS2000, read as CRS84) becomes the smallest box of the
grid's CRS that holds it, so that a part on a Gauss-Kruger grid reaches a little over the corners
of what was asked. A touch of less than a thousandth of a pixel is rounding.

CoverageJSON (OGC 21-069r2) places values at the centres of pixels, in the CRS of the grid, and
names the axes in the order of that CRS: northing before easting for EPSG:4546.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader, MemoryFile
from rasterio.warp import transform_bounds
from rasterio.windows import Window
from rasterio.windows import transform as window_transform

from cim.errors import SceneUnreadable
from cim.items import BBox
from cim.registry import Scene
from tiles.errors import NothingThere, PartTooLarge

MAX_JSON_VALUES = 1_000_000
MAX_VALUES = 100_000_000

_TOUCH = 1e-3  # of a pixel
_MARGIN = 0.01  # of the scene: a box is cut to about the scene before it is projected

Box = tuple[float, float, float, float]
Range = tuple[float, float]
EVERYWHERE: Range = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Part:
    """What is asked of a scene.

    `bands` are names, all by default. `bbox` is in degrees; `x` and `y` are the lowest and the
    highest coordinate in the CRS of the grid, x being easting or longitude.
    """

    bands: tuple[str, ...] = ()
    bbox: BBox | None = None
    x: Range = EVERYWHERE
    y: Range = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Values:
    """Values of a part: `array` is (band, row, column), masked where there are none."""

    scene: Scene
    bands: tuple[str, ...]
    array: np.ma.MaskedArray[Any, Any]
    transform: rasterio.Affine
    nodata: float | None


def axes(scene: Scene) -> tuple[str, str]:
    """Names of the axes that a subset speaks of, x first."""
    return ("Long", "Lat") if CRS.from_user_input(scene.crs).is_geographic else ("x", "y")


def read(scene: Scene, part: Part, folder: Path, most: int = MAX_VALUES) -> Values:
    """Blocking. Raises NothingThere, PartTooLarge, or SceneUnreadable; `folder` is the store."""
    names = [band.name for band in scene.bands]
    bands = part.bands or tuple(names)
    try:
        with rasterio.open(folder / scene.path) as cog:
            window = _window(cog, scene, part)
            size = len(bands) * int(window.width) * int(window.height)
            if size > most:
                raise PartTooLarge(size, most)
            indexes = [names.index(name) + 1 for name in bands]
            array = cog.read(indexes, window=window, masked=True)
            moved = window_transform(window, cog.transform)
            return Values(scene, bands, array, moved, cog.nodata)
    except RasterioError as error:
        raise SceneUnreadable(folder / scene.path, str(error)) from error


def _window(cog: DatasetReader, scene: Scene, part: Part) -> Window:
    left, bottom, right, top = _box(cog, scene, part)
    (columns, rows), grid = cog.shape[::-1], cog.transform
    first_column, last_column = _cells((left - grid.c) / grid.a, (right - grid.c) / grid.a, columns)
    first_row, last_row = _cells((top - grid.f) / grid.e, (bottom - grid.f) / grid.e, rows)
    if first_column >= last_column or first_row >= last_row:
        raise NothingThere("that part")
    return Window(first_column, first_row, last_column - first_column, last_row - first_row)


def _cells(begin: float, end: float, count: int) -> tuple[int, int]:
    """First cell and the one after the last that are touched; a point touches one."""
    low, high = max(begin, -1.0), min(end, count + 1.0)
    first = math.floor(low + _TOUCH)
    last = max(math.ceil(high - _TOUCH), first + 1) if low <= high else first
    return max(first, 0), min(last, count)


def _box(cog: DatasetReader, scene: Scene, part: Part) -> Box:
    """Left, bottom, right, top of the part in the CRS of the grid."""
    box = (part.x[0], part.y[0], part.x[1], part.y[1])
    if part.bbox is None:
        return box
    left, bottom, right, top = transform_bounds("EPSG:4490", cog.crs, *_near(scene, part.bbox))
    return (max(left, box[0]), max(bottom, box[1]), min(right, box[2]), min(top, box[3]))


def _near(scene: Scene, bbox: BBox) -> Box:
    """What of the box is near the scene, for a projection holds only there; NothingThere."""
    west, south, east, north = _around(scene)
    for part in bbox.parts():
        cut = (max(part[0], west), max(part[1], south), min(part[2], east), min(part[3], north))
        if cut[0] <= cut[2] and cut[1] <= cut[3]:
            return cut
    raise NothingThere(f"{bbox.west:g},{bbox.south:g},{bbox.east:g},{bbox.north:g}")


def _around(scene: Scene) -> Box:
    """The extent of the scene, widened by a margin: the sides of its outline are bent."""
    west, south, east, north = scene.extent
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
        "crs": values.scene.crs,
        "transform": values.transform,
        "nodata": values.nodata,
        "compress": "deflate",
    }
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), MemoryFile() as memory:
        with memory.open(**profile) as made:
            made.write(values.array.data)
            made.descriptions = values.bands
            if values.nodata is None and np.ma.is_masked(values.array):
                made.write_mask(~np.ma.getmaskarray(values.array).all(axis=0))
        content: bytes = memory.read()
        return content


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
                "t": {"values": [values.scene.acquired_at.strftime("%Y-%m-%dT%H:%M:%SZ")]},
            },
            "referencing": _referencing(values.scene.crs),
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
