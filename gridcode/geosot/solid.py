"""GeoSOT with heights (三维剖分编码, GB/T 40087-2021 6.3): cells of one layer, and their GZ codes.

The standard codes heights apart and joins no text.  Products write ``GZ`` and one octal digit a
level: 4 * latitude bit + 2 * longitude bit + height bit.  The first height bit is 1 below the
ellipsoid, where layers are counted downwards from 0 (mirrored).  Two readings of the height bits
ship, which the standard does not decide between:

========  =====================================================================================
nested    layers halve from level to level, 2^(L-9) to a degree of height; the text's "the same
          range at every level" (GanosBase)
packed    1/2048" of height, 7372800 to a degree, packed into degrees, minutes and seconds as
          longitudes are; layers are clipped as cells are (iBEST-DB)
========  =====================================================================================

Both agree in whole degrees of height; below, packed layers are cut at minutes and seconds.

>>> encode_3d(116.315222, 39.910278, 100, 32, reading="packed")
'GZ00262064446046062063523002211204'
>>> cell = decode_3d("GZ00262064446046072072")
>>> cell.base.code, cell.layer, round(cell.bottom, 6), round(cell.top, 6)
('G001310322-230230-31031', 18, 970.027683, 1023.922436)
>>> decode_3d("GZ0026204001111", reading="packed")
Traceback (most recent call last):
...
gridcode.errors.SymbolError: no layer of the packed reading is so numbered in 'GZ0026204001111' \
at position 14; allowed: less than 60', 60" of height; reading='nested'
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from gridcode.cell import Cell
from gridcode.cell3d import Cell3D, stacked
from gridcode.coordinates import UNITS_PER_DEGREE, Coordinate, is_scalar
from gridcode.errors import CoordinateError, GridCodeError, LengthError, SymbolError
from gridcode.geosot import bulk, caps
from gridcode.geosot.fields import SIGN, pack, unpack
from gridcode.geosot.index import Index
from gridcode.geosot.integers import split_many
from gridcode.geosot.kin import is_cap
from gridcode.geosot.levels import LEVELS, MAX_LEVEL, check_level
from gridcode.geosot.text import index_at, index_of
from gridcode.heights import DEGREES, HeightAxis, layer
from gridcode.lattice import Lattice
from gridcode.table import given

__all__ = [
    "READINGS",
    "Reading",
    "decode_3d",
    "encode_3d",
    "height_axis",
    "texts_3d",
]

Reading = Literal["nested", "packed"]
READINGS = ("nested", "packed")
_PARTS = {"nested": 1 << 23, "packed": UNITS_PER_DEGREE}


def _words(axis: HeightAxis, number: NDArray[np.int64]) -> NDArray[np.int64]:
    """The 32 bits of each layer: sign, then bits away from the ellipsoid."""
    near = axis.near(number)
    bits: NDArray[np.int64] = near if axis.parts == _PARTS["nested"] else pack(near)
    words: NDArray[np.int64] = bits | (number < 0).astype(np.int64) << 31
    return words


@cache
def height_axis(level: int, reading: str) -> HeightAxis:
    """The layers of a level, 1 to 32."""
    check_level(level, top=1)
    if reading not in READINGS:
        raise GridCodeError("there is no such reading", reading, None, ", ".join(READINGS))
    parts = _PARTS[reading]
    if reading == "nested":
        span = 1 << MAX_LEVEL - level
        return HeightAxis(Lattice(span, span, DEGREES * parts), parts)
    row = LEVELS[level - 1]
    return HeightAxis(Lattice(row.span, row.whole, DEGREES * parts), parts)


@overload
def encode_3d(
    lon: Coordinate,
    lat: Coordinate,
    height: float,
    level: int = MAX_LEVEL,
    reading: Reading = "nested",
) -> str: ...
@overload
def encode_3d(
    lon: NDArray[Any],
    lat: NDArray[Any],
    height: NDArray[Any],
    level: int = MAX_LEVEL,
    reading: Reading = "nested",
) -> NDArray[np.bytes_]: ...
def encode_3d(
    lon: Any, lat: Any, height: Any, level: int = MAX_LEVEL, reading: Reading = "nested"
) -> Any:
    """The GZ code of the cell of a point, or of each of n points; heights ellipsoidal metres.

    CoordinateError beyond the layers; PolarError as `gridcode.geosot.encode`.
    """
    axis = height_axis(level, reading)
    if is_scalar(lon) and is_scalar(lat):
        number = axis.at(np.array([layer(height, axis.parts)]))
        return _write(index_at(lon, lat, level), axis, int(number[0]))
    heights = np.asarray(height, np.float64)
    numbers = bulk.encode_integers(np.asarray(lon), np.asarray(lat), level)
    if heights.shape != numbers.shape:
        raise CoordinateError("a column of heights has another length", str(heights.shape))
    return given(texts(split_many(numbers)[0], _words(axis, axis.own(heights)), level), lon)


def texts(morton: NDArray[np.uint64], words: NDArray[np.int64], level: int) -> NDArray[np.bytes_]:
    """GZ codes of n cells of one level, out of Morton bits and words of height."""
    codes = np.empty((len(morton), 2 + level), np.uint8)
    codes[:, :2] = np.frombuffer(b"GZ", np.uint8)
    bits = words[:, None] >> 31 - np.arange(level) & 1
    codes[:, 2:] = 2 * bulk.digits_of(morton, level) - ord("0") + bits.astype(np.uint8)
    return codes.reshape(-1).view(f"S{2 + level}")


def texts_3d(
    numbers: NDArray[np.int64], layer_numbers: NDArray[np.int64], level: int, reading: str
) -> NDArray[np.bytes_]:
    """GZ codes of n cells of one level, given as 2D numbers and layers."""
    return texts(split_many(numbers)[0], _words(height_axis(level, reading), layer_numbers), level)


def _write(index: Index, axis: HeightAxis, number: int) -> str:
    word = _words(axis, np.array([number], np.int64))
    return str(texts(np.array([index.morton], np.uint64), word, index.level)[0], "ascii")


def decode_3d(code: str, reading: Reading = "nested") -> Cell3D:
    """The cell of a GZ code; CodeError if the reading has no such layer."""
    text = "".join(code.split()).upper()
    digits = text[2:]
    if not text.startswith("GZ"):
        raise SymbolError("a 3D code begins with GZ", text, 0, "GZ")
    if not 1 <= len(digits) <= MAX_LEVEL:
        raise LengthError(f"a code has no {len(digits)} digits", text, 2, "1 to 32")
    bad = next((at for at, digit in enumerate(digits) if digit not in "01234567"), None)
    if bad is not None:
        raise SymbolError(f"{digits[bad]!r} is no octal digit", text, bad + 2, "0 to 7")
    base = index_of("G" + "".join(str(int(digit) >> 1) for digit in digits))
    bits = int("".join(str(int(digit) & 1) for digit in digits), 2) << MAX_LEVEL - base.level
    return stacked(_base(base), _number(bits, base.level, reading, text), reading)


def _number(word: int, level: int, reading: Reading, text: str) -> int:
    """The layer of 32 bits."""
    axis = height_axis(level, reading)
    size = word & ~SIGN
    near, far = (size, size + (1 << MAX_LEVEL - level))
    if reading == "packed":
        near, far = unpack(near), unpack(far)
    if near >= far:
        raise SymbolError(
            "no layer of the packed reading is so numbered",
            text,
            len(text) - 1,
            "less than 60', 60\" of height; reading='nested'",
        )
    number = int(axis.lattice.number(np.array(near)))
    return -1 - number if word >= SIGN else number


def _base(index: Index) -> Cell:
    bounds = caps.bounds(index.code) if is_cap(index) else index.bounds
    return Cell("geosot", index.code, index.level, bounds, bounds.center)
