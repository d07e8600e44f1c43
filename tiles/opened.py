"""Scenes that are kept open (打开的影像): opening a COG anew for each tile costs as much as a tile.

What GDAL has unpacked of a file stays with it while it is open, so that a neighbour of a tile
needs not be unpacked again; tiles themselves are not kept. A file is lent to one thread at a time.
One that was changed or is gone is opened anew, and so told. Those that nobody used for a while are
closed when the next one is asked for: until then a deleted file takes its room on the disk.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, cast

import rasterio
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.transform import from_bounds
from rasterio.warp import calculate_default_transform
from rio_tiler import reader
from rio_tiler.io import Reader

from cim.bucket import Place
from cim.errors import SceneUnreadable
from layers import places
from tiles.formula import Masked
from tiles.matrix_sets import Bounds

MOST = 64  # files that are open and not lent; as many as the scenes of a tile
SECONDS = 60.0  # how long one may be unused
_EDGE = 85.06  # latitude beyond which rio-tiler cuts a scene before it looks for its pixels
_NEARLY, _NEARLY_NEAREST = 1.1, 1.3  # times as coarse as wanted: GDAL was seen to take 1.05, 1.25

Key = tuple[Place, str, object]


class Opened:
    """A scene's file, and those of its overviews that were needed."""

    def __init__(self, key: Key, address: str) -> None:
        self.key, self.used = key, time.monotonic()
        self._address = address
        self._reader: Any = Reader(address)  # some of its methods say no types
        self._file = cast(DatasetReader, self._reader.dataset)
        self._widths = [-(-self._file.width // by) for by in self._file.overviews(1)]
        self._overviews: dict[int, DatasetReader] = {}
        self._pixels: dict[CRS, tuple[float, float] | None] = {}
        self.colours: Any = self._reader.colormap
        self.classes = bool(self.colours) or (
            self._file.tags().get("OVERVIEW_RESAMPLING") == "MODE"
        )

    def close(self) -> None:
        for file in self._overviews.values():
            file.close()
        self._reader.close()

    def read(
        self, bounds: Bounds, crs: CRS, size: tuple[int, int], indexes: tuple[int, ...]
    ) -> Masked:
        """Values in a box of a CRS, of so many columns and rows: as `Reader.part` has them.

        GDAL picks an overview for it and opens that for each tile; here it is picked by the same
        rule, and kept.
        """
        how: dict[str, Any] = {
            "indexes": indexes,
            "width": size[0],
            "height": size[1],
            "resampling_method": "nearest" if self.classes else "bilinear",
        }
        pixel = self._pixel(crs)
        if pixel is None:
            whole: Masked = self._reader.part(bounds, dst_crs=crs, bounds_crs=crs, **how).array
            return whole
        file, grid = self._warped(bounds, pixel, size)
        return reader.read(file, vrt_options={"crs": crs, **grid}, **how).array

    def _warped(
        self, bounds: Bounds, pixel: tuple[float, float], size: tuple[int, int]
    ) -> tuple[DatasetReader, dict[str, Any]]:
        """What is read, and the grid that it is warped to: its own pixels, at the least a tile's.

        Of an overview, the grid has as many times fewer pixels as the file has.
        """
        left, bottom, right, top = bounds
        across = max(1, round((right - left) / min(pixel[0], (right - left) / size[0])))
        down = max(1, round((top - bottom) / min(pixel[1], (top - bottom) / size[1])))
        file = self._fitting((across, down), size)
        ratio = self._file.width / file.width
        across, down = int(across / ratio + 0.5), int(down / ratio + 0.5)
        transform = from_bounds(*bounds, across, down)
        return file, {"transform": transform, "width": across, "height": down}

    def _pixel(self, crs: CRS) -> tuple[float, float] | None:
        """Width and height of a pixel in a CRS; None where the file is in it, or near a pole."""
        if crs not in self._pixels:
            file = self._file
            polar = file.crs.is_geographic and max(map(abs, file.bounds[1::2])) > _EDGE
            if file.crs == crs or polar:
                self._pixels[crs] = None
            else:
                size = file.width, file.height
                step, _, _ = calculate_default_transform(file.crs, crs, *size, *file.bounds)
                self._pixels[crs] = abs(step.a), abs(step.e)
        return self._pixels[crs]

    def _fitting(self, native: tuple[int, int], size: tuple[int, int]) -> DatasetReader:
        """The coarsest overview that is at least as fine as a picture of a size; or the file.

        Where the next one is hardly too coarse, GDAL may take it: it is left to it then.
        """
        wanted = min(native[0] / size[0], native[1] / size[1])
        level = -1
        for i, columns in enumerate(self._widths):
            ratio = self._file.width / columns
            seen = int(native[0] / ratio + 0.5), int(native[1] / ratio + 0.5)
            if min(seen) < 1:
                break
            coarser = max(native[0] / seen[0], native[1] / seen[1])
            if coarser > wanted:
                if coarser < wanted * (_NEARLY_NEAREST if self.classes else _NEARLY):
                    return self._file
                break
            level = i
        if level < 0:
            return self._file
        if level not in self._overviews:
            self._overviews[level] = rasterio.open(self._address, OVERVIEW_LEVEL=level)
        return self._overviews[level]


_lock = Lock()
_idle: list[Opened] = []  # the last used at the end


@contextmanager
def scene(place: Place, path: str) -> Iterator[Opened]:
    """A file of the store, for this thread alone; SceneUnreadable."""
    files = places.at(place)
    key = (place, path, files.stamp(path))
    try:
        with files.reading():
            found = _taken(key) or Opened(key, files.address(path))
            try:
                yield found
            except BaseException:
                found.close()
                raise
            _give_back(found)
    except RasterioError as error:
        raise SceneUnreadable(files.address(path), str(error)) from error


def _taken(key: Key) -> Opened | None:
    with _lock:
        for i in range(len(_idle) - 1, -1, -1):
            if _idle[i].key == key:
                return _idle.pop(i)
    return None


def _give_back(file: Opened) -> None:
    file.used = time.monotonic()
    with _lock:
        _idle.append(file)
        late = [f for f in _idle if file.used - f.used > SECONDS]
        left = late or _idle[:-MOST]
        for one in left:
            _idle.remove(one)
    for one in left:
        one.close()
