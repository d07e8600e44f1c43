"""Columns of Arrow into a table by binary COPY (列式批量写入), with no loop over their rows.

pgpq writes the rows as PostgreSQL reads them. Each column has to be of the Arrow type that stands
for the PostgreSQL type of its column: `fitted` brings it there, `column_of` makes it of values.

>>> fitted(pa.array([1, None], pa.int8()), "integer").type
DataType(int32)
>>> column_of("jsonb", ['{"甲": 1}', None]).type
DataType(string)
>>> len(rows_of({"n": "bigint"}, {"n": pa.array([7])}))
35
>>> column_of("integer", ["x"])
Traceback (most recent call last):
pyarrow.lib.ArrowInvalid: Could not convert 'x' with type str: tried to convert to int32
"""

import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from pgpq import ArrowToPostgresBinaryEncoder
from pgpq.encoders import StringEncoderBuilder
from pgpq.schema import Jsonb
from sqlalchemy import Connection

from cim.database.numeric_wire import packed
from cim.database.sql import driver

_IN_FLIGHT = 1 << 22  # bytes; a kernel may allow less

# Geometries are WKB. What stands not here is text, a numeric too: no digit of
# one may be lost on the way.
_TYPES = {
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "double precision": pa.float64(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
    "bytea": pa.large_binary(),
    "geometry": pa.large_binary(),
}


def fitted(array: pa.Array, kind: str) -> pa.Array:
    """An array as a column of a PostgreSQL type takes it; a time zone stays as it is named."""
    wanted = _TYPES.get(kind, pa.string())
    if pa.types.is_timestamp(array.type):
        wanted = pa.timestamp("us", array.type.tz)
    if array.type == wanted:
        return array
    try:  # a part of a microsecond that is cut off is no error
        return array.cast(wanted, safe=not pa.types.is_temporal(array.type))
    except pa.ArrowNotImplementedError:
        return pa.array([None if value is None else str(value) for value in array.to_pylist()])


def column_of(kind: str, values: Sequence[Any]) -> pa.Array:
    """Python values for a column of a PostgreSQL type; JSON is text, and so is a numeric."""
    if kind == "numeric":
        values = [None if value is None else str(value) for value in values]
    return pa.array(values, _TYPES.get(kind, pa.string()))


def rows_of(kinds: Mapping[str, str], columns: Mapping[str, pa.Array]) -> bytes:
    """The rows of a binary COPY; `kinds` are the PostgreSQL types of the columns, in order."""
    batch = pa.RecordBatch.from_pydict(
        {name: _sent(columns[name], kind) for name, kind in kinds.items()}
    )
    encoders = {field.name: _encoder(field, kinds[field.name]) for field in batch.schema}
    encoder = ArrowToPostgresBinaryEncoder.new_with_encoders(batch.schema, encoders)
    return encoder.write_header() + encoder.write_batch(batch) + encoder.finish()


def _sent(column: pa.Array, kind: str) -> pa.Array:
    """A column as pgpq takes it, which knows no numeric: its bytes are made here."""
    if kind != "numeric":
        return column
    texts = column.to_pylist()
    return pa.array([None if text is None else packed(text) for text in texts], pa.large_binary())


def _encoder(field: pa.Field, kind: str) -> Any:
    if kind == "jsonb":
        return StringEncoderBuilder.new_with_output(field, Jsonb())
    return ArrowToPostgresBinaryEncoder.infer_encoder(field)


def widen(connection: Connection) -> None:
    """Let the kernel hold more of what is sent over a Unix socket, as it does over TCP by itself.

    While other threads work this one is often late to send the next 200 KB, and the server waits.
    """
    with socket.socket(fileno=os.dup(driver(connection).fileno())) as way:
        if way.family == socket.AF_UNIX:
            way.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _IN_FLIGHT)


def copy(connection: Connection, table: str, rows: bytes) -> None:
    """Send what `rows_of` gave."""
    statement = f"COPY {table} FROM STDIN (FORMAT binary)".encode()
    with driver(connection).cursor() as cursor, cursor.copy(statement) as out:
        out.write(rows)
