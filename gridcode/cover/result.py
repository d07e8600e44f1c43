"""What a cover is given as (覆盖结果), and how many cells it may have."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["LIMIT", "MODES", "Cover", "Form", "Mode"]

LIMIT = 10_000_000
"""Cells of a call, unless the caller says otherwise."""
MODES = ("intersects", "center", "within")
Mode = Literal["intersects", "center", "within"]
Form = Literal["text", "int"]


class Cover(NamedTuple):
    """Cells of n geometries: offsets (n + 1,) int64, cells (m,) ASCII or int64.

    The cells of geometry i are ``cells[offsets[i]:offsets[i + 1]]``, as in an Arrow list column.
    """

    offsets: NDArray[np.int64]
    cells: NDArray[Any]
