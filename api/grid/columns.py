"""Adds a column of codes to a table that passes by (编码列): CSV, NDJSON, Arrow IPC stream.

Rows come out as they came in and in their order, with one column more, in blocks of constant size.
The place of a row stands in two columns of degrees. Numbers are read as doubles; a text that is no
number is read exactly, as 112°8'24"E. The first row without a place ends it with its number.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from api import tables
from api.errors import BadRow, BadTable
from api.grid.systems import GridSystem
from gridcode.errors import GridCodeError
from gridcode.table import to_arrow

BLOCK = 16_384


@dataclass(frozen=True, slots=True)
class Coding:
    """Which codes, of the places in which columns, go into a column of which name."""

    grid: GridSystem
    level: int
    lon: str = "lon"
    lat: str = "lat"
    column: str = "code"

    def check(self, names: Sequence[str], places: Sequence[str] | None = None) -> None:
        """BadTable where a column of places is not there, or the new one is there already."""
        for name in places if places is not None else (self.lon, self.lat):
            if names.count(name) != 1:
                there = "is there twice" if name in names else f"is not among {', '.join(names)}"
                raise BadTable(f"the column {name!r} {there}")
        if self.column in names:
            raise BadTable(f"there is a column {self.column!r} already; name another for the codes")

    def codes(self, lon: NDArray[Any], lat: NDArray[Any], first: int) -> NDArray[np.bytes_]:
        """The codes of a block whose first row has this number; BadRow names a row."""
        if not len(lon):
            return np.empty(0, "S1")
        try:
            found: NDArray[np.bytes_] = self.grid.module.encode(lon, lat, self.level)
        except GridCodeError:
            raise self._worst(lon, lat, first) from None
        return found

    def _worst(self, lon: NDArray[Any], lat: NDArray[Any], first: int) -> Exception:
        for row, place in enumerate(zip(lon.tolist(), lat.tolist(), strict=True), first):
            try:
                self.grid.module.encode(*place, self.level)
            except GridCodeError as error:
                return BadRow(row, str(error))
        raise AssertionError("a block is refused, and none of its rows")


Adder = Callable[[IO[bytes], IO[bytes], Coding], None]


def add_to_csv(source: IO[bytes], target: IO[bytes], coding: Coding) -> None:
    """UTF-8 with a header line; every other text stays as it is, quotes where they are needed."""
    reading = io.TextIOWrapper(source, "utf-8-sig", newline="")
    writing = io.TextIOWrapper(target, "utf-8", newline="", write_through=True)
    try:
        rows = csv.reader(reading, strict=True)
        header = next(rows, [])
        coding.check(header)
        out = csv.writer(writing, lineterminator="\n")
        out.writerow([*header, coding.column])
        at = header.index(coding.lon), header.index(coding.lat)
        for first, block in _blocks(rows):
            _check_widths(block, len(header), first)
            lon, lat = (as_places([row[place] for row in block]) for place in at)
            codes = coding.codes(lon, lat, first).astype(str).tolist()
            out.writerows([*row, code] for row, code in zip(block, codes, strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadTable(f"it is not CSV in UTF-8: {error}") from None
    finally:
        for wrapper in (reading, writing):
            wrapper.detach()


def add_to_ndjson(source: IO[bytes], target: IO[bytes], coding: Coding) -> None:
    """One JSON object a line, in UTF-8; empty lines are passed over."""
    for first, block in tables.line_blocks(source, BLOCK):
        rows = [_object(line, first + n) for n, line in enumerate(block)]
        for n, row in enumerate(rows):
            try:
                coding.check(list(row))
            except BadTable as error:
                raise BadRow(first + n, str(error)) from None
        lon, lat = (as_places([row[name] for row in rows]) for name in (coding.lon, coding.lat))
        codes = coding.codes(lon, lat, first).astype(str).tolist()
        target.writelines(
            orjson.dumps({**row, coding.column: code}, option=orjson.OPT_APPEND_NEWLINE)
            for row, code in zip(rows, codes, strict=True)
        )


def add_to_arrow(source: IO[bytes], target: IO[bytes], coding: Coding) -> None:
    """An Arrow IPC stream; other columns pass without a copy."""
    with tables.arrow_stream(source) as reader:
        schema = reader.schema.append(pa.field(coding.column, pa.string()))
        coding.check(reader.schema.names)
        with pa.ipc.new_stream(target, schema) as writer:
            first = 1
            for batch in tables.arrow_batches(reader):
                codes = codes_of_columns(batch, coding, first)
                writer.write_batch(with_column(batch, codes, schema))
                first += batch.num_rows


def codes_of_columns(batch: pa.RecordBatch, coding: Coding, first: int) -> NDArray[np.bytes_]:
    """The codes of two columns of degrees."""
    lon, lat = (_degrees(batch.column(name)) for name in (coding.lon, coding.lat))
    return coding.codes(lon, lat, first)


def with_column(
    batch: pa.RecordBatch, codes: NDArray[np.bytes_], schema: pa.Schema
) -> pa.RecordBatch:
    """The batch with one column more, the last of the schema."""
    column = to_arrow(codes).cast(pa.string())
    return pa.RecordBatch.from_arrays([*batch.columns, column], schema=schema)


def _degrees(column: pa.Array) -> NDArray[Any]:
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        return np.asarray(column.to_numpy(zero_copy_only=False), np.float64)
    return as_places(column.to_pylist())


def as_places(values: list[Any]) -> NDArray[Any]:
    """Degrees as doubles, or item by item where one is no number."""
    try:
        return np.array(values, np.float64)
    except (ValueError, TypeError, OverflowError):
        return np.array([number_or_text(value) for value in values], object)


def number_or_text(value: Any) -> Any:
    """A double where the value is a number, else the value for `gridcode` to read or refuse."""
    try:
        return value if isinstance(value, bool) else float(value)
    except (ValueError, TypeError, OverflowError):
        return value


def _blocks(rows: Iterator[Any]) -> Iterator[tuple[int, list[Any]]]:
    """Blocks of rows with the number of the first, counted from 1."""
    first = 1
    while block := list(islice(rows, BLOCK)):
        yield first, block
        first += len(block)


def _check_widths(block: list[list[str]], width: int, first: int) -> None:
    for number, row in enumerate(block, first):
        if len(row) != width:
            raise BadRow(number, f"it has {len(row)} fields, the header has {width}")


def _object(line: bytes, number: int) -> dict[str, Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadRow(number, f"it is not JSON: {error}") from None
    if not isinstance(row, dict):
        raise BadRow(number, "it is not a JSON object")
    return row
