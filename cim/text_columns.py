"""Columns of texts (文本列) of Arrow, pandas or numpy, and their memory as numpy arrays.

>>> texts = memory(to_arrow(["42", None, "4206"]))
>>> texts.lengths.tolist(), texts.null.tolist(), texts.text(2)
([2, 0, 4], [False, True, False], '4206')
>>> texts.characters(np.array([2, 2]), 4).tolist()
[[52, 52], [50, 50], [48, 48], [54, 54]]
>>> to_arrow([42])
Traceback (most recent call last):
    ...
TypeError: a column of codes is text, not int64
"""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["Bytes", "Ints", "Mask", "TextColumn", "memory", "to_arrow"]

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class TextColumn(NamedTuple):
    """The memory of an Arrow text column: where each row begins, all bytes, which are null."""

    offsets: Ints
    data: Bytes
    null: Mask

    @property
    def lengths(self) -> Ints:
        """Bytes of each row."""
        return np.diff(self.offsets)

    def text(self, row: int) -> str:
        return bytes(self.data[self.offsets[row] : self.offsets[row + 1]]).decode()

    def array(self) -> pa.LargeStringArray:
        """The column as an Arrow array over the same memory."""
        valid = np.packbits(~self.null, bitorder="little")
        buffers = [pa.py_buffer(part) for part in (valid, self.offsets, self.data)]
        return pa.Array.from_buffers(pa.large_string(), len(self.null), buffers)

    def characters(self, rows: Ints, length: int) -> Bytes:
        """The bytes of some rows of one length: all first ones, all second ones and so on."""
        if not len(rows):
            return np.empty((length, 0), np.uint8)
        windows = len(self.data) - length + 1
        window = np.ndarray(windows, f"V{length}", self.data, strides=(1,))
        texts = window[self.offsets[rows]].view(np.uint8).reshape(-1, length)
        return np.ascontiguousarray(texts.T)


def to_arrow(column: Any) -> pa.LargeStringArray:
    """The column as one Arrow array; TypeError when it is not text."""
    array = column if isinstance(column, pa.ChunkedArray) else pa.array(column, from_pandas=True)
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    if not any(is_text(kind) for is_text in (*texts, pa.types.is_null)):
        raise TypeError(f"a column of codes is text, not {kind}")
    array = array.cast(pa.large_string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def memory(array: pa.LargeStringArray) -> TextColumn:
    """What is in the buffers of an array, without a copy of the texts; offsets are from 0."""
    _, offsets, data = array.buffers()
    rows = slice(array.offset, array.offset + len(array) + 1)
    starts = np.frombuffer(offsets, np.int64)[rows] if len(array) else np.zeros(1, np.int64)
    content = np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8)
    null = array.is_null().to_numpy(zero_copy_only=False)
    return TextColumn(starts - starts[0], content[starts[0] : starts[-1]], null)
