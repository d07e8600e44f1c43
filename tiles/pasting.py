"""Scenes on one grid (镶嵌到同一格网): a window of the newest one's grid, filled from the top down.

The grid goes on beyond its own scene. Another scene whose pixels lie on it is read as it is; of
any other the nearest pixels are taken.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window as Pixels

from cim.scenes import Box, Scene
from layers.places import Files
from tiles import formula
from tiles.formula import Formula, Masked

TOUCH = 1e-3  # of a pixel: less of it is rounding


class Window(NamedTuple):
    """Pixels of a grid, counted from the corner of its own scene."""

    column: int
    row: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid of a scene, without end."""

    crs: CRS
    transform: rasterio.Affine

    def bounds(self, scene: Scene, files: Files) -> Box:
        """Left, bottom, right, top of a scene in this CRS."""
        own, box = CRS.from_user_input(scene.crs), _bounds(scene, files)
        return box if own == self.crs else transform_bounds(own, self.crs, *box)

    def window(self, box: Box, around: Sequence[Box]) -> Window:
        """Pixels that a box touches, no further than the boxes `around`; of no size outside."""
        columns = self._cells(box, around, 0)
        rows = self._cells(box, around, 1)
        return Window(columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0])

    def _cells(self, box: Box, around: Sequence[Box], axis: int) -> tuple[int, int]:
        """First cell along an axis and the one after the last; a point touches one cell."""
        ends = [self._along(found, axis) for found in around]
        least = min(math.floor(begin + TOUCH) for begin, _ in ends)
        most = max(math.ceil(end - TOUCH) for _, end in ends)
        begin, end = self._along(box, axis)
        begin, end = max(begin, least - 1.0), min(end, most + 1.0)
        first = math.floor(begin + TOUCH)
        last = max(math.ceil(end - TOUCH), first + 1) if begin <= end else first
        first, last = max(first, least), min(last, most)
        return first, max(first, last)

    def _along(self, box: Box, axis: int) -> tuple[float, float]:
        grid = self.transform
        if axis == 0:
            return (box[0] - grid.c) / grid.a, (box[2] - grid.c) / grid.a
        return (box[3] - grid.f) / grid.e, (box[1] - grid.f) / grid.e


@dataclass(frozen=True, slots=True)
class Wanted:
    """A window of a grid, and the bands by name, or a formula over bands."""

    grid: Grid
    window: Window
    names: tuple[str, ...]
    formula: Formula | None = None

    @property
    def transform(self) -> rasterio.Affine:
        return self.grid.transform @ rasterio.Affine.translation(
            self.window.column, self.window.row
        )


@dataclass(frozen=True, slots=True)
class Pasted:
    """Values of a window; `nodata` is what the scenes have in common for nothing."""

    array: Masked
    nodata: float | None


def paste(scenes: Sequence[Scene], wanted: Wanted, files: Files) -> Pasted:
    """Of scenes, the newest first, that have the bands; BandMissing."""
    found: Masked | None = None
    nodata: list[float | None] = []
    for scene in scenes:
        indexes = [formula.named(scene, name) for name in wanted.names]
        with rasterio.open(files.address(scene.path)) as source:
            nodata.append(source.nodata)
            read = _read(source, indexes, wanted)
        if wanted.formula:
            read = formula.values(wanted.formula, scene, read)
        found = read if found is None else _under(found, read)
        if not np.ma.is_masked(found):
            break
    assert found is not None
    if wanted.formula:
        return Pasted(found, math.nan)
    same = all(value == nodata[0] or _nan(value, nodata[0]) for value in nodata)
    return Pasted(found, nodata[0] if same else None)


def _bounds(scene: Scene, files: Files) -> Box:
    """In the CRS of its own grid; of a scene of an earlier version the file is asked."""
    if scene.transform is None:
        with rasterio.open(files.address(scene.path)) as source:
            left, bottom, right, top = source.bounds
            return left, bottom, right, top
    a, _, c, _, e, f = scene.transform
    return c, f + e * scene.height, c + a * scene.width, f


def _read(source: DatasetReader, indexes: list[int], wanted: Wanted) -> Masked:
    place = _on_grid(source, wanted.grid)
    if place is None:
        return _warped(source, indexes, wanted)
    window = wanted.window
    top, left = max(window.row, place[0]), max(window.column, place[1])
    bottom = min(window.row + window.height, place[0] + source.height)
    right = min(window.column + window.width, place[1] + source.width)
    shape = (len(indexes), window.height, window.width)
    whole = np.ma.MaskedArray(np.zeros(shape, source.dtypes[0]), np.ones(shape, bool))
    if top < bottom and left < right:
        pixels = Pixels(left - place[1], top - place[0], right - left, bottom - top)
        read = source.read(indexes, window=pixels, masked=True)
        inside = np.s_[
            :,
            top - window.row : bottom - window.row,
            left - window.column : right - window.column,
        ]
        whole[inside] = read
        whole.data[inside] = read.data  # what a masked pixel has in the file stays
    return whole


def _on_grid(source: DatasetReader, grid: Grid) -> tuple[int, int] | None:
    """Row and column of the corner of a file, when its pixels lie on the grid."""
    own = source.transform
    if source.crs != grid.crs or not np.allclose(
        (own.a, own.e), (grid.transform.a, grid.transform.e), rtol=1e-9
    ):
        return None
    column, row = ~grid.transform @ (own.c, own.f)
    if max(abs(column - round(column)), abs(row - round(row))) > TOUCH:
        return None
    return round(row), round(column)


def _warped(source: DatasetReader, indexes: list[int], wanted: Wanted) -> Masked:
    options = {} if source.nodata is not None else {"add_alpha": True}
    with WarpedVRT(
        source,
        crs=wanted.grid.crs,
        transform=wanted.transform,
        width=wanted.window.width,
        height=wanted.window.height,
        resampling=Resampling.nearest,
        **options,
    ) as moved:
        read: Masked = moved.read(indexes, masked=True)
    return read


def _under(above: Masked, below: Masked) -> Masked:
    clear = np.ma.getmaskarray(above)
    return np.ma.MaskedArray(
        np.where(clear, below.data, above.data), clear & np.ma.getmaskarray(below)
    )


def _nan(*values: float | None) -> bool:
    return all(value is not None and math.isnan(value) for value in values)
