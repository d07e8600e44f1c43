"""What the head of a raster must say for a scene (栅格检查), and its outline.

A scene has one CRS that PROJ knows, a north-up grid, and bands of real numbers. Footprints are in
CGCS2000 (EPSG:4490), x = longitude, y = latitude in degrees.
"""

from pathlib import Path

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from rasterio.coords import BoundingBox
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from cim.assignment.geometry import STORAGE_CRS
from layers.crs.declared import declare
from layers.errors import RasterUnfit, RasterUnplaced, SourceUnreadable

MAX_PIXELS = 10**10  # a 100 km square at one metre

_SIDE_POINTS = 20


def check(source: DatasetReader, path: Path, crs: str | None) -> None:
    """RasterUnplaced or RasterUnfit when the head says that it cannot be of a scene."""
    if source.width * source.height > MAX_PIXELS:
        raise RasterUnfit(path, f"{source.width} x {source.height} pixels are too many; tile it")
    kinds = set(source.dtypes)
    if any(np.dtype(kind).kind not in "iuf" for kind in kinds):
        raise RasterUnfit(path, f"its bands are {', '.join(sorted(kinds))}, not real numbers")
    if source.crs is None and crs is None:
        raise RasterUnplaced(path, "it names no CRS; say which with --crs, such as EPSG:4546")
    grid = source.transform
    if grid.is_identity:
        raise RasterUnplaced(path, "it has no georeference")
    if grid.b or grid.d or grid.a <= 0 or grid.e >= 0:
        raise RasterUnplaced(path, "its grid is not north-up; warp it with gdalwarp first")


def crs_of(source: DatasetReader, path: Path, given: str | None) -> rasterio.CRS:
    """The CRS of the file, or the given one where it names none; CrsUnknown, RasterUnplaced."""
    if source.crs is not None or given is None:
        return source.crs
    declared = declare(given)
    if declared.offset is not None or declared.datum is None:
        raise RasterUnplaced(path, f"pixels in {declared.name} must be warped first")
    return rasterio.CRS.from_wkt(declared.crs.to_wkt())


def find_damage(source: DatasetReader, path: Path) -> None:
    """Read every block; SourceUnreadable names the first that is damaged."""
    for _, window in source.block_windows(1):
        try:
            source.read(window=window)
        except RasterioError as error:
            place = f"the block at column {window.col_off}, row {window.row_off}"
            raise SourceUnreadable(path, f"{place}: {error.__cause__ or error}") from error


def footprint(bounds: BoundingBox, given: rasterio.CRS, path: Path) -> shapely.Polygon:
    """Outline of the grid in EPSG:4490, with points on its sides so that they bend as they do."""
    left, bottom, right, top = bounds
    outline = shapely.box(left, bottom, right, top)
    dense = shapely.segmentize(outline, max(right - left, top - bottom) / _SIDE_POINTS)
    try:
        crs = CRS.from_user_input(given.to_wkt())
        move = Transformer.from_crs(crs, STORAGE_CRS, always_xy=True).transform
    except (CRSError, ProjError) as error:
        raise RasterUnplaced(path, f"its CRS has no way to CGCS2000: {error}") from error

    def to_storage(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(move(xy[:, 0], xy[:, 1]))

    moved: shapely.Polygon = shapely.transform(dense, to_storage)
    corners = shapely.get_coordinates(moved)
    if not (np.isfinite(corners).all() and (np.abs(corners) <= (180, 90)).all()):
        raise RasterUnplaced(path, f"({left:g}, {top:g}) is nowhere in {crs.name}")
    return moved
