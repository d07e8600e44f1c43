"""Columns of points, texts and numbers (批量编码): the scalar functions are the oracle.

The work is done in blocks that stay in the processor's cache, into one result; a block needs
about 2 MB whatever the length of the columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridcode.beidou import caps, columns, index, integers
from gridcode.beidou.columns import Corners
from gridcode.beidou.levels import BODY_END, LENGTHS, LEVELS
from gridcode.beidou.tables import (
    CUT_BITS,
    CUT_LEVEL,
    LAT_HALF,
    LON_HALF,
    Words,
    number_tables,
    text_tables,
)
from gridcode.beidou.text import level_of, validate
from gridcode.coordinates import LATITUDE, LONGITUDE, Angle, Units, units
from gridcode.errors import CoordinateError, GridCodeError
from gridcode.table import ascii_of

__all__ = [
    "blocks",
    "corners_of",
    "encode_bytes",
    "encode_integers",
    "integers_of",
    "numbers_at",
    "texts_of",
]

_BLOCK = 1 << 14
_Ints = NDArray[np.int64]
_Bytes = NDArray[np.uint8]


def blocks(count: int) -> Iterator[slice]:
    """The slices of a column that are worked on at a time."""
    return (slice(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK))


def encode_bytes(lon: NDArray[Any], lat: NDArray[Any], level: int) -> NDArray[np.bytes_]:
    """Codes of n points in degrees: an array (n,) of ``S{length of the level}``."""
    width = LENGTHS[level]
    codes = np.empty((_paired(lon, lat), width), np.uint8)
    for rows in blocks(len(codes)):
        x, y = units(lon[rows], LONGITUDE, rows.start), units(lat[rows], LATITUDE, rows.start)
        _write(x, y, codes[rows])
        for row, text in _in_caps(x, y, level):
            codes[rows.start + row] = np.frombuffer(text.encode(), np.uint8)
    return codes.reshape(-1).view(f"S{width}")


def encode_integers(lon: NDArray[Any], lat: NDArray[Any], level: int) -> _Ints:
    """Numbers of the cells that own n points in degrees: (n,) int64."""
    found = np.empty(_paired(lon, lat), np.int64)
    for rows in blocks(len(found)):
        x, y = units(lon[rows], LONGITUDE, rows.start), units(lat[rows], LATITUDE, rows.start)
        numbers_at(x, y, level, found[rows])
        for row, text in _in_caps(x, y, level):
            found[rows.start + row] = integers.join(text)
    return found


def _paired(lon: NDArray[Any], lat: NDArray[Any]) -> int:
    if lon.shape != lat.shape or lon.ndim != 1:
        raise CoordinateError(
            f"longitudes {lon.shape} and latitudes {lat.shape} do not pair",
            allowed="two columns of one length",
        )
    return len(lon)


def _in_caps(lon: Units, lat: Units, level: int) -> Iterator[tuple[int, str]]:
    """The rows of a block that lie in a cap, with their codes."""
    if lat.units.size and lat.units.max() >= BODY_END:
        for row in np.flatnonzero(lat.units >= BODY_END).tolist():
            place = Angle(int(lon.units[row]), bool(lon.negative[row]))
            pole = Angle(int(lat.units[row]), bool(lat.negative[row]))
            yield row, caps.write(place, pole, level)


def _places(found: Units, half: int) -> _Ints:
    """Where the angles stand in the high half of a table."""
    high = found.units >> CUT_BITS
    if half == LAT_HALF:  # longitudes end before the antimeridian, latitudes go on into the caps
        np.minimum(high, half, out=high)
    high += half * found.negative
    return high


def _write(lon: Units, lat: Units, out: _Bytes) -> None:
    """Write the codes of a block, one row of bytes each; rows in the caps are left as rubbish."""
    width = out.shape[1]
    table_x, table_y = text_tables()
    high_x, high_y = _places(lon, LON_HALF), _places(lat, LAT_HALF)
    low_x, low_y = (axis.units & ((1 << CUT_BITS) - 1) for axis in (lon, lat))
    words: Words = np.empty((len(high_x), (width + 7) // 8), np.dtype("<u8"))
    for number in range(words.shape[1]):
        word = table_x.high[number].take(high_x, mode="clip")
        word += table_y.high[number].take(high_y, mode="clip")
        if number:  # the first word ends before level 6
            word += table_x.low[number].take(low_x, mode="clip")
            word += table_y.low[number].take(low_y, mode="clip")
        words[:, number] = word
    out[:] = words.view(np.uint8)[:, :width]


def numbers_at(lon: Units, lat: Units, level: int, out: _Ints) -> None:
    """The numbers of the cells that own places; rows in the caps are left as rubbish."""
    if level == 0:
        np.multiply(lat.negative, integers.SIZES[0], out=out)
        return
    row = LEVELS[level - 1]
    if level < CUT_LEVEL:
        lon = Units(lon.units - lon.units % row.lon_units, lon.negative)
        lat = Units(lat.units - lat.units % row.lat_units, lat.negative)
    table_x, table_y = number_tables()
    table_x.high.take(_places(lon, LON_HALF), out=out, mode="clip")
    out += table_y.high.take(_places(lat, LAT_HALF), mode="clip")
    if level > CUT_LEVEL:
        kept = ((1 << CUT_BITS) - 1) & -row.lon_units
        out += table_x.low.take(lon.units & kept, mode="clip")
        out += table_y.low.take(lat.units & kept, mode="clip")
    out += level


def texts_of(numbers: _Ints) -> NDArray[np.bytes_]:
    """Codes of n numbers, of one or of many levels, as wide as the deepest needs."""
    deepest = max(map(_deepest, (numbers[rows] for rows in blocks(len(numbers)))), default=0)
    width = LENGTHS[deepest]
    codes = np.empty((len(numbers), width), np.uint8)
    for rows in blocks(len(numbers)):
        corners = columns.of_numbers(numbers[rows])
        _write(*_body(corners), codes[rows])
        if corners.level.min() < deepest:
            _blank(codes[rows], corners.level)
        for row in corners.others:
            text = _split(int(numbers[rows.start + row]), rows.start + int(row))
            codes[rows.start + row] = np.frombuffer(text.encode().ljust(width, b"\0"), np.uint8)
    return codes.reshape(-1).view(f"S{width}")


def _deepest(numbers: _Ints) -> int:
    return int(columns.levels_of(numbers).max())


def _body(corners: Corners) -> tuple[Units, Units]:
    """Corners with those that are no body cell moved to the origin."""
    if not len(corners.others):
        return corners.lon, corners.lat
    return Units(np.maximum(corners.lon.units, 0), corners.lon.negative), corners.lat


def _blank(codes: _Bytes, level: NDArray[np.int8]) -> None:
    """Cut each code off at the end of its level."""
    lengths = np.array(LENGTHS)[level]
    codes[np.arange(codes.shape[1]) >= lengths[:, None]] = 0


def _split(number: int, row: int) -> str:
    try:
        return integers.split(number)
    except GridCodeError as error:
        raise integers.bad_number(number, row) from error


def integers_of(codes: NDArray[Any]) -> _Ints:
    """Numbers of n codes; the error of a bad one names its row."""
    texts = ascii_of(codes)
    found = np.empty(len(texts), np.int64)
    for rows in blocks(len(texts)):
        corners = corners_of(texts[rows], rows.start)
        lon, lat = _body(corners)
        low, high = int(corners.level.min()), int(corners.level.max())
        for level in range(low, high + 1):
            chosen = slice(None) if low == high else np.flatnonzero(corners.level == level)
            some = np.empty(len(lon.units[chosen]), np.int64)
            numbers_at(_taken(lon, chosen), _taken(lat, chosen), level, some)
            found[rows][chosen] = some
        for row in corners.others:
            found[rows.start + row] = integers.join(validate(texts[rows.start + row].decode()))
    return found


def _taken(axis: Units, chosen: Any) -> Units:
    return Units(axis.units[chosen], axis.negative[chosen])


def corners_of(texts: NDArray[np.bytes_], start: int = 0) -> Corners:
    """The corners of a block of codes; those of the caps are marked, what is no code raises."""
    view = np.ascontiguousarray(texts).view(np.uint8).reshape(len(texts), texts.itemsize)
    if texts.itemsize in LENGTHS and view[:, -1].all():
        corners = columns.of_texts(view, LENGTHS.index(texts.itemsize))
    else:
        corners = _of_lengths(view, texts.itemsize - (view[:, ::-1] != 0).argmax(axis=1))
    for row in corners.others:
        code = _validate(texts[row], start + int(row))
        corners.level[row] = level_of(code)
        if not caps.is_cap(code):
            place, pole = index.read(code).corner
            corners.lon.units[row], corners.lon.negative[row] = place
            corners.lat.units[row], corners.lat.negative[row] = pole
    return corners


def _of_lengths(view: _Bytes, lengths: NDArray[np.intp]) -> Corners:
    """The corners of codes of many lengths."""
    count = len(view)
    corners = columns.none(count)
    for length in np.unique(lengths).tolist():
        if length in LENGTHS:
            rows = np.flatnonzero(lengths == length)
            some = columns.of_texts(view[rows, :length], LENGTHS.index(length))
            for whole, part in zip(corners.fields, some.fields, strict=True):
                whole[rows] = part
    return corners


def _validate(code: bytes, row: int) -> str:
    try:
        return validate(code.decode("ascii", "replace"))
    except GridCodeError as error:
        raise type(error)(
            f"row {row}: {error.problem}", error.text, error.position, error.allowed, row
        ) from error
