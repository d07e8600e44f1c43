"""Raster tiles (影像瓦片): pictures out of COGs, transparent outside the data, or white in JPEG.

A tile shows every scene that is seen in it, the newest on top: the first one that has a value
there gives the pixel. Reading ends when no pixel is left to fill.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from rasterio.crs import CRS
from rasterio.warp import transform_bounds
from rio_tiler.models import ImageData

from cim.bucket import Place
from cim.scenes import Box, Scene
from tiles import matrix_sets, opened, png
from tiles.drawing import Drawing, Levels, coloured, drawn
from tiles.formula import Masked
from tiles.matrix_sets import Bounds, TileAddress

FORMS = ("PNG", "WEBP", "JPEG")
MOST_SCENES = 64  # that a tile reads, the newest; more are seen only where it is half empty


@dataclass(frozen=True, slots=True)
class Look:
    """How a tile looks: what is drawn, the levels of its scenes, and one of `FORMS`."""

    drawing: Drawing
    levels: Levels
    form: str = "PNG"


class Part(NamedTuple):
    """What is drawn: a box of a CRS, x before y, and its pixels."""

    bounds: Bounds
    srid: int
    width: int
    height: int


def tile(scenes: Sequence[Scene], address: TileAddress, look: Look, place: Place) -> bytes:
    """A picture of the tile's size, empty where the scenes have nothing; `place` is the store.

    Blocking. BandMissing when a scene has not the bands; SceneUnreadable when a file is gone or
    damaged.
    """
    part = Part(address.bounds(), address.matrix_set.srid, *address.size)
    canvas = mosaic(scenes, part, look, place)
    return b"" if canvas is None else _encoded(canvas, look.form)


def mosaic(scenes: Sequence[Scene], part: Part, look: Look, place: Place) -> Masked | None:
    """Bytes of one grey or three colours, masked where the scenes have nothing; None for nothing.

    As `tile`.
    """
    canvas: Masked | None = None
    for scene in scenes:
        painted = _painted(scene, part, look, place)
        canvas = painted if canvas is None else _under(canvas, painted)
        if not np.ma.is_masked(canvas):
            break
    if canvas is None or np.ma.getmaskarray(canvas).all():
        return None
    return canvas


def _encoded(canvas: Masked, form: str) -> bytes:
    if form == "JPEG":
        return bytes(ImageData(canvas.filled(255)).render(add_mask=False, img_format=form))
    if form == "PNG":
        return png.encoded(canvas)
    return bytes(ImageData(canvas).render(img_format=form))


def _painted(scene: Scene, part: Part, look: Look, place: Place) -> Masked:
    drawing = look.drawing
    indexes = tuple(drawing.indexes(scene))
    spot = _spot(scene, part)
    box, size = part.bounds, (part.width, part.height)
    if spot is not None:
        box, size = spot.box, (spot.width, spot.height)
    with opened.scene(place, scene.path) as file:
        read = file.read(box, _crs(part.srid), size, indexes)
        table = file.colours
    array = read if spot is None else _pasted(read, spot, part)
    if table and drawing == Drawing():
        return coloured(array, table)
    return _seen(drawn(drawing, scene, array, look.levels))


class _Spot(NamedTuple):
    """Where a scene lies in a tile: pixels from its left and top, and its box in the tile's CRS."""

    left: int
    top: int
    width: int
    height: int
    box: Box


FAR = 4  # a tile that is so many times as wide or high as a scene


def _spot(scene: Scene, part: Part) -> _Spot | None:
    """The few pixels of a scene in a tile that is far larger; None in others.

    The whole of such a tile would be read at the resolution of the scene, be it the world.
    """
    west, south, east, north = scene.extent
    tile = matrix_sets.to_degrees(part.srid, part.bounds)
    if tile[2] - tile[0] < FAR * (east - west) and tile[3] - tile[1] < FAR * (north - south):
        return None
    box = transform_bounds(4490, part.srid, west, south, east, north)
    left, bottom, right, top = part.bounds
    across, down = (right - left) / part.width, (top - bottom) / part.height
    return _Spot(
        round((box[0] - left) / across),
        round((top - box[3]) / down),
        max(1, round((box[2] - box[0]) / across)),
        max(1, round((box[3] - box[1]) / down)),
        box,
    )


def _pasted(array: Masked, spot: _Spot, part: Part) -> Masked:
    """What of the scene is within the tile, in its place."""
    canvas: Masked = np.ma.MaskedArray(
        np.zeros((len(array), part.height, part.width), array.dtype), mask=True
    )
    columns = slice(max(spot.left, 0), min(spot.left + spot.width, part.width))
    rows = slice(max(spot.top, 0), min(spot.top + spot.height, part.height))
    if columns.start < columns.stop and rows.start < rows.stop:
        canvas[:, rows, columns] = array[
            :,
            rows.start - spot.top : rows.stop - spot.top,
            columns.start - spot.left : columns.stop - spot.left,
        ]
    return canvas


@lru_cache(maxsize=64)
def _crs(srid: int) -> CRS:
    return CRS.from_epsg(srid)


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
