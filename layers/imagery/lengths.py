"""How long a file must be (文件长度检查), where GDAL reads zeros beyond its end without a word.

That is so for ENVI, whose length follows from its header, and for classic NetCDF (CDF-1, -2, -5),
whose header says where each variable begins and how long it is (NetCDF Classic Format
Specification). The formats that GDAL watches over are left to it.
"""

import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rasterio.io import DatasetReader

from layers.errors import SourceUnreadable

_HEAD_BYTES = 64 * 2**20
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}


def check(source: DatasetReader, path: Path) -> None:
    """SourceUnreadable when the file is shorter than it must be."""
    least = _least(source, path)
    if least is not None and path.stat().st_size < least:
        size = path.stat().st_size
        raise SourceUnreadable(path, f"it ends after {size:,} bytes of {least:,}")


def _least(source: DatasetReader, path: Path) -> int | None:
    if source.driver == "ENVI":
        return _of_envi(source)
    if source.driver == "netCDF":
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        return of_netcdf(head) if head.startswith(b"CDF") else None
    return None


def _of_envi(source: DatasetReader) -> int | None:
    told = source.tags(ns="ENVI")
    if told.get("file_compression", "0").strip() == "1":
        return None
    pixel = sum(np.dtype(kind).itemsize for kind in source.dtypes)
    return int(told.get("header_offset") or 0) + int(source.width * source.height * pixel)


def of_netcdf(head: bytes) -> int | None:
    """Bytes of a classic NetCDF file that begins like this; None when it cannot be told."""
    try:
        return _Header(head).length()
    except (struct.error, KeyError, IndexError):
        return None


@dataclass(slots=True)
class _Header:
    """Reads the header from its first byte to its last."""

    head: bytes
    at: int = 4
    dimensions: list[int] = field(default_factory=list)

    def length(self) -> int:
        records = self._count()
        for _ in range(self._list()):
            self._name()
            self.dimensions.append(self._count())
        self._attributes()
        fixed, begins, sizes = 0, [], []
        for _ in range(self._list()):
            moving, size, begin = self._variable()
            if moving:
                begins.append(begin)
                sizes.append(size)
            else:
                fixed = max(fixed, begin + size)
        # A single variable of records is not padded; the padding of the last one may be missing.
        step = sizes[0] if len(sizes) == 1 else sum(size + -size % 4 for size in sizes)
        ends = [
            begin + (records - 1) * step + size for begin, size in zip(begins, sizes, strict=True)
        ]
        return max(fixed, *ends, 0) if records else fixed

    def _variable(self) -> tuple[bool, int, int]:
        """Whether it grows by records, bytes of it or of a record, where it begins."""
        self._name()
        shape = [self.dimensions[self._count()] for _ in range(self._count())]
        self._attributes()
        kind = self._number(">i", 4)
        self._count()  # the size that is written is wrong for what is larger than it can say
        begin = self._number(">i", 4) if self.head[3] == 1 else self._number(">q", 8)
        moving = bool(shape) and shape[0] == 0
        size = _TYPE_BYTES[kind]
        for side in shape[1:] if moving else shape:
            size *= side
        return moving, size, begin

    def _attributes(self) -> None:
        for _ in range(self._list()):
            self._name()
            size = _TYPE_BYTES[self._number(">i", 4)] * self._count()
            self.at += size + -size % 4

    def _list(self) -> int:
        """How many elements follow a tag, or two zeros for none."""
        self._number(">i", 4)
        return self._count()

    def _name(self) -> None:
        size = self._count()
        self.at += size + -size % 4

    def _count(self) -> int:
        return self._number(">q", 8) if self.head[3] == 5 else self._number(">i", 4)

    def _number(self, form: str, size: int) -> int:
        (number,) = struct.unpack_from(form, self.head, self.at)
        self.at += size
        return int(number)
