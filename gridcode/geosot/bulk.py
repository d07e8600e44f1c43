"""Columns of points, texts and numbers (批量编码): the scalar functions are the oracle.

Work is done in blocks that stay in the processor's cache, so that beside the result a block needs
about 2 MB whatever the length of the columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridcode.coordinates import LATITUDE, LONGITUDE, UNITS_PER_DEGREE, Angle, units
from gridcode.errors import CoordinateError, GridCodeError
from gridcode.geosot import caps
from gridcode.geosot.fields import SIGN, interleave, pack, separate, unpack
from gridcode.geosot.index import punctuate
from gridcode.geosot.integers import join_many, split_many
from gridcode.geosot.levels import CAP_LEVEL, CAP_START, MAX_LEVEL
from gridcode.geosot.text import index_of
from gridcode.table import ascii_of

__all__ = [
    "blocks",
    "digits_of",
    "encode_bytes",
    "encode_integers",
    "integers_of",
    "plain_sides",
    "texts_of",
]

_BLOCK = 1 << 14
_Morton = NDArray[np.uint64]


def blocks(count: int) -> Iterator[slice]:
    return (slice(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK))


def encode_integers(lon: NDArray[Any], lat: NDArray[Any], level: int) -> NDArray[np.int64]:
    """Numbers of the cells that own n points in degrees: (n,) int64."""
    found = np.empty(_paired(lon, lat), np.int64)
    for rows in blocks(len(found)):
        found[rows] = join_many(_morton(lon[rows], lat[rows], level, rows.start), level)
    return found


def encode_bytes(lon: NDArray[Any], lat: NDArray[Any], level: int) -> NDArray[np.bytes_]:
    """Printed codes of n points in degrees: (n,) ASCII of fixed width."""
    found = np.empty(_paired(lon, lat), f"S{_width(level)}")
    for rows in blocks(len(found)):
        _print(_morton(lon[rows], lat[rows], level, rows.start), level, found[rows])
    return found


def _paired(lon: NDArray[Any], lat: NDArray[Any]) -> int:
    if lon.shape != lat.shape or lon.ndim != 1:
        raise CoordinateError(
            f"longitudes {lon.shape} and latitudes {lat.shape} do not pair",
            allowed="two columns of one length",
        )
    return len(lon)


def _morton(lon: NDArray[Any], lat: NDArray[Any], level: int, start: int) -> _Morton:
    """Morton bits of a block; the caps are mended one by one."""
    x, y = units(lon, LONGITUDE, start), units(lat, LATITUDE, start)
    words = [
        pack(axis.units).astype(np.uint64) | axis.negative.astype(np.uint64) << np.uint64(31)
        for axis in (x, y)
    ]
    morton: _Morton = interleave(*words) & np.uint64((1 << 64) - (1 << 64 - 2 * level))
    if level >= CAP_LEVEL and y.units.size and y.units.max() >= CAP_START:
        for row in np.flatnonzero(y.units >= CAP_START):
            place = Angle(int(x.units[row]), bool(x.negative[row]))
            pole = Angle(int(y.units[row]), bool(y.negative[row]))
            morton[row] = index_of(caps.write(place, pole, level)).morton
    return morton


def _width(level: int) -> int:
    return len(_template(level))


@cache
def _template(level: int) -> bytes:
    """The printed form with 0 for all digits."""
    return ("G" + punctuate("0" * level)).encode()


@cache
def _columns(template: bytes) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """Where the digits of a text stand, and all but the digits."""
    text = np.frombuffer(template, np.uint8)
    return np.flatnonzero(text == ord("0")), text


@cache
def _quads() -> NDArray[np.uint32]:
    """The four digits of each byte, as four characters in one word."""
    byte = np.arange(256)[:, None]
    digits = (byte >> np.array([6, 4, 2, 0]) & 3) + ord("0")
    words: NDArray[np.uint32] = digits.astype(np.uint8).view(np.uint32).ravel()
    return words


def digits_of(morton: _Morton, level: int) -> NDArray[np.uint8]:
    """The digits of n cells of one level as characters, (n, level)."""
    digits = _quads()[morton.astype(">u8").view(np.uint8)].view(np.uint8)
    return digits.reshape(len(morton), MAX_LEVEL)[:, :level]


def _print(morton: _Morton, level: int, out: NDArray[np.bytes_]) -> None:
    places, text = _columns(_template(level))
    view = out.view(np.uint8).reshape(len(out), out.itemsize)
    view[:, : len(text)] = text
    if level:
        view[:, places] = digits_of(morton, level)


def texts_of(numbers: NDArray[np.int64]) -> NDArray[np.bytes_]:
    """Printed codes of n numbers, of one or of many levels, as wide as the deepest needs."""
    morton, level = split_many(numbers)
    kinds = np.unique(level)
    found = np.zeros(len(numbers), f"S{_width(int(kinds[-1])) if len(kinds) else 1}")
    for kind in kinds:
        for rows in blocks(len(numbers)):
            chosen = np.flatnonzero(level[rows] == kind) + rows.start
            some = np.zeros(len(chosen), found.dtype)
            _print(morton[chosen], int(kind), some)
            found[chosen] = some
    return found


def integers_of(codes: NDArray[Any]) -> NDArray[np.int64]:
    """Numbers of n codes, with or without separators; the error of a bad one names its row."""
    texts = ascii_of(codes)
    found = np.empty(len(texts), np.int64)
    for rows in blocks(len(texts)):
        found[rows] = _read(np.ascontiguousarray(texts[rows]), rows.start)
    return found


def _read(texts: NDArray[np.bytes_], start: int) -> NDArray[np.int64]:
    """A block: by plain arithmetic where the texts are canonical, else one by one."""
    view = texts.view(np.uint8).reshape(len(texts), texts.itemsize)
    lengths = texts.itemsize - (view[:, ::-1] != 0).argmax(axis=1)
    numbers = np.zeros(len(texts), np.int64)
    done = np.zeros(len(texts), np.bool_)
    for length in np.unique(lengths):
        for template in _templates(int(length)):
            rows = np.flatnonzero((lengths == length) & ~done)
            numbers[rows], done[rows] = _read_written(view[rows], template)
    for row in np.flatnonzero(~done):
        numbers[row] = _read_one(texts[row], start + int(row))
    return numbers


@cache
def _templates(width: int) -> list[bytes]:
    """What a text of a width may look like: printed, or without separators."""
    printed = [_template(level) for level in range(1, MAX_LEVEL + 1) if _width(level) == width]
    plain = [b"G" + b"0" * (width - 1)] if 2 <= width <= MAX_LEVEL + 1 else []
    return list(dict.fromkeys(printed + plain))


def _read_written(view: NDArray[np.uint8], template: bytes) -> tuple[NDArray[np.int64], Any]:
    """Numbers of texts, and which of them are real body cells written like the template."""
    places, text = _columns(template)
    level = len(places)
    marks = np.setdiff1d(np.arange(len(text)), places)
    digits = view[:, places] - np.uint8(ord("0"))
    good = (digits < 4).all(axis=1) & (view[:, marks] == text[marks]).all(axis=1)
    morton = np.zeros(len(view), np.uint64)
    for step in range(level):
        morton |= digits[:, step].astype(np.uint64) << np.uint64(62 - 2 * step)
    numbers = join_many(morton, level)
    west, south, east, north = plain_sides(morton, np.full(len(view), level, np.int8))
    good &= (west < east) & (south < north)
    if level >= CAP_LEVEL:
        good &= (north <= CAP_START) & (south >= -CAP_START)
    return numbers, good


def _read_one(code: bytes, row: int) -> int:
    try:
        index = index_of(code.decode("ascii", "replace"))
    except GridCodeError as error:
        raise type(error)(
            f"row {row}: {error.problem}", error.text, error.position, error.allowed, row
        ) from error
    return int(join_many(np.array([index.morton], np.uint64), index.level)[0])


def plain_sides(morton: _Morton, level: NDArray[np.int8]) -> tuple[NDArray[np.int64], ...]:
    lon, lat = separate(morton)
    west, east = _axis_sides(lon, level, 180 * UNITS_PER_DEGREE)
    south, north = _axis_sides(lat, level, 90 * UNITS_PER_DEGREE)
    return west, south, east, north


def _axis_sides(
    word: _Morton, level: NDArray[np.int8], limit: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    signed = word.astype(np.int64)
    size = signed & ~SIGN
    near = np.minimum(unpack(size), limit)
    far = np.minimum(unpack(size + (np.int64(1) << 32 - level.astype(np.int64))), limit)
    negative = (signed & SIGN) != 0
    low, high = np.where(negative, -far, near), np.where(negative, -near, far)
    low[level == 0], high[level == 0] = -limit, limit
    return low, high
