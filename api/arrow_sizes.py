"""How large an Arrow IPC message becomes when it is read (Arrow 消息大小), without reading it.

A compressed buffer begins with its unpacked length, eight bytes. Where the buffers lie in the body
is told by the metadata, a flatbuffer (Message.fbs and Schema.fbs of the Arrow format).

>>> import io
>>> import pyarrow as pa
>>> table, packed = pa.table({"a": [0] * 1000}), pa.ipc.IpcWriteOptions(compression="zstd")
>>> with pa.ipc.new_stream(sent := io.BytesIO(), table.schema, options=packed) as writer:
...     writer.write_table(table)
>>> [unpacked_size(each) for each in pa.ipc.MessageReader.open_stream(sent.getvalue())]
[0, 8000]
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

__all__ = ["unpacked_size"]

# Kinds of message, and places of fields, in the order of the format's tables.
_DICTIONARY, _BATCH = 2, 3
_KIND, _HEADER = 1, 2
_DATA = 1
_BUFFERS, _COMPRESSION = 2, 3


def unpacked_size(message: Any) -> int:
    """Bytes of all buffers of a message; ValueError where the metadata makes no sense."""
    try:
        return sum(_sizes(message.metadata.to_pybytes(), memoryview(message.body or b"")))
    except struct.error as error:
        raise ValueError(f"metadata that makes no sense: {error}") from None


def _sizes(metadata: bytes, body: memoryview) -> Iterator[int]:
    message = _follow(metadata, 0)
    kind = _field(metadata, message, _KIND)
    if not kind or metadata[kind] not in {_DICTIONARY, _BATCH}:
        return
    batch = _table(metadata, message, _HEADER)
    if metadata[kind] == _DICTIONARY:
        batch = _table(metadata, batch, _DATA)
    packed = _field(metadata, batch, _COMPRESSION)
    buffers = _table(metadata, batch, _BUFFERS)
    (count,) = struct.unpack_from("<I", metadata, buffers)
    for place in range(buffers + 4, buffers + 4 + 16 * count, 16):
        offset, length = struct.unpack_from("<qq", metadata, place)
        if packed and length:
            length = max(length, *struct.unpack_from("<q", body, offset))
        yield length


def _table(metadata: bytes, table: int, field: int) -> int:
    return _follow(metadata, _field(metadata, table, field))


def _follow(metadata: bytes, place: int) -> int:
    return place + int(struct.unpack_from("<I", metadata, place)[0])


def _field(metadata: bytes, table: int, field: int) -> int:
    """Where a field of a table stands; 0 where the table does not have it."""
    vtable = table - int(struct.unpack_from("<i", metadata, table)[0])
    size, slot = struct.unpack_from("<H", metadata, vtable)[0], 4 + 2 * field
    offset = struct.unpack_from("<H", metadata, vtable + slot)[0] if slot < size else 0
    return table + int(offset) if offset else 0
