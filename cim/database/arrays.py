"""Columns to PostgreSQL and back as arrays in its binary form (二进制数组).

A block of texts goes as one `text[]`, and each column that comes back is one array, sent by
`array_send(array_agg(…))`: no row becomes a Python object on either way.

>>> sent = text_array(pa.array(["42", "4206"], pa.large_string()))
>>> sent[20:]
b'\\x00\\x00\\x00\\x0242\\x00\\x00\\x00\\x044206'
>>> texts(text_array(pa.array(["420606", "420602"], pa.large_string())), 6).tolist()
[b'420606', b'420602']
>>> integers(None).tolist()
[]
"""

import struct
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format
from sqlalchemy import Connection

from cim.database.sql import driver
from cim.text_columns import Ints, memory

__all__ = ["TextArray", "columns", "integers", "text_array", "texts"]

_HEAD = struct.Struct(">iiiii")  # dimensions, whether there are nulls, type, length, first index
_TEXT, _TEXTS = 25, 1009  # OIDs of text and text[]
_BINARY = pa.large_binary()


class TextArray(bytes):
    """A `text[]` in binary form, to be a parameter of `columns`."""


class _Dumper(Dumper):
    oid = _TEXTS
    format = Format.BINARY

    def dump(self, obj: TextArray) -> Buffer:
        return obj


def text_array(column: pa.LargeStringArray) -> TextArray:
    """The array of a column of texts without nulls."""
    count = len(column)
    lengths = pa.py_buffer(memory(column).lengths.astype(">i4"))
    before = pa.Array.from_buffers(pa.binary(4), count, [None, lengths]).cast(_BINARY)
    joined = pc.binary_join_element_wise(before, column.cast(_BINARY), pa.scalar(b"", _BINARY))
    return TextArray(_HEAD.pack(1, 0, _TEXT, count, 1) + memory(joined).data.tobytes())


def columns(connection: Connection, sql: str, *values: Any) -> list[bytes | None]:
    """The arrays of a statement whose one row is made by `array_send`."""
    with psycopg.RawCursor(driver(connection)) as cursor:
        cursor.adapters.register_dumper(TextArray, _Dumper)
        cursor.execute(sql.encode(), values, binary=True)
        (row,) = cursor.fetchall()
        return list(row)


def integers(sent: bytes | None) -> Ints:
    """The numbers of an `int[]` without nulls; none of null, which `array_agg` gives of no rows."""
    return _elements(sent, ">i4").astype(np.int64)


def texts(sent: bytes | None, width: int) -> NDArray[np.bytes_]:
    """The texts of a `text[]` without nulls, all of one width in bytes."""
    return _elements(sent, f"S{width}")


def _elements(sent: bytes | None, kind: str) -> NDArray[Any]:
    if sent is None:
        return np.empty(0, kind)
    element = np.dtype([("length", ">i4"), ("value", kind)])
    found: NDArray[Any] = np.frombuffer(sent, element, offset=_HEAD.size)["value"]
    return found
