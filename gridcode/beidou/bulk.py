"""Columns of points to columns of codes (批量编码): 1-D arrays in, fixed-width ASCII out.

The work is done in blocks that stay in the processor's cache, into one result; a block needs
about 1 MB whatever the length of the columns.  The scalar functions are the oracle.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridcode.beidou import caps
from gridcode.beidou.levels import BODY_END, LENGTHS
from gridcode.beidou.tables import CUT_BITS, LAT_HALF, LON_HALF, Words, text_tables
from gridcode.coordinates import LATITUDE, LONGITUDE, Angle, Units, units
from gridcode.errors import CoordinateError

__all__ = ["BLOCK", "blocks", "encode_bytes", "encode_units", "rows_in_caps"]

BLOCK = 1 << 14


def blocks(count: int) -> Iterator[slice]:
    """The slices of a column that are worked on at a time."""
    return (slice(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK))


def encode_bytes(lon: NDArray[Any], lat: NDArray[Any], level: int) -> NDArray[np.bytes_]:
    """Codes of n points in degrees: an array (n,) of ``S{length of the level}``."""
    if lon.shape != lat.shape or lon.ndim != 1:
        raise CoordinateError(
            f"longitudes {lon.shape} and latitudes {lat.shape} do not pair",
            allowed="two columns of one length",
        )
    width = LENGTHS[level]
    codes = np.empty((len(lon), width), np.uint8)
    for rows in blocks(len(lon)):
        x = units(lon[rows], LONGITUDE, rows.start)
        y = units(lat[rows], LATITUDE, rows.start)
        encode_units(x, y, codes[rows])
        for row in rows_in_caps(y):
            place = Angle(int(x.units[row]), bool(x.negative[row]))
            pole = Angle(int(y.units[row]), bool(y.negative[row]))
            text = caps.write(place, pole, level)
            codes[rows.start + row] = np.frombuffer(text.encode(), np.uint8)
    return codes.reshape(-1).view(f"S{width}")


def rows_in_caps(lat: Units) -> NDArray[np.intp]:
    """Rows whose latitude is 88 degrees or more."""
    if not lat.units.size or lat.units.max() < BODY_END:
        return np.empty(0, np.intp)
    return np.flatnonzero(lat.units >= BODY_END)


def encode_units(lon: Units, lat: Units, out: NDArray[np.uint8]) -> None:
    """Write the codes of a block, one row of bytes each; rows in the caps are left as rubbish."""
    width = out.shape[1]
    table_x, table_y = text_tables()
    high_x, low_x = _places(lon, LON_HALF)
    high_y, low_y = _places(lat, LAT_HALF)
    words: Words = np.empty((len(high_x), (width + 7) // 8), np.dtype("<u8"))
    for number in range(words.shape[1]):
        word = table_x.high[number].take(high_x)
        word += table_y.high[number].take(high_y)
        if number:  # the first word ends before level 6
            word += table_x.low[number].take(low_x)
            word += table_y.low[number].take(low_y)
        words[:, number] = word
    out[:] = words.view(np.uint8)[:, :width]


def _places(found: Units, half: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the angles stand in the high and the low half of a table."""
    high = np.minimum(found.units >> CUT_BITS, half)
    high += half * found.negative
    return high, found.units & ((1 << CUT_BITS) - 1)
