"""GeoSOT grid code (地球空间网格编码), GB/T 40087-2021.

The earth in 32 levels of cells, each cut into four: from quarters of the globe, by degrees (levels
1 to 9), minutes (10 to 15) and seconds (16 to 21), down to 1/2048 second, 1.5 cm.  So that halving
always gives whole degrees, minutes and seconds, the square of 512 by 512 degrees is cut, and each
degree as if it had 64', each minute as if it had 64"; of all that, only what lies on the earth is a
cell, and the last cell of a degree or minute is clipped (28', 12', 4'; 28", 12", 4").  The code is
G and one digit a level, ``Gddddddddd-mmmmmm-ssssss.uuuuuuuuuuu``; digit = 2 * latitude bit +
longitude bit; the first is the quadrant: 0 NE, 1 NW, 2 SE, 3 SW.  The ancestor of a cell is the
beginning of its code.  Frame CGCS2000 (EPSG:4490), degrees, longitude first.

Edges (annex C).  Cells are counted away from the equator and Greenwich in all quadrants, and own
their sides towards them; latitude 0 is north, longitude 0 east, +180 and -180 both lie in the
outermost western cell.  From level 8 on, all that lies at 88 degrees and beyond is a polar cap,
which has levels 8, 9 and 10 (`gridcode.geosot.caps`); deeper ones raise `PolarError`.

Where the standard prints two things: the quadrant SE is G2 (figure 13 has G4, which is no digit of
two bits); coordinates are cut off, never rounded.

Numbers of 64 bits: `gridcode.geosot.integers`; heights: `gridcode.geosot.solid`;
covers: `gridcode.cover`.

>>> encode(116.315228, 39.91028, 15)
'G001310322-230230'
>>> encode("105°22'51.75\\"E", "31°31'42.5\\"N", 23)
'G001123223-032332-312031.31'
>>> decode("G001310322-23").bounds  # level 11, clipped: 48' to 60'
Bounds(west=116.26666666666667, south=39.8, east=116.53333333333333, north=40.0)
>>> validate("G001310322230234")
Traceback (most recent call last):
...
gridcode.errors.SymbolError: '4' is no digit of level 15 in 'G001310322230234' at position 15; \
allowed: 0, 1, 2, 3
"""

from __future__ import annotations

from typing import Any, overload

import numpy as np
import shapely
from numpy.typing import NDArray

from gridcode import cell as _cell
from gridcode import cover as covers
from gridcode.cell import Cell, Cells
from gridcode.coordinates import Angle, Coordinate, is_scalar
from gridcode.cover.result import LIMIT, Form, Mode
from gridcode.geosot import bulk, caps, grid, integers
from gridcode.geosot.index import Index
from gridcode.geosot.kin import children, contains, is_cap, neighbours, parent
from gridcode.geosot.levels import MAX_LEVEL, check_level
from gridcode.geosot.solid import decode_3d, encode_3d
from gridcode.geosot.text import (
    Fields,
    compact,
    format,
    format_morton,
    index_at,
    index_of,
    is_valid,
    parse,
    parse_morton,
    validate,
)
from gridcode.table import Output, codes_of, given, taken

__all__ = [
    "MAX_LEVEL",
    "Fields",
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
    "format_morton",
    "from_integer",
    "integer_range",
    "is_valid",
    "neighbours",
    "parent",
    "parse",
    "parse_morton",
    "polygon",
    "to_integer",
    "validate",
]


@overload
def encode(lon: Coordinate, lat: Coordinate, level: int = MAX_LEVEL) -> str: ...
@overload
def encode(lon: NDArray[Any], lat: NDArray[Any], level: int = MAX_LEVEL) -> NDArray[np.bytes_]: ...
@overload
def encode(
    lon: Any, lat: Any = None, level: int = MAX_LEVEL, *, output: Output | None = None
) -> Any: ...
def encode(
    lon: Any, lat: Any = None, level: int = MAX_LEVEL, *, output: Output | None = None
) -> Any:
    """The code of the cell that owns a point, or of each of n points.

    One point (floats, Decimal, Fraction, (d, m, s), text) gives ``str``; columns (n,) of degrees
    give an array (n,) of fixed-width ASCII, Arrow and pandas columns their like, or what ``output``
    asks for.  A GeoSeries or an array of points takes the place of both columns.  CoordinateError
    names what is off the earth, LevelError a level that does not exist, PolarError a level that
    the caps do not have.
    """
    check_level(level)
    if is_scalar(lon) and is_scalar(lat):
        return index_at(lon, lat, level).code
    return given(bulk.encode_bytes(*taken(lon, lat), level), lon, output)


@overload
def encode_integer(lon: Coordinate, lat: Coordinate, level: int = MAX_LEVEL) -> int: ...
@overload
def encode_integer(
    lon: NDArray[Any], lat: NDArray[Any], level: int = MAX_LEVEL
) -> NDArray[np.int64]: ...
@overload
def encode_integer(
    lon: Any, lat: Any = None, level: int = MAX_LEVEL, *, output: Output | None = None
) -> Any: ...
def encode_integer(
    lon: Any, lat: Any = None, level: int = MAX_LEVEL, *, output: Output | None = None
) -> Any:
    """As `encode`, but the number of the cell: ``int``, or int64 (n,)."""
    check_level(level)
    if is_scalar(lon) and is_scalar(lat):
        return integers.join(index_at(lon, lat, level).morton, level)
    return given(bulk.encode_integers(*taken(lon, lat), level), lon, output)


@overload
def to_integer(code: str) -> int: ...
@overload
def to_integer(code: NDArray[Any]) -> NDArray[np.int64]: ...
def to_integer(code: Any) -> Any:
    """The number of a code, or int64 (n,) of n codes; CodeError names the row of a bad one."""
    if isinstance(code, str):
        index = index_of(code)
        return integers.join(index.morton, index.level)
    return given(bulk.integers_of(codes_of(code)), code)


@overload
def from_integer(number: int) -> str: ...
@overload
def from_integer(number: NDArray[np.int64]) -> NDArray[np.bytes_]: ...
def from_integer(number: Any) -> Any:
    """The printed code of a number, or of n numbers as ASCII of the width of the deepest."""
    if isinstance(number, (int, np.integer)):
        return validate(Index.from_morton(*integers.split(int(number))).code)
    return given(bulk.texts_of(np.asarray(number, np.int64)), number)


def integer_range(number: int) -> tuple[int, int]:
    """The first and the last number of a cell and its descendants (of a cap: in its quadrant)."""
    return integers.span(number)


@overload
def decode(code: str) -> Cell: ...
@overload
def decode(code: NDArray[Any]) -> Cells: ...
def decode(code: Any) -> Any:
    """The cell of a code; of an array (n,) of codes or numbers the `Cells`, by column."""
    if not isinstance(code, str):
        column = codes_of(code)
        numbers = column if column.dtype.kind in "iu" else bulk.integers_of(column)
        return grid.decode_many(numbers.astype(np.int64, copy=False))
    index = index_of(code)
    bounds = caps.bounds(index.code) if is_cap(index) else index.bounds
    return Cell("geosot", index.code, index.level, bounds, bounds.center)


def corner(code: str) -> tuple[Angle, Angle]:
    """The positioning corner (定位角点), exact; `encode` of it gives the code back."""
    return index_of(code).corner


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
    return covers.cover(geometry, level, mode, system="geosot", limit=limit, form=form)
