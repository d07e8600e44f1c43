"""BeiDou grid location code (北斗网格位置码), GB/T 39409-2020.

The earth in ten levels of cells, from 6 by 4 degrees down to 1/2048 second (1.5 cm).  The code of
a cell is the hemisphere, N or S, and one segment a level, 1 to 20 characters; the ancestor of a
cell is the beginning of its code.  Frame CGCS2000 (EPSG:4490), degrees, longitude first.

==  ==================  ======  ======================
n   cell, lon by lat    length  code of a place
==  ==================  ======  ======================
0   hemisphere          1       N
1   6 by 4 degrees      4       N50J
2   30' by 30'          6       N50J47
3   15' by 10'          7       N50J475
4   1'                  9       N50J47539
5   4"                  11      N50J47539B8
6   2"                  12      N50J47539B82
7   1/4"                14      N50J47539B8255
8   1/32"               16      N50J47539B825534
9   1/256"              18
10  1/2048"             20
==  ==================  ======  ======================

Edges.  Rows and columns are counted away from the equator and from Greenwich in all four
quadrants, and a cell owns its sides towards them (as GB/T 40087-2021 C.3 says for its grid; this
standard is silent).  So latitude 0 is N, longitude 0 is zone 31, longitude -6 is zone 29, both
+180 and -180 are the outermost column of zone 01, and latitudes of 88 degrees and more are the
caps.  The caps have levels 1 and 2 (5.3); deeper ones raise `PolarError`, for the standard does
not draw the order of their digits.

Numbers of 64 bits: `gridcode.beidou.integers`; heights: `gridcode.beidou.solid`; codes by
reference and by name: `gridcode.beidou.reference`; covers: `gridcode.cover`.

A float x is read as floor(|x| * 7372800) in IEEE double; text, Decimal, Fraction and
(degrees, minutes, seconds) are exact; see `gridcode.coordinates`.

>>> encode("116°18'45.37\\"E", "39°59'35.38\\"N", 8)
'N50J47539B825534'
>>> encode(116.315222, 39.910278, 4)
'N50J47534'
>>> decode("N50J47").bounds
Bounds(west=116.0, south=39.5, east=116.5, north=40.0)
>>> validate("N50J4753F")
Traceback (most recent call last):
...
gridcode.errors.SymbolError: 'F' is no latitude digit of level 4 in 'N50J4753F' at position 8; \
allowed: 0123456789
"""

from __future__ import annotations

from typing import Any, overload

import numpy as np
import shapely
from numpy.typing import NDArray

from gridcode import cell as _cell
from gridcode import cover as covers
from gridcode.beidou import bulk, caps, grid, integers
from gridcode.beidou.index import Index, read, write
from gridcode.beidou.kin import children, contains, neighbours, parent
from gridcode.beidou.levels import MAX_LEVEL, check_level
from gridcode.beidou.solid import decode_3d, encode_3d, readings_3d
from gridcode.beidou.text import (
    Segments,
    compact,
    format,
    is_valid,
    level_of,
    parse,
    validate,
)
from gridcode.cell import Cell, Cells
from gridcode.coordinates import LATITUDE, LONGITUDE, Angle, Coordinate, angle, is_scalar
from gridcode.cover.result import LIMIT, Form, Mode
from gridcode.table import Output, ascii_of, codes_of, given, taken

__all__ = [
    "MAX_LEVEL",
    "Segments",
    "children",
    "compact",
    "contains",
    "corner",
    "cover",
    "decode",
    "decode_3d",
    "encode",
    "encode_3d",
    "encode_integer",
    "format",
    "from_integer",
    "integer_range",
    "is_valid",
    "neighbours",
    "parent",
    "parse",
    "polygon",
    "readings_3d",
    "to_integer",
    "validate",
]


@overload
def encode(lon: Coordinate, lat: Coordinate, level: int = 10) -> str: ...
@overload
def encode(lon: NDArray[Any], lat: NDArray[Any], level: int = 10) -> NDArray[np.bytes_]: ...
@overload
def encode(lon: Any, lat: Any = None, level: int = 10, *, output: Output | None = None) -> Any: ...
def encode(lon: Any, lat: Any = None, level: int = 10, *, output: Output | None = None) -> Any:
    """The code of the cell that owns a point, or of each of n points.

    One point (floats, Decimal, Fraction, (d, m, s), text) gives ``str``; columns (n,) of degrees
    give an array (n,) of fixed-width ASCII, Arrow and pandas columns their like, or what ``output``
    asks for.  A GeoSeries or an array of points takes the place of both columns.  CoordinateError
    names what is off the earth, LevelError a level that does not exist, PolarError a level that
    the caps do not have.
    """
    check_level(level)
    if is_scalar(lon) and is_scalar(lat):
        return _encode_one(angle(lon, LONGITUDE), angle(lat, LATITUDE), level)
    return given(bulk.encode_bytes(*taken(lon, lat), level), lon, output)


def _encode_one(lon: Angle, lat: Angle, level: int) -> str:
    if caps.is_polar(lat):
        return caps.write(lon, lat, level)
    return write(Index.of(lon, lat, level))


@overload
def encode_integer(lon: Coordinate, lat: Coordinate, level: int = 10) -> int: ...
@overload
def encode_integer(lon: NDArray[Any], lat: NDArray[Any], level: int = 10) -> NDArray[np.int64]: ...
@overload
def encode_integer(
    lon: Any, lat: Any = None, level: int = 10, *, output: Output | None = None
) -> Any: ...
def encode_integer(
    lon: Any, lat: Any = None, level: int = 10, *, output: Output | None = None
) -> Any:
    """As `encode`, but the number of the cell: ``int``, or int64 (n,)."""
    check_level(level)
    if is_scalar(lon) and is_scalar(lat):
        return integers.join(encode(lon, lat, level))
    return given(bulk.encode_integers(*taken(lon, lat), level), lon, output)


@overload
def to_integer(code: str) -> int: ...
@overload
def to_integer(code: NDArray[Any]) -> NDArray[np.int64]: ...
def to_integer(code: Any) -> Any:
    """The number of a code, or int64 (n,) of n codes; CodeError names the row of a bad one."""
    if isinstance(code, str):
        return integers.join(validate(code))
    return given(bulk.integers_of(codes_of(code)), code)


@overload
def from_integer(number: int) -> str: ...
@overload
def from_integer(number: NDArray[np.int64]) -> NDArray[np.bytes_]: ...
def from_integer(number: Any) -> Any:
    """The code of a number, or of n numbers as ASCII of the width of the deepest."""
    if isinstance(number, (int, np.integer)):
        return integers.split(int(number))
    return given(bulk.texts_of(np.asarray(number, np.int64)), number)


def integer_range(number: int) -> tuple[int, int]:
    """The first and the last number of a cell and its descendants."""
    return integers.span(number)


@overload
def decode(code: str) -> Cell: ...
@overload
def decode(code: NDArray[Any]) -> Cells: ...
def decode(code: Any) -> Any:
    """The cell of a code; of an array (n,) of codes, or of numbers, the `Cells`, by column."""
    if not isinstance(code, str):
        column = codes_of(code)
        if column.dtype.kind in "iu":
            return grid.decode_numbers(column.astype(np.int64, copy=False))
        return grid.decode_texts(ascii_of(column))
    text = validate(code)
    bounds = caps.bounds(text) if caps.is_cap(text) else read(text).bounds
    return Cell("beidou", text, level_of(text), bounds, bounds.center)


def corner(code: str) -> tuple[Angle, Angle]:
    """The positioning corner (定位角点) of a body cell, exact; its code is the cell's own."""
    return read(validate(code)).corner


def polygon(cell: Cell) -> shapely.Geometry:
    """The outline of a cell."""
    return _cell.box(cell.bounds)


def cover(
    geometry: Any,
    level: int,
    mode: Mode = "intersects",
    *,
    limit: int = LIMIT,
    form: Form = "text",
) -> Any:
    """The cells of a geometry (list of codes), or of each of an array of geometries (`Cover`).

    As `gridcode.cover.cover` with this system.
    """
    return covers.cover(geometry, level, mode, system="beidou", limit=limit, form=form)
