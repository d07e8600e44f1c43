"""Tables of strangers read in pieces of constant size (外来表格): lines, Arrow IPC streams.

Arrow's buffers may lie about their sizes, and a compressed batch of a few kilobytes may unpack to
more than the memory: both are looked at before they are believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import IO, Any

import pyarrow as pa

from api.arrow_sizes import unpacked_size
from api.errors import BadTable

__all__ = ["arrow_batches", "arrow_stream", "line_blocks"]

_LINE = 1 << 20
_LINES = 1 << 25
_BATCH = 1 << 28


def line_blocks(source: IO[bytes], rows: int) -> Iterator[tuple[int, list[bytes]]]:
    """Lines that are not empty, so many at a time or fewer, with the number of the first from 1.

    BadTable where a line is longer than a MiB.
    """
    first, size, rest = 1, 0, b""
    waiting: list[bytes] = []
    for piece in chain(iter(lambda: source.read(_LINE), b""), [b"\n"]):
        *ended, rest = (rest + piece).split(b"\n")
        if len(rest) > _LINE:
            raise BadTable(f"a line is longer than {_LINE} bytes")
        waiting += filter(bytes.strip, ended)
        size += len(piece)
        while len(waiting) >= rows or (waiting and size > _LINES):
            yield first, waiting[:rows]
            first, size, waiting = first + rows, 0, waiting[rows:]
    if waiting:
        yield first, waiting


@contextmanager
def arrow_stream(source: IO[bytes]) -> Iterator[Any]:
    """A reader of an Arrow IPC stream none of whose batches is too large; BadTable."""
    try:
        _check_messages(source)
        with pa.ipc.open_stream(source) as reader:
            yield reader
    except pa.ArrowException as error:
        raise BadTable(f"it is not an Arrow IPC stream: {error}") from None


def _check_messages(source: IO[bytes]) -> None:
    start = source.tell()
    try:
        for message in pa.ipc.MessageReader.open_stream(pa.PythonFile(_Bounded(source), "r")):
            _check(unpacked_size(message))
    except OSError as error:
        raise BadTable(f"the Arrow IPC stream breaks off: {error}") from None
    except ValueError as error:
        raise BadTable(f"it is not an Arrow IPC stream: {error}") from None
    source.seek(start)


def arrow_batches(reader: Any) -> Iterator[pa.RecordBatch]:
    """The batches, each checked; BadTable where the stream breaks off."""
    try:
        for batch in reader:
            batch.validate(full=True)
            yield batch
    except OSError as error:
        raise BadTable(f"the Arrow IPC stream breaks off: {error}") from None


class _Bounded:
    """A file that does not give more at a time than a batch may have."""

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        _check(size)
        return self._file.read(size)

    def close(self) -> None:
        """Left to whoever has the file."""


def _check(size: int) -> None:
    if size > _BATCH:
        raise BadTable(f"an Arrow batch has {size:,} bytes; at most {_BATCH:,} are read at a time")
