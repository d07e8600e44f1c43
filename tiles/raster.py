"""Raster tiles (影像瓦片): a PNG of WebMercatorQuad out of a COG, transparent outside the data.

Colours are natural where bands are named red, green and blue (红绿蓝), else the first three; one
or two bands are grey. Values are stretched from the 2nd to the 98th percentile of the scene, as
the registry keeps them; a colour table is used as it is.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rio_tiler.constants import WEB_MERCATOR_CRS
from rio_tiler.io import Reader
from rio_tiler.models import ImageData

from cim.errors import SceneUnreadable
from cim.registry import Band, Scene
from tiles.vector import TileAddress

SIDE = 256

Box = tuple[float, float, float, float]

_NATURAL = ({"red", "r", "红"}, {"green", "g", "绿"}, {"blue", "b", "蓝"})


def tile(scene: Scene, address: TileAddress, folder: Path) -> bytes:
    """PNG of 256 x 256, empty where the scene has nothing; `folder` is the raster store.

    Blocking. SceneUnreadable when its file is gone or damaged.
    """
    if not _meet(scene.extent, address.degrees()):
        return b""
    shown = shown_bands(scene.bands)
    path = folder / scene.path
    try:
        with Reader(str(path)) as reader:
            colours: Any = reader.colormap
            # Not `reader.tile`: asking PROJ whether the tile meets the scene doubles a small one.
            image = reader.part(
                address.metres(),
                dst_crs=WEB_MERCATOR_CRS,
                bounds_crs=WEB_MERCATOR_CRS,
                indexes=shown,
                height=SIDE,
                width=SIDE,
                resampling_method="nearest" if colours else "bilinear",
            )
    except RasterioError as error:
        raise SceneUnreadable(path, str(error)) from error
    if not image.mask.any():
        return b""
    drawn = image if colours else _stretched(image, [scene.bands[i - 1] for i in shown])
    # The fastest level of deflate: a tile a twentieth larger, drawn in three quarters of the time.
    return bytes(drawn.render(img_format="PNG", colormap=colours or None, zlevel=1))


def _meet(scene: Box, tile: Box) -> bool:
    return scene[0] < tile[2] and tile[0] < scene[2] and scene[1] < tile[3] and tile[1] < scene[3]


def shown_bands(bands: tuple[Band, ...]) -> tuple[int, ...]:
    """Indexes from 1 of the bands that are drawn: red, green, blue, or one grey."""
    names = [band.name.lower() for band in bands]
    found = [next((i for i, n in enumerate(names, 1) if n in wanted), 0) for wanted in _NATURAL]
    if all(found):
        return tuple(found)
    return (1, 2, 3) if len(bands) >= len(_NATURAL) else (1,)


def _stretched(image: ImageData, bands: list[Band]) -> ImageData:
    pairs = zip(image.array.data, bands, strict=True)
    values = np.stack([_stretch(array, band) for array, band in pairs])
    return ImageData(np.ma.MaskedArray(values, image.array.mask))


def _stretch(values: NDArray[Any], band: Band) -> NDArray[np.uint8]:
    width = (band.high - band.low) or 1.0
    share = np.nan_to_num((values.astype("float64") - band.low) / width)
    return np.asarray(np.clip(share, 0.0, 1.0) * 255).astype("uint8")
