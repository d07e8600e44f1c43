"""The parts of a scene (影像组成): files, or variables of a file, whose bands lie on one grid.

The grid is that of the finest part. A coarser one may stand beside it where its pixels are whole
numbers of the finer ones and its box is the same, as in a Sentinel-2 scene with bands of 10 and
20 m; its values are repeated, not interpolated.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from rasterio.coords import BoundingBox
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from layers.errors import RasterUnfit, SourceUnreadable
from layers.imagery import formats, heads, lengths
from layers.imagery.recipe import Recipe

MAX_BANDS = 500

_NEAR = 0.01  # of a pixel of the finest part
_CUTS = re.compile(r"[_\-. ]")


@dataclass(frozen=True, slots=True)
class Part:
    """An open raster; `label` tells it from the other parts, and is nothing when it is alone."""

    path: Path
    source: DatasetReader
    label: str


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid of a scene."""

    crs: rasterio.CRS
    transform: rasterio.Affine
    width: int
    height: int
    bounds: BoundingBox


@contextmanager
def opened(paths: Sequence[Path], recipe: Recipe) -> Iterator[list[Part]]:
    """The parts, open and with good heads; SourceUnreadable, RasterUnfit, RasterUnplaced."""
    with ExitStack() as stack:
        parts: list[Part] = []
        for path, label in zip(paths, labels([path.stem for path in paths]), strict=True):
            source = stack.enter_context(formats.opened(path))
            lengths.check(source, path)
            for name in _variables(source, path, recipe.variables):
                inner = stack.enter_context(_variable(path, name)) if name else source
                parts.append(Part(path, inner, _said(label, name)))
        for part in parts:
            heads.check(part.source, part.path, recipe.crs)
        if sum(part.source.count for part in parts) > MAX_BANDS:
            raise RasterUnfit(paths[0], f"a scene has at most {MAX_BANDS} bands")
        yield parts


def labels(stems: Sequence[str]) -> list[str]:
    """What tells file names apart: the first word between `_`, `-` and `.` that differs.

    >>> labels(["T49_20240501_B02_10m", "T49_20240501_B11_20m"])
    ['B02', 'B11']
    >>> labels(["dem"]), labels(["red", "near_infrared"])
    ([''], ['red', 'near_infrared'])
    """
    if len(stems) == 1:
        return [""]
    words = [_CUTS.split(stem) for stem in stems]
    if len({len(w) for w in words}) == 1:
        for column in zip(*words, strict=True):
            if len(set(column)) == len(stems):
                return list(column)
    return list(stems)


def digest(parts: Sequence[Part], recipe: Recipe) -> str:
    """SHA-256 over the files, those beside them that belong to them (.tfw, .hdr), the recipe."""
    whole = hashlib.sha256(recipe.text())
    seen: set[str] = set()
    for part in parts:
        whole.update(part.label.encode())
        files = {name for name in part.source.files if Path(name).is_file()} | {str(part.path)}
        for name in sorted(files - seen):
            with Path(name).open("rb") as file:
                whole.update(hashlib.file_digest(file, "sha256").digest())
        seen |= files
    return whole.hexdigest()


def grid_of(parts: Sequence[Part], recipe: Recipe) -> Grid:
    """The grid that all parts lie on; RasterUnfit names one that does not."""
    finest = min(parts, key=lambda part: part.source.res)
    source = finest.source
    crs = heads.crs_of(source, finest.path, recipe.crs)
    for part in parts:
        if heads.crs_of(part.source, part.path, recipe.crs) != crs:
            raise RasterUnfit(part.path, f"its CRS is not that of {finest.path.name}")
        if not _fits(part.source, source):
            raise RasterUnfit(part.path, f"its grid is not that of {finest.path.name}")
    return Grid(crs, source.transform, source.width, source.height, source.bounds)


def _fits(coarse: DatasetReader, fine: DatasetReader) -> bool:
    off = np.abs(np.subtract(coarse.bounds, fine.bounds)) / [*fine.res, *fine.res]
    shares = np.divide(fine.shape, coarse.shape)
    return bool(off.max() < _NEAR and np.abs(shares - shares.round()).max() < 1e-9)


def _variables(source: DatasetReader, path: Path, wanted: Sequence[str]) -> list[str]:
    """Names of the variables (subdatasets) to be read; [""] for the file itself."""
    if not source.subdatasets:
        if wanted:
            raise RasterUnfit(path, f"it has no variables, so no {wanted[0]!r}")
        return [""]
    known = {_variable_name(name, path): name for name in source.subdatasets}
    missing = [name for name in wanted if name not in known]
    if missing:
        raise RasterUnfit(path, f"it has no {missing[0]!r}; it has {', '.join(known)}")
    if not wanted and source.driver != "netCDF":
        names = ", ".join(known)
        raise RasterUnfit(path, f"it holds several images; choose with --variable: {names}")
    return [known[name] for name in wanted or known]


def _variable_name(subdataset: str, path: Path) -> str:
    """`netcdf:/data/a.nc:red` is red, `GTIFF_DIR:2:/data/a.tif` is 2."""
    return subdataset.partition(":")[2].replace(str(path), "").strip(':"/')


@contextmanager
def _variable(path: Path, name: str) -> Iterator[DatasetReader]:
    try:
        with formats.quiet():
            source = rasterio.open(name)
    except RasterioError as error:
        raise SourceUnreadable(path, str(error)) from error
    with source:
        yield source


def _said(label: str, variable: str) -> str:
    name = variable.rpartition(":")[2] if variable.lower().startswith("netcdf") else ""
    return "_".join(word for word in (label, name) if word)
