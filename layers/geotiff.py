"""Opens a GeoTIFF and sees that it can become a scene (栅格检查).

A scene has one CRS that PROJ knows, a north-up grid, bands of one real type, and can be read to
its last block. Footprints are in CGCS2000 (EPSG:4490), x = longitude, y = latitude in degrees.
"""

import hashlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader

from cim.assignment.geometry import STORAGE_CRS
from layers.errors import RasterUnfit, RasterUnplaced, SourceUnreadable

MAX_PIXELS = 10**10  # a 100 km square at one metre

_SIDE_POINTS = 20


@contextmanager
def open_geotiff(path: Path) -> Iterator[DatasetReader]:
    """The file, open for reading; SourceUnreadable when it is no GeoTIFF."""
    if not path.is_file():
        raise SourceUnreadable(path, "there is no such file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # `check` says it better
            source = rasterio.open(path, driver="GTiff")
    except RasterioError as error:
        raise SourceUnreadable(path, "it is not a GeoTIFF that GDAL can read") from error
    with source:
        yield source


def digest(source: DatasetReader) -> str:
    """SHA-256 over the file and those beside it that say what it is (.tfw, .aux.xml)."""
    whole = hashlib.sha256()
    for name in sorted(source.files):
        with Path(name).open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def check(source: DatasetReader, path: Path) -> None:
    """RasterUnplaced or RasterUnfit when the head of the file says that it cannot be a scene."""
    if source.subdatasets:
        raise RasterUnfit(path, "it holds several images")
    if source.width * source.height > MAX_PIXELS:
        raise RasterUnfit(path, f"{source.width} x {source.height} pixels are too many; tile it")
    kinds = set(source.dtypes)
    if len(kinds) > 1 or any(np.dtype(kind).kind not in "iuf" for kind in kinds):
        raise RasterUnfit(path, f"its bands are {', '.join(sorted(kinds))}, not of one real type")
    if source.crs is None:
        raise RasterUnplaced(path, "it names no CRS; write one into it with gdal_edit.py -a_srs")
    grid = source.transform
    if grid.is_identity:
        raise RasterUnplaced(path, "it has no georeference")
    if grid.b or grid.d or grid.a <= 0 or grid.e >= 0:
        raise RasterUnplaced(path, "its grid is not north-up; warp it with gdalwarp first")


def check_blocks(source: DatasetReader, path: Path, progress: Callable[[float], None]) -> None:
    """Read every block once; SourceUnreadable names the first one that is damaged."""
    windows = [window for _, window in source.block_windows(1)]
    for done, window in enumerate(windows, 1):
        try:
            source.read(window=window)
        except RasterioError as error:
            place = f"the block at column {window.col_off}, row {window.row_off}"
            raise SourceUnreadable(path, f"{place}: {error.__cause__ or error}") from error
        progress(done / len(windows))


def footprint(source: DatasetReader, path: Path) -> shapely.Polygon:
    """Outline of the grid in EPSG:4490, with points on its sides so that they bend as they do."""
    left, bottom, right, top = source.bounds
    outline = shapely.box(left, bottom, right, top)
    dense = shapely.segmentize(outline, max(right - left, top - bottom) / _SIDE_POINTS)
    try:
        crs = CRS.from_user_input(source.crs.to_wkt())
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
