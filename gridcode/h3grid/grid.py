"""H3 cells as columns of numbers (整型网格运算).

Bits of an index, from the top: 1 zero, 4 of mode, 3 zero, 4 of level, 7 of base cell, then three
of each level 1 to 15, all ones below the cell's level.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import h3
import numpy as np
from numpy.typing import NDArray

from gridcode.errors import CodeError

__all__ = ["ancestors", "integers_of", "levels_of", "sizes", "texts_of"]

_Ints = NDArray[np.int64]
_LEVEL_AT, _BASE_AT, _MAX_LEVEL = 52, 45, 15


def integers_of(codes: NDArray[Any]) -> _Ints:
    """The cells of n codes; CodeError names the row of a bad one."""
    texts = [code.decode() if isinstance(code, bytes) else str(code) for code in codes.tolist()]
    for row, text in enumerate(texts):
        if not 15 <= len(text) <= 16 or not h3.is_valid_cell(text):
            raise CodeError(f"row {row} is no H3 cell", text, None, "a cell in hexadecimal", row)
    return np.fromiter((h3.str_to_int(text) for text in texts), np.int64, len(texts))


def texts_of(numbers: _Ints) -> NDArray[np.bytes_]:
    """The codes of n cells."""
    return np.array([f"{number:x}".encode() for number in numbers.tolist()], "S16")


def levels_of(numbers: _Ints) -> NDArray[np.int8]:
    """The levels of n cells."""
    return (numbers >> _LEVEL_AT & 15).astype(np.int8)


def ancestors(numbers: _Ints, level: int) -> _Ints:
    """The ancestor of each cell at a level; a cell that is not deeper stays what it is."""
    below = (1 << 3 * (_MAX_LEVEL - level)) - 1
    above = (numbers & ~(15 << _LEVEL_AT)) | level << _LEVEL_AT | below
    found: _Ints = np.where(levels_of(numbers) > level, above, numbers)
    return found


@cache
def _pentagons() -> _Ints:
    return np.array([h3.get_base_cell_number(cell) for cell in h3.get_pentagons(0)], np.int64)


def sizes(numbers: _Ints) -> _Ints:
    """Descendants of level 15 of each cell: those of the children add up to the cell's."""
    level = levels_of(numbers).astype(np.int64)
    full = 7 ** (_MAX_LEVEL - level)
    digits = numbers & ((1 << _BASE_AT) - 1)
    central = digits == (1 << 3 * (_MAX_LEVEL - level)) - 1
    pentagon = central & np.isin(numbers >> _BASE_AT & 127, _pentagons())
    found: _Ints = np.where(pentagon, 1 + 5 * (full - 1) // 6, full)
    return found
