"""Adds to a table that passes by what its codes name (整表解析): CSV and Arrow.

Rows come out as they came in and in their order, with the columns of `cim.resolve_bulk.FIELDS`
after their own.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from api import tables
from api.errors import BadRow, BadTable, TooManyRows
from cim.resolve_bulk import BLOCK, FIELDS
from cim.text_columns import memory

__all__ = ["Counts", "Names", "Resolve", "add_to_arrow", "add_to_batches", "add_to_csv", "counted"]

MAX_ROWS = 10_000_000
_BLOCK_BYTES = 1 << 26
_READ = 1 << 20
_HEADER = 1 << 16

Resolve = Callable[[Iterable[tuple[Any, Any]]], Iterator[tuple[Any, pa.RecordBatch]]]
"""Of columns, each with what belongs to it, the latter and what the codes name, in their order."""

Counts = Counter[str]
"""Rows of each status."""


@dataclass(frozen=True, slots=True)
class Names:
    """Which column has the codes, and what the names of the new ones begin with."""

    column: str = "code"
    prefix: str = ""

    @property
    def added(self) -> list[str]:
        return [self.prefix + name for name in FIELDS.names]

    def check(self, names: Sequence[str]) -> int:
        """Where the codes are; BadTable where they are not there, or a new name is."""
        self.check_new(names)
        if names.count(self.column) != 1:
            there = "is there twice" if self.column in names else f"is not among {', '.join(names)}"
            raise BadTable(f"the column {self.column!r} {there}; column= names another")
        return names.index(self.column)

    def check_new(self, names: Iterable[str]) -> None:
        """BadTable where a new column has the name of an old one."""
        for name in set(self.added).intersection(names):
            raise BadTable(f"there is a column {name!r} already; prefix= renames the new ones")


def counted(
    answers: Iterable[tuple[Any, pa.RecordBatch]], counts: Counts
) -> Iterator[tuple[Any, pa.RecordBatch]]:
    """The answers, their rows counted; TooManyRows."""
    for kept, told in answers:
        for each in told.column("status").value_counts().to_pylist():
            counts[each["values"]] += each["counts"]
        if counts.total() > MAX_ROWS:
            raise TooManyRows(MAX_ROWS)
        yield kept, told


def add_to_arrow(source: IO[bytes], target: IO[bytes], names: Names, resolve: Resolve) -> Counts:
    """An Arrow IPC stream; other columns pass without a copy."""
    with tables.arrow_stream(source) as reader:
        schema = extended(reader.schema, names)
        with pa.ipc.new_stream(target, schema) as writer:
            batches = tables.arrow_batches(reader)
            return add_to_batches(batches, writer.write_batch, schema, names, resolve)


def extended(schema: pa.Schema, names: Names) -> pa.Schema:
    """The schema with the new columns; BadTable where the codes are no text."""
    kind = schema.field(names.check(schema.names)).type
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not any(is_text(inner) for is_text in (*texts, pa.types.is_null)):
        raise BadTable(f"the column {names.column!r} is {kind}; codes are text")
    for name, field in zip(names.added, FIELDS, strict=True):
        schema = schema.append(field.with_name(name))
    return schema


def add_to_batches(
    batches: Iterable[pa.RecordBatch],
    write: Callable[[pa.RecordBatch], None],
    schema: pa.Schema,
    names: Names,
    resolve: Resolve,
) -> Counts:
    """Batches of whatever size, each written with the new columns."""
    counts: Counts = Counter()
    blocks = ((batch, batch.column(names.column)) for batch in blocks_of(batches))
    for batch, told in counted(resolve(blocks), counts):
        write(pa.RecordBatch.from_arrays([*batch.columns, *told.columns], schema=schema))
    return counts


def blocks_of(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of `BLOCK`, fewer where they are large."""
    waiting: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        for piece in _pieces(batch):
            rows, size = rows + piece.num_rows, size + piece.nbytes
            if waiting and (rows > BLOCK or size > _BLOCK_BYTES):
                yield pa.concat_batches(waiting)
                waiting, rows, size = [], piece.num_rows, piece.nbytes
            waiting.append(piece)
    if waiting:
        yield pa.concat_batches(waiting)


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    fitting = batch.num_rows * _BLOCK_BYTES // max(batch.nbytes, 1)
    step = max(min(BLOCK, fitting), 1)
    return (batch.slice(start, step) for start in range(0, batch.num_rows, step))


def add_to_csv(source: IO[bytes], target: IO[bytes], names: Names, resolve: Resolve) -> Counts:
    """UTF-8 with a header line; every other text stays as it is, quotes where they are needed."""
    header = _header(source)
    at = names.check(header)
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow([*header, *names.added])
    target.write(written.getvalue().encode())
    counts: Counts = Counter()
    blocks = ((batch, batch.column(at)) for batch in blocks_of(_csv_batches(source, len(header))))
    for batch, told in counted(resolve(blocks), counts):
        target.write(_csv_lines([*batch.columns, *told.columns]))
    return counts


def _header(source: IO[bytes]) -> list[str]:
    """The names of the columns; the rows are left to be read."""

    def texts() -> Iterator[str]:
        encoding = "utf-8-sig"
        while line := source.readline(_HEADER + 1):
            if len(line) > _HEADER:
                raise BadTable(f"the header is longer than {_HEADER} bytes")
            yield line.decode(encoding)
            encoding = "utf-8"

    try:
        return next(csv.reader(texts(), strict=True), [])
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadTable(f"it is not CSV in UTF-8: {error}") from None


def _csv_batches(source: IO[bytes], width: int) -> Iterator[pa.RecordBatch]:
    """The rows, all columns as text; an empty field is null."""
    columns = [str(number) for number in range(width)]
    start = source.tell()
    if not source.read(1):
        return
    source.seek(start)
    ended = _Ended(source, width)
    try:
        with arrow_csv.open_csv(
            pa.PythonFile(ended, "r"),
            arrow_csv.ReadOptions(use_threads=False, block_size=_READ, column_names=columns),
            arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=width > 1),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
        ) as reader:
            yield from ended.without_end(reader)
    except pa.ArrowException as error:
        raise _refused(str(error), width) from None


class _Ended:
    """A file of CSV with one more row at its end, of a mark in each field.

    Arrow takes a file that ends within quotes for a whole one. Then the row is in the quotes too.
    """

    closed = False
    _MARK = "0"

    def __init__(self, file: IO[bytes], width: int) -> None:
        self._file, self._last = file, b"\n"
        self._row: bytes | None = ",".join([self._MARK] * width).encode() + b"\n"

    def read(self, size: int) -> bytes:
        """Up to so many bytes; the row comes with the last of the file, no block of its own."""
        if self._row is None:
            return b""
        room = max(size - len(self._row) - 1, 1)
        found = self._file.read(room)
        self._last = found[-1:] or self._last
        if len(found) < room:
            found += b"" if self._last in b"\r\n" else b"\n"
            found, self._row = found + self._row, None
        return found

    def close(self) -> None:
        """Left to whoever has the file."""

    def without_end(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The rows before the one that was added; BadTable where that is not there."""
        before: pa.RecordBatch | None = None
        for batch in batches:
            if batch.num_rows:
                if before is not None:
                    yield before
                before = batch
        last = before.slice(before.num_rows - 1).to_pylist() if before is not None else []
        if before is None or any(text != self._MARK for text in last[0].values()):
            raise BadTable("it ends within quotes: the rest of it did not come")
        yield before.slice(0, before.num_rows - 1)


def _refused(words: str, width: int) -> Exception:
    if "straddling" in words:
        return BadTable(f"a row is longer than {_READ} bytes, or its quotes are not closed")
    ragged = re.search(r"Row #(\d+): Expected \d+ columns, got (\d+)", words)
    if ragged is None:
        return BadTable(f"it is not CSV in UTF-8: {words}")
    row, found = map(int, ragged.groups())
    return BadRow(row, f"it has {found} fields, the header has {width}")


def _csv_lines(columns: Iterable[pa.Array]) -> pa.Buffer:
    fields = [_csv_field(column) for column in columns]
    rows = pc.binary_join_element_wise(*fields, _text(","))
    return memory(pc.binary_join_element_wise(rows, _text(""), _text("\n"))).data


def _csv_field(column: pa.Array) -> pa.LargeStringArray:
    """Texts in quotes where they need them, lists with spaces between, nothing for null."""
    if pa.types.is_list(column.type):
        column = pc.binary_join(column, " ")
    texts = pc.fill_null(column.cast(pa.large_string()), "")
    special = pc.match_substring_regex(texts, '[,"\r\n]')
    if not pc.any(special).as_py():
        return texts
    doubled = pc.replace_substring(texts, '"', '""')
    quoted = pc.binary_join_element_wise(_text('"'), doubled, _text('"'), _text(""))
    return pc.if_else(special, quoted, texts)


def _text(words: str) -> pa.Scalar:
    return pa.scalar(words, pa.large_string())
