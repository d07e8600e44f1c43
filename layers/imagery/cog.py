"""Makes a Cloud Optimised GeoTIFF (云优化栅格, COG) with overviews out of the bands of a scene.

GDAL's COG driver through rio-cogeo. The grid and every value stay as they are: deflate loses
nothing and nothing is reprojected. Overviews average continuous values; of classes (a colour
table, or a person who says so) they take the most frequent one.
"""

import warnings
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window
from rio_cogeo.cogeo import cog_translate, cog_validate

from layers.errors import CogInvalid, SourceUnreadable
from layers.imagery import heads, stack
from layers.imagery.stack import Stack

_OPTIONS = {
    "GDAL_TIFF_INTERNAL_MASK": True,
    "GDAL_TIFF_OVR_BLOCKSIZE": 512,
    "GDAL_NUM_THREADS": "ALL_CPUS",
}
_LOOKS = 9  # windows that are compared with the source
_SIDE = 512
_EXACT = 2**53  # GDAL takes pixels through a double on the way


def make(scene: Stack, path: Path, target: Path, *, categorical: bool | None) -> None:
    """Write `target`; SourceUnreadable when a file is damaged, CogInvalid.

    `path` is what the scene is called in errors.
    """
    virtual = target.with_suffix(".vrt")
    stack.write(scene, virtual)
    try:
        with rasterio.open(virtual) as source, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of alpha, which the VRT has none of
            cog_translate(
                source,
                target,
                _profile(scene),
                nodata=scene.nodata,
                overview_resampling="mode" if _classes(scene, categorical) else "average",
                in_memory=False,
                config=_OPTIONS,
                quiet=True,
                use_cog_driver=True,
            )
    except RasterioError as error:
        for part in {plan.part.path: plan.part for plan in scene.plans}.values():
            heads.find_damage(part.source, part.path)
        raise SourceUnreadable(path, str(error.__cause__ or error)) from error
    _check(virtual, target, path)


def _classes(scene: Stack, categorical: bool | None) -> bool:
    first = scene.plans[0]
    if categorical is not None:
        return categorical
    return first.source.colorinterp[first.index - 1] is ColorInterp.palette


def _profile(scene: Stack) -> dict[str, object]:
    floating = np.dtype(scene.dtype).kind == "f"
    return {
        "driver": "GTiff",  # of the file between, which rio-cogeo makes
        "tiled": True,
        "blockxsize": _SIDE,
        "blockysize": _SIDE,
        "compress": "DEFLATE",
        "predictor": 3 if floating else 2,
        "bigtiff": "IF_SAFER",
        "num_threads": "ALL_CPUS",
    }


def _check(source: Path, target: Path, path: Path) -> None:
    """CogInvalid unless it is a COG with the same pixels wherever it is looked at."""
    valid, errors, warned = cog_validate(target, quiet=True, strict=True)
    if not valid:
        raise CogInvalid(path, [*errors, *warned])
    with rasterio.open(source) as before, rasterio.open(target) as after:
        for window in _windows(*after.shape):
            if not _same(before, after, window):
                place = f"row {window.row_off}, column {window.col_off}"
                raise CogInvalid(path, [f"{_why(before, window)} at {place}"])


def _why(source: DatasetReader, window: Window) -> str:
    """Why pixels that were copied are others."""
    wide = source.dtypes[0] in {"int64", "uint64"}
    if wide and np.abs(source.read(window=window).astype(float)).max() > _EXACT:
        return f"integers beyond {_EXACT:,} are not kept exactly by what makes COGs"
    return "the file is damaged: pixels are read otherwise a second time"


def _same(before: DatasetReader, after: DatasetReader, window: Window) -> bool:
    """Whether the same pixels are valid, with the same values."""
    one, other = (source.read(window=window, masked=True) for source in (before, after))
    return np.array_equal(np.ma.getmaskarray(one), np.ma.getmaskarray(other)) and np.array_equal(
        one.filled(0), other.filled(0), equal_nan=one.dtype.kind == "f"
    )


def _windows(height: int, width: int) -> list[Window]:
    """Windows along the diagonal."""
    shares = np.linspace(0, 1, _LOOKS)
    places = {(int(s * max(height - _SIDE, 0)), int(s * max(width - _SIDE, 0))) for s in shares}
    return [
        Window(column, row, min(_SIDE, width), min(_SIDE, height)) for row, column in sorted(places)
    ]
