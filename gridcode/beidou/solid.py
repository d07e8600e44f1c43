"""BeiDou codes with heights (三维网格位置码, GB/T 39409-2020 6, annex C): cells of one layer.

The 12 digits of height are put between those of the 2D code, level by level: hemisphere, 0 above
or 1 below the ellipsoid, then for each level the segment of the place and that of the height, up
to 32 characters.  Layers are those of `gridcode.heights`, 7372800 to a degree; the number of a
layer is written in digits, and the standard gives two rules that differ from 1839.585 m on:

=======  =========================================================================================
radix    digits of 4 degrees, 30', 15', 1', 4", 2" and so on (tables of 6.1 and 6.2, C.5): symbols
         0 to E, as the standard's symbol ranges and steps ask for; iBEST-DB prints it; the default
bits     slices of the 32 bits of the number (C.14, C.15 to the letter), so that two digits may be
         F; most open code writes it
=======  =========================================================================================

Below the ellipsoid layers are counted downwards from 0, the mirror image of those above, so that a
prefix is still the ancestor; the standard fixes the sign digit alone.

>>> encode_3d(116.315222, 39.910278, 0, 4)
'N050J0047050340'
>>> encode_3d(116.315222, 39.910278, 1839.6, 5), encode_3d(116.315222, 39.910278, 1839.6, 5, "bits")
('N050J0047050341D90', 'N050J0047050340D9F')
>>> cell = decode_3d("N050J0047050340")
>>> cell.base.code, cell.layer, round(cell.bottom, 3), round(cell.top, 3)
('N50J47534', 0, 0.0, 1839.585)
>>> readings_3d("N050J0047050340D9F")
('bits',)
>>> decode_3d("N050J0047050340D9F")
Traceback (most recent call last):
...
gridcode.errors.SymbolError: 'F' is no height digit of level 5 as radix in 'N050J0047050340D9F' \
at position 17; allowed: 0123456789ABCDE, or reading='bits', the only one this code can be
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any, Literal, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from gridcode.beidou import bulk, caps, index
from gridcode.beidou.index import Index, symbol_at
from gridcode.beidou.levels import (
    LENGTHS,
    LENGTHS_3D,
    LEVELS,
    MAX_LEVEL,
    check_level,
    level_of_length,
)
from gridcode.beidou.text import compact, level_of, split, validate
from gridcode.cell import Cell
from gridcode.cell3d import Cell3D, stacked
from gridcode.coordinates import LATITUDE, LONGITUDE, UNITS_PER_DEGREE, Coordinate, angle, is_scalar
from gridcode.errors import CodeError, CoordinateError, GridCodeError, SymbolError
from gridcode.heights import DEGREES, HeightAxis, layer
from gridcode.lattice import Lattice
from gridcode.table import given

__all__ = [
    "READINGS",
    "Reading",
    "decode_3d",
    "encode_3d",
    "height_axis",
    "readings_3d",
    "texts_3d",
]

Reading = Literal["radix", "bits"]
READINGS = ("radix", "bits")
_END = DEGREES * UNITS_PER_DEGREE
_SYMBOLS = "0123456789ABCDEF"
_WORD = 31


class _Digit(NamedTuple):
    """A digit of height: finest layers to one step, and how many steps there are."""

    span: int
    steps: int


def _check(reading: str) -> None:
    if reading not in READINGS:
        raise GridCodeError("there is no such reading", reading, None, ", ".join(READINGS))


@cache
def _digits(reading: str) -> tuple[_Digit, ...]:
    """The digits of levels 1 to 10."""
    _check(reading)
    if reading == "radix":
        return tuple(_Digit(row.height_units, row.height_split) for row in LEVELS)
    bits = [_WORD, *(row.height_bits for row in LEVELS)]
    return tuple(_Digit(1 << low, 1 << high - low) for high, low in pairwise(bits))


@cache
def height_axis(level: int, reading: str) -> HeightAxis:
    """The layers of a level, 0 to 10."""
    _check(reading)
    span = _digits(reading)[level - 1].span if level else _END
    return HeightAxis(Lattice(span, span, _END), UNITS_PER_DEGREE)


@overload
def encode_3d(
    lon: Coordinate,
    lat: Coordinate,
    height: float,
    level: int = MAX_LEVEL,
    reading: Reading = "radix",
) -> str: ...
@overload
def encode_3d(
    lon: NDArray[Any],
    lat: NDArray[Any],
    height: NDArray[Any],
    level: int = MAX_LEVEL,
    reading: Reading = "radix",
) -> NDArray[np.bytes_]: ...
def encode_3d(
    lon: Any, lat: Any, height: Any, level: int = MAX_LEVEL, reading: Reading = "radix"
) -> Any:
    """The 3D code of the cell of a point, or of each of n points; heights ellipsoidal metres.

    CoordinateError beyond the layers; LevelError and PolarError as `gridcode.beidou.encode`.
    """
    axis = height_axis(check_level(level), reading)
    if is_scalar(lon) and is_scalar(lat):
        code = np.array([_encode_2d(lon, lat, level).encode()])
        number = axis.at(np.array([layer(height, axis.parts)]))
        return str(_interleaved(code, number, level, reading)[0], "ascii")
    codes = bulk.encode_bytes(np.asarray(lon), np.asarray(lat), level)
    heights = np.asarray(height, np.float64)
    if heights.shape != codes.shape:
        raise CoordinateError("a column of heights has another length", str(heights.shape))
    return given(_interleaved(codes, _layers(axis, heights), level, reading), lon)


def _layers(axis: HeightAxis, heights: NDArray[np.float64]) -> NDArray[np.int64]:
    found = np.empty(len(heights), np.int64)
    for rows in bulk.blocks(len(heights)):
        found[rows] = axis.own(heights[rows])
    return found


def _encode_2d(lon: Coordinate, lat: Coordinate, level: int) -> str:
    x, y = angle(lon, LONGITUDE), angle(lat, LATITUDE)
    return caps.write(x, y, level) if caps.is_polar(y) else index.write(Index.of(x, y, level))


def texts_3d(
    numbers: NDArray[np.int64], layer_numbers: NDArray[np.int64], level: int, reading: str
) -> NDArray[np.bytes_]:
    """3D codes of n cells of one level, given as 2D numbers and layers."""
    return _interleaved(bulk.texts_of(numbers), layer_numbers, level, reading)


def _interleaved(
    codes: NDArray[np.bytes_], layer_numbers: NDArray[np.int64], level: int, reading: str
) -> NDArray[np.bytes_]:
    """The characters of n places and of n heights, put together, block by block."""
    flat = codes.view(np.uint8).reshape(len(codes), LENGTHS[level])
    out = np.empty((len(codes), LENGTHS_3D[level]), np.uint8)
    for rows in bulk.blocks(len(codes)):
        for depth, stop in enumerate(LENGTHS[: level + 1]):
            start, target = (LENGTHS[depth - 1], LENGTHS_3D[depth - 1]) if depth else (0, 0)
            out[rows, target : target + stop - start] = flat[rows, start:stop]
        _put_heights(out[rows], layer_numbers[rows], level, reading)
    return out.reshape(-1).view(f"S{LENGTHS_3D[level]}")


def _put_heights(
    out: NDArray[np.uint8], layer_numbers: NDArray[np.int64], level: int, reading: str
) -> None:
    """The characters of height: the last of each segment, and the last two of level 1."""
    out[:, 1] = ord("0") + (layer_numbers < 0)
    near = height_axis(level, reading).near(layer_numbers)
    symbols = np.frombuffer(_SYMBOLS.encode(), np.uint8)
    for depth, digit in enumerate(_digits(reading)[:level], 1):
        step = near // digit.span % digit.steps
        if depth == 1:
            out[:, LENGTHS_3D[1] - 2] = symbols[step // 10]
            step %= 10
        out[:, LENGTHS_3D[depth] - 1] = symbols[step]


def decode_3d(code: str, reading: Reading = "radix") -> Cell3D:
    """The cell of a 3D code; SymbolError, saying so, if it can only be the other reading."""
    _check(reading)
    text = compact(code)
    base, heights = _apart(text)
    try:
        return stacked(_base(base), _number(heights, reading, text), reading)
    except SymbolError as error:
        others = [other for other in readings_3d(text) if other != reading]
        if not others:
            raise
        allowed = f"{error.allowed}, or reading={others[0]!r}, the only one this code can be"
        raise SymbolError(error.problem, text, error.position, allowed) from error


def readings_3d(code: str) -> tuple[Reading, ...]:
    """The readings that a 3D code can be; CodeError if it is none in either.

    Where both can be, they mean the same layer below 1839.585 m, and above another each.
    """
    text = compact(code)
    _, heights = _apart(text)
    found: list[Reading] = []
    problem: CodeError | None = None
    for reading in ("radix", "bits"):
        try:
            _number(heights, reading, text)
            found.append(reading)
        except CodeError as error:
            problem = problem or error
    if problem and not found:
        raise problem
    return tuple(found)


def _apart(text: str) -> tuple[str, list[int]]:
    """The 2D code, and where the digits of height stand, from that of level 0 on."""
    level_of_length(len(text), LENGTHS_3D, text)
    segments = split(text, LENGTHS_3D)
    ends = [stop - 1 for stop in LENGTHS_3D[: len(segments)]]
    base = "".join(
        segment[: 1 if not depth else LENGTHS[depth] - LENGTHS[depth - 1]]
        for depth, segment in enumerate(segments)
    )
    return validate(base), ends


def _number(ends: list[int], reading: str, text: str) -> int:
    """The layer of the digits of height."""
    below = symbol_at(text, ends[0], "01", "height digit of level 0")
    near = 0
    for depth, (digit, end) in enumerate(zip(_digits(reading), ends[1:], strict=False), 1):
        what = f"height digit of level {depth} as {reading}"
        symbols = _SYMBOLS[: 10 if depth == 1 else digit.steps]
        step = symbol_at(text, end, symbols, what)
        if depth == 1:
            step += 10 * symbol_at(text, end - 1, "0123456", what)
        near += step * digit.span
        if step >= digit.steps or near >= _END:
            raise SymbolError(
                f"{text[end - (depth == 1) : end + 1]!r} is no {what}",
                text,
                end - (depth == 1),
                "layers of less than 256 degrees",
            )
    number = near // height_axis(len(ends) - 1, reading).lattice.span
    return -1 - number if below else number


def _base(code: str) -> Cell:
    bounds = caps.bounds(code) if caps.is_cap(code) else index.read(code).bounds
    return Cell("beidou", code, level_of(code), bounds, bounds.center)
