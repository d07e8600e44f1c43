"""Raster tiles (影像瓦片): a PNG of WebMercatorQuad out of COGs, transparent outside the data.

A tile shows every scene that is seen in it, the newest on top: the first one that has a value
there gives the pixel. Reading ends when no pixel is left to fill.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from rasterio.errors import RasterioError
from rio_tiler.constants import WEB_MERCATOR_CRS
from rio_tiler.io import Reader
from rio_tiler.models import ImageData

from cim.bucket import Place
from cim.errors import SceneUnreadable
from cim.scenes import Scene
from layers import places
from tiles.drawing import Drawing, Levels, coloured, drawn
from tiles.formula import Masked
from tiles.vector import TileAddress

SIDE = 256
MOST_SCENES = 64  # that a tile reads, the newest; more are seen only where it is half empty


def tile(
    scenes: Sequence[Scene], address: TileAddress, drawing: Drawing, of: Levels, place: Place
) -> bytes:
    """PNG of 256 x 256, empty where the scenes have nothing; `place` is the raster store.

    Blocking. BandMissing when a scene has not the bands; SceneUnreadable when a file is gone or
    damaged.
    """
    canvas: Masked | None = None
    for scene in scenes:
        painted = _painted(scene, address, drawing, of, place)
        canvas = painted if canvas is None else _under(canvas, painted)
        if not np.ma.is_masked(canvas):
            break
    if canvas is None or np.ma.getmaskarray(canvas).all():
        return b""
    # The fastest level of deflate: a tile a twentieth larger, drawn in three quarters of the time.
    return bytes(ImageData(canvas).render(img_format="PNG", zlevel=1))


def _painted(
    scene: Scene, address: TileAddress, drawing: Drawing, of: Levels, place: Place
) -> Masked:
    indexes = drawing.indexes(scene)
    files = places.at(place)
    try:
        with files.reading(), Reader(files.address(scene.path)) as reader:
            classes = reader.dataset.tags().get("OVERVIEW_RESAMPLING") == "MODE"
            # Not `reader.tile`: asking PROJ whether the tile meets the scene doubles a small one.
            image = reader.part(
                address.metres(),
                dst_crs=WEB_MERCATOR_CRS,
                bounds_crs=WEB_MERCATOR_CRS,
                indexes=tuple(indexes),
                height=SIDE,
                width=SIDE,
                resampling_method="nearest" if classes or reader.colormap else "bilinear",
            )
            table: Any = reader.colormap
    except RasterioError as error:
        raise SceneUnreadable(files.address(scene.path), str(error)) from error
    if table and drawing == Drawing():
        return coloured(image.array, table)
    return _seen(drawn(drawing, scene, image.array, of))


def _seen(painted: Masked) -> Masked:
    """A pixel is there when any of its bands is."""
    clear = np.ma.getmaskarray(painted).all(axis=0)
    return np.ma.MaskedArray(painted.data, np.broadcast_to(clear, painted.shape))


def _under(canvas: Masked, painted: Masked) -> Masked:
    """The canvas with what is below it where it is clear."""
    if len(canvas) != len(painted):
        canvas, painted = (_three(image) for image in (canvas, painted))
    clear = np.ma.getmaskarray(canvas)
    return np.ma.MaskedArray(
        np.where(clear, painted.data, canvas.data), clear & np.ma.getmaskarray(painted)
    )


def _three(image: Masked) -> Masked:
    shape = (3, *image.shape[1:])
    return np.ma.MaskedArray(
        np.broadcast_to(image.data, shape), np.broadcast_to(np.ma.getmaskarray(image), shape)
    )
