"""Raster formats (栅格格式): GeoTIFF, ENVI, Erdas Imagine, JPEG 2000, NetCDF, through GDAL.

A file is told by its first bytes, ENVI by the .hdr beside it, and opened by that driver alone:
others would follow addresses that stand in a file. A GDAL that was built without a driver says so
instead of finding the file damaged.

>>> sniffed(b"EHFA_HEADER_TAG").name
'Erdas Imagine'
>>> sniffed(b"BM\\x00")
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader

from layers.errors import FormatMissing, SourceUnreadable


class Format(NamedTuple):
    """A format, the driver of GDAL that reads it, and how its files begin."""

    name: str
    driver: str
    starts: tuple[bytes, ...]


FORMATS = (
    Format("GeoTIFF", "GTiff", (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    Format("Erdas Imagine", "HFA", (b"EHFA_HEADER_TAG",)),
    Format("JPEG 2000", "JP2OpenJPEG", (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")),
    Format("NetCDF", "netCDF", (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF\r\n\x1a\n")),
)
ENVI = Format("ENVI", "ENVI", ())

_LONGEST = 16


@contextmanager
def opened(path: Path) -> Iterator[DatasetReader]:
    """The file, open for reading; SourceUnreadable or FormatMissing."""
    form = _format(path)
    with rasterio.Env() as environment:
        if form.driver not in environment.drivers():
            raise FormatMissing(path, form.name, form.driver)
    try:
        with quiet():
            source = rasterio.open(path, driver=form.driver)
    except RasterioError as error:
        reason = f"it cannot be read as {form.name}: {error}"
        raise SourceUnreadable(path, reason) from error
    with source:
        yield source


@contextmanager
def quiet() -> Iterator[None]:
    """Without GDAL's warning of a missing georeference: the checks say it better."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


def sniffed(first_bytes: bytes) -> Format | None:
    """The format of a file that begins like this."""
    return next((f for f in FORMATS if first_bytes.startswith(f.starts)), None)


def _format(path: Path) -> Format:
    if not path.is_file():
        raise SourceUnreadable(path, "there is no such file")
    if path.suffix.lower() == ".hdr":
        raise SourceUnreadable(path, "it is the header of an ENVI file; name the data beside it")
    with path.open("rb") as file:
        found = sniffed(file.read(_LONGEST))
    if found is None and any(p.is_file() for p in _headers(path)):
        return ENVI
    if found is None:
        known = ", ".join(f.name for f in (*FORMATS, ENVI))
        raise SourceUnreadable(path, f"it is not a GeoTIFF, nor of another known format: {known}")
    return found


def _headers(path: Path) -> tuple[Path, ...]:
    return path.with_suffix(".hdr"), Path(f"{path}.hdr"), path.with_suffix(".HDR")
