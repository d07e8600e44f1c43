"""Scenes seen from far away (远观影像): pixels of a tile that are many times those of a scene.

rio-tiler warps the box that is asked for at the scene's own resolution and thins it out then: a
tile of the whole world over a scene of 10 m is four million pixels a side, which no worker ends.
Here the overview that is nearest to the tile's pixels is warped straight to them.

>>> pixels(40_075_017, False, 10.0, False)
4007501.7
>>> pixels(360.0, True, 0.0001, True)
3600000.0
"""

from typing import Any

import rasterio
from rasterio.crs import CRS
from rasterio.transform import from_bounds
from rio_tiler.io import Reader
from rio_tiler.models import ImageData
from rio_tiler.reader import read

Bounds = tuple[float, float, float, float]

MOST = 4096  # pixels of a scene on the side of a box that is still thinned out
_METRES_A_DEGREE = 111_320.0


def part(reader: Reader, bounds: Bounds, *, crs: CRS, **how: Any) -> ImageData:
    """The part of a scene in a box of a CRS, `height` by `width` pixels."""
    source: Any = reader.dataset
    side = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    many = pixels(side, crs.is_geographic, source.res[0], source.crs.is_geographic)
    if many <= MOST:
        return reader.part(bounds, dst_crs=crs, bounds_crs=crs, **how)
    thinned = many / max(how["width"], how["height"])
    coarser = [n for n, factor in enumerate(source.overviews(1)) if factor <= thinned]
    level = {"overview_level": coarser[-1]} if coarser else {}
    how.pop("resampling_method")
    grid = {"width": how["width"], "height": how["height"]}
    grid["transform"] = from_bounds(*bounds, how["width"], how["height"])
    with rasterio.open(reader.input, **level) as small:
        return read(small, dst_crs=crs, vrt_options=grid, **how)


def pixels(side: float, of_degrees: bool, resolution: float, in_degrees: bool) -> float:
    """How many pixels of a scene lie on a side, told in metres or degrees; roughly."""
    metres = side * (_METRES_A_DEGREE if of_degrees else 1.0)
    return metres / (resolution * (_METRES_A_DEGREE if in_degrees else 1.0))
