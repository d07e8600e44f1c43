"""The H3 hexagons with the verbs of the other grids (H3 六边形网格).

H3 (https://h3geo.org, version 4, through the ``h3`` package) is no Chinese standard; it is here
to be joined with BeiDou and GeoSOT cells, see `gridcode.conversion`.  16 levels (resolutions), 0
to 15; a code is hexadecimal, its number fits int64.  Degrees of WGS 84, which differ from CGCS2000
by centimetres: nothing is shifted.  Longitude first.

Bounds are the box of the vertices, which h3 gives as doubles; a child lies only nearly in its
parent.  A hexagon has up to six neighbours, all across sides.

>>> encode(112.14, 32.02, 9)
'8940a37aa9bffff'
>>> decode("8940a37aa9bffff").parent(8).code, decode("8940a37aa9bffff").level
('8840a37aa9fffff', 9)
>>> from_integer(to_integer("8940a37aa9bffff"))
'8940a37aa9bffff'
>>> validate("8940a37aa9bfff")
Traceback (most recent call last):
...
gridcode.errors.CodeError: this is no H3 cell in '8940a37aa9bfff'; allowed: a cell in hexadecimal
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, overload

import h3
import h3.api.basic_int as h3int
import numpy as np
import shapely
from numpy.typing import NDArray

from gridcode import cover as covers
from gridcode.cell import Cell, Cells
from gridcode.coordinates import (
    LATITUDE,
    LONGITUDE,
    UNITS_PER_DEGREE,
    Axis,
    Coordinate,
    angle,
    is_scalar,
    units,
)
from gridcode.cover.result import LIMIT, Form, Mode
from gridcode.errors import CodeError, CoordinateError, GridCodeError, LevelError
from gridcode.h3grid import grid, outline
from gridcode.table import Output, codes_of, given, taken

__all__ = [
    "MAX_LEVEL",
    "Fields",
    "children",
    "compact",
    "contains",
    "cover",
    "decode",
    "encode",
    "encode_integer",
    "format",
    "from_integer",
    "is_valid",
    "neighbours",
    "parent",
    "parse",
    "polygon",
    "to_integer",
    "validate",
]

MAX_LEVEL = 15


class Fields(NamedTuple):
    """A code taken apart: level, base cell (0 to 121), and a digit 0 to 6 for each level below."""

    level: int
    base_cell: int
    digits: tuple[int, ...]


def _check_level(level: Any) -> int:
    if isinstance(level, bool) or not hasattr(level, "__index__") or not 0 <= level <= MAX_LEVEL:
        raise LevelError(f"there is no level {level}", "", None, f"0 to {MAX_LEVEL}")
    return int(level)


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
    """The code of the cell of a point, or ASCII (n,) of n points; columns as in the other grids."""
    if is_scalar(lon) and is_scalar(lat):
        return str(h3.int_to_str(encode_integer(lon, lat, level)))
    return given(grid.texts_of(_integers(*taken(lon, lat), level)), lon, output)


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
    """As `encode`, but the index as ``int``, or int64 (n,)."""
    if is_scalar(lon) and is_scalar(lat):
        places = _degrees(lat, LATITUDE), _degrees(lon, LONGITUDE)
        return int(h3int.latlng_to_cell(*places, _check_level(level)))
    return given(_integers(*taken(lon, lat), level), lon, output)


def _integers(lon: NDArray[Any], lat: NDArray[Any], level: int) -> NDArray[np.int64]:
    _check_level(level)
    if lon.shape != lat.shape or lon.ndim != 1:
        raise CoordinateError(
            f"longitudes {lon.shape} and latitudes {lat.shape} do not pair",
            allowed="two columns of one length",
        )
    lons, lats = _column(lon, LONGITUDE), _column(lat, LATITUDE)
    pairs = zip(lats.tolist(), lons.tolist(), strict=True)
    return np.fromiter((h3int.latlng_to_cell(*at, level) for at in pairs), np.int64, len(lons))


def _column(values: NDArray[Any], axis: Axis) -> NDArray[np.float64]:
    """Degrees of a column; CoordinateError names the first row that cannot be read."""
    found = units(values, axis)
    if values.dtype.kind in "iuf":
        return values.astype(np.float64, copy=False)
    return np.where(found.negative, -found.units, found.units) / UNITS_PER_DEGREE


def _degrees(value: Coordinate, axis: Any) -> float:
    found = angle(value, axis)
    return float(value) if isinstance(value, float) else float(found.degrees)


@overload
def to_integer(code: str) -> int: ...
@overload
def to_integer(code: NDArray[Any]) -> NDArray[np.int64]: ...
def to_integer(code: Any) -> Any:
    """The index of a code as a number, or int64 (n,) of n codes."""
    if isinstance(code, str):
        return int(h3.str_to_int(validate(code)))
    return given(grid.integers_of(codes_of(code)), code)


@overload
def from_integer(number: int) -> str: ...
@overload
def from_integer(number: NDArray[np.int64]) -> NDArray[np.bytes_]: ...
def from_integer(number: Any) -> Any:
    """The code of a number, or ASCII (n,) of n numbers."""
    if isinstance(number, (int, np.integer)):
        return validate(f"{int(number):x}")
    return given(grid.texts_of(np.asarray(number, np.int64)), number)


def compact(code: str) -> str:
    """Lower case, without blanks; the text is not checked any further."""
    if not isinstance(code, str):
        raise CodeError("a code is text", str(code), None, "str")
    return "".join(code.split()).lower()


def validate(code: str) -> str:
    """The canonical form; CodeError if it is no cell."""
    text = compact(code)
    if re.fullmatch("[0-9a-f]{15,16}", text) is None or not h3.is_valid_cell(text):
        raise CodeError("this is no H3 cell", text, None, "a cell in hexadecimal")
    return str(h3.int_to_str(h3.str_to_int(text)))


def is_valid(code: str) -> bool:
    """Whether `validate` takes it."""
    try:
        validate(code)
    except GridCodeError:
        return False
    return True


def format(code: str) -> str:
    """The printed form, which is the canonical one."""
    return validate(code)


def parse(code: str) -> Fields:
    """Level, base cell and digits."""
    number = to_integer(code)
    level = h3int.get_resolution(number)
    digits = tuple(number >> 3 * (MAX_LEVEL - step) & 7 for step in range(1, level + 1))
    return Fields(level, h3int.get_base_cell_number(number), digits)


@overload
def decode(code: str) -> Cell: ...
@overload
def decode(code: NDArray[Any]) -> Cells: ...
def decode(code: Any) -> Any:
    """The cell of a code; of an array (n,) of codes or numbers the `Cells`, by column."""
    if not isinstance(code, str):
        column = np.asarray(code)
        numbers = column if column.dtype.kind in "iu" else grid.integers_of(column)
        cells = [decode(text.decode()) for text in grid.texts_of(numbers).tolist()]
        bounds = np.array([cell.bounds for cell in cells], np.float64).reshape(-1, 4)
        return Cells(np.array([cell.level for cell in cells], np.int8), *bounds.T)
    text = validate(code)
    place = outline.center(text)
    return Cell("h3", text, h3.get_resolution(text), outline.bounds(text), place)


def parent(code: str, level: int) -> str:
    """The ancestor at a level."""
    return str(h3.cell_to_parent(validate(code), _check_level(level)))


def children(code: str, level: int) -> list[str]:
    """The descendants at a level."""
    return sorted(h3.cell_to_children(validate(code), _check_level(level)))


def neighbours(code: str, diagonal: bool) -> list[str]:
    """The five or six cells of the level that share a side; hexagons have no others (diagonal)."""
    del diagonal
    text = validate(code)
    return sorted(set(h3.grid_disk(text, 1)) - {text})


def contains(code: str, other: str) -> bool:
    """Whether other is the same cell or a descendant."""
    outer, inner = validate(code), validate(other)
    level = h3.get_resolution(outer)
    return h3.get_resolution(inner) >= level and parent(inner, level) == outer


def polygon(cell: Cell) -> shapely.Geometry:
    """The outline of a cell, of two parts where it lies across the antimeridian."""
    return outline.polygon(cell.code)


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
    return covers.cover(geometry, level, mode, system="h3", limit=limit, form=form)
