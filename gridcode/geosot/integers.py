"""A cell as one 64-bit number (整型编码): for indexes, joins and Arrow columns.

The Morton bits of the cell, without the one that is always 0, the 128-degree bit of latitude; then
a single 1, which marks where the cell ends and so keeps the level; then zeros.  2^63 is taken off,
so that signed numbers (PostgreSQL's bigint, int64) stand in the order of the codes: the northern
hemisphere is negative, the whole earth is 0, the south is positive.  A cell and all its
descendants are one range, `span`.

The same bits without the marker, with the level beside them, are the decimal form that products
print as ``412869894958481408-23``; see `gridcode.geosot.text`.

Python integers and numpy arrays (morton uint64, numbers int64) alike.

>>> join(412869894958481408, 23)
-8397632246937550848
>>> split(-8397632246937550848)
(412869894958481408, 23)
>>> span(0)
(-9223372036854775807, 9223372036854775807)
>>> split(-9223372036854775808)
Traceback (most recent call last):
...
gridcode.errors.CodeError: this number is no cell in '-9223372036854775808'; \
allowed: a GeoSOT cell of level 0 to 32
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridcode.errors import CodeError
from gridcode.geosot.levels import MAX_LEVEL

__all__ = ["join", "join_many", "span", "span_many", "split", "split_many"]

_ALLOWED = "a GeoSOT cell of level 0 to 32"
_TOP = 1 << 63
_HEAD = 3 << 62
_TAIL = (1 << 61) - 1
_MARK = (63, 61, *(64 - 2 * level for level in range(2, MAX_LEVEL + 1)))
"""Which bit is the marker, by level."""
_LEVEL = np.full(65, -1, np.int8)
_LEVEL[list(_MARK)] = np.arange(MAX_LEVEL + 1)


def _squeeze(morton: Any) -> Any:
    return morton & _HEAD | (morton & _TAIL) << 1


def _widen(bits: Any) -> Any:
    return bits & _HEAD | (bits & (_HEAD ^ (_HEAD | _TAIL << 1))) >> 1


def join(morton: int, level: int) -> int:
    """The number of a cell: its Morton bits, left-aligned in 64, and its level."""
    return int((_squeeze(morton) | 1 << _MARK[level]) - _TOP)


def split(number: int) -> tuple[int, int]:
    """(morton, level) of a number; CodeError if it has no marker where one can be."""
    bits = number + _TOP
    mark = (bits & -bits).bit_length() - 1
    if not 0 < bits < 2 * _TOP or mark not in _MARK:
        raise CodeError("this number is no cell", str(number), None, _ALLOWED)
    return _widen(bits ^ 1 << mark), _MARK.index(mark)


def span(number: int) -> tuple[int, int]:
    """The first and the last number of a cell and its descendants."""
    split(number)
    bits = number + _TOP
    below = (bits & -bits) - 1
    return number - below, number + below


def join_many(morton: NDArray[np.uint64], level: int | NDArray[np.integer]) -> NDArray[np.int64]:
    """`join` of n cells, of one level or of n levels."""
    mark = np.uint64(1) << np.array(_MARK, np.uint64)[level]
    bits: NDArray[np.uint64] = (_squeeze(morton) | mark) ^ np.uint64(_TOP)
    return bits.view(np.int64)


def split_many(numbers: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int8]]:
    """`split` of n numbers; CodeError names the first row that is no cell."""
    bits = numbers.view(np.uint64) ^ np.uint64(_TOP)
    mark = bits & -bits
    level = _LEVEL[np.where(bits == 0, 64, np.frexp(mark.astype(np.float64))[1] - 1)]
    if level.size and level.min() < 0:
        row = int(np.argmin(level))
        raise CodeError(f"row {row} is no cell", str(numbers[row]), None, _ALLOWED, row)
    return _widen(bits ^ mark), level


def span_many(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """`span` of n numbers."""
    bits = numbers.view(np.uint64) ^ np.uint64(_TOP)
    below = ((bits & -bits) - np.uint64(1)).view(np.int64)
    return numbers - below, numbers + below
