"""Makes a Cloud Optimised GeoTIFF (云优化栅格, COG) with overviews out of a checked GeoTIFF.

The grid and every value stay as they are: deflate loses nothing and nothing is reprojected.
Overviews average continuous values; of a raster with a colour table, whose values are classes,
they take the most frequent one. An alpha band becomes the mask of the others.
"""

import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rio_cogeo.cogeo import cog_translate, cog_validate
from rio_cogeo.errors import NodataAlphaMaskWarning
from rio_cogeo.profiles import cog_profiles

from cim.registry import Band
from layers.errors import CogInvalid, RasterUnfit, SourceUnreadable

_OPTIONS = {
    "GDAL_TIFF_INTERNAL_MASK": True,
    "GDAL_TIFF_OVR_BLOCKSIZE": 512,
    "GDAL_NUM_THREADS": "ALL_CPUS",
}
_SAMPLE_SIDE = 1024  # statistics are those of an overview of about this size
_NAME = re.compile(r"[^\s,()/?&=#]{1,40}")
_COLOURS = {ColorInterp.red: "red", ColorInterp.green: "green", ColorInterp.blue: "blue"}


def make(source: DatasetReader, path: Path, target: Path) -> tuple[Band, ...]:
    """Write `target` and return its bands; SourceUnreadable, RasterUnfit or CogInvalid."""
    indexes = [i for i in source.indexes if source.colorinterp[i - 1] is not ColorInterp.alpha]
    if not indexes:
        raise RasterUnfit(path, "it has no band but alpha")
    classes = source.colorinterp[0] is ColorInterp.palette
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NodataAlphaMaskWarning)  # nodata wins: as GDAL reads
            cog_translate(
                source,
                target,
                _profile(source),
                indexes=indexes,
                nodata=_nodata(source),
                add_mask=len(indexes) < source.count,
                overview_resampling="mode" if classes else "average",
                in_memory=False,
                allow_intermediate_compression=True,
                forward_band_tags=True,
                config=_OPTIONS,
                quiet=True,
            )
    except RasterioError as error:
        raise SourceUnreadable(path, str(error.__cause__ or error)) from error
    valid, errors, _ = cog_validate(target, quiet=True)
    if not valid:
        raise CogInvalid(path, errors)
    return _bands(target, path, band_names(source, indexes))


def band_names(source: DatasetReader, indexes: Sequence[int]) -> list[str]:
    """Name of each band: its description, else its colour, else `band1`, `band2`…

    Names are unique, and can stand in a list of names in a query.
    """
    names: list[str] = []
    for i in indexes:
        told = (source.descriptions[i - 1] or "").strip()
        name = told or _COLOURS.get(source.colorinterp[i - 1], "")
        names.append(name if _NAME.fullmatch(name) and name not in names else f"band{i}")
    return names


def _profile(source: DatasetReader) -> dict[str, object]:
    floating = np.dtype(source.dtypes[0]).kind == "f"
    return {
        **cog_profiles["deflate"],
        "predictor": 3 if floating else 2,
        "bigtiff": "IF_SAFER",
    }


def _nodata(source: DatasetReader) -> float | None:
    """The file's own; not-a-number where floats have no other way to say that nothing is there."""
    all_valid = source.mask_flag_enums[0] == [MaskFlags.all_valid]
    if source.nodata is None and all_valid and np.dtype(source.dtypes[0]).kind == "f":
        return float("nan")
    return None if source.nodata is None else float(source.nodata)


def _bands(target: Path, path: Path, names: Sequence[str]) -> tuple[Band, ...]:
    with rasterio.open(target) as cog:
        shrink = max(1.0, max(cog.shape) / _SAMPLE_SIDE)
        shape = tuple(max(1, round(side / shrink)) for side in cog.shape)
        sample = cog.read(out_shape=(cog.count, *shape), masked=True)
    bands = []
    for name, values in zip(names, sample, strict=True):
        seen = values.compressed()
        seen = seen[np.isfinite(seen)]
        if not len(seen):
            raise RasterUnfit(path, f"band {name} has no value at all")
        low, high = np.percentile(seen, (2, 98))
        bands.append(Band(name, str(values.dtype), float(low), float(high)))
    return tuple(bands)
