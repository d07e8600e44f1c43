"""Reads a table of text (CSV 读取): separated by commas, semicolons, tabs or `|`.

The first line names the columns. Columns of degrees or metres (`lon`/`lat`, 经度/纬度), or one of
WKT, say where a row is (`places`); the others are properties, whose types are found from all of
the file (`guess`). The file is in UTF-8, UTF-16 with a mark, or GB 18030, which is found from its
bytes. Rows may have line breaks within quotes. A row with more or fewer values than there are
columns is a fault; one without any value is none.
"""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pyarrow as pa
import shapely

from cim.assignment.rules import broken
from layers.errors import SourceUnreadable
from layers.reading import copies, encodings, places
from layers.reading.encodings import UTF8
from layers.reading.guess import Guess
from layers.reading.opened import WKB, Asked, Fault, Note, Opened, Read
from layers.reading.places import Places
from layers.reading.texts import column, has_bytes

SUFFIXES = {".csv", ".tsv"}
_LONGEST = 1 << 26  # characters of a value
_MOST = 1 << 26  # characters of a batch

Row = list[str]


@dataclass(frozen=True, slots=True)
class _Table:
    """A file and how it is to be read."""

    path: Path
    encoding: str
    separator: str
    names: tuple[str, ...]
    batch_rows: int

    def chunks(self) -> Iterator[list[Row]]:
        """Rows, so many at once that memory stays small."""
        chunk: list[Row] = []
        size = 0
        for row in _rows(self.path, self.encoding, self.separator):
            chunk.append(row)
            size += sum(map(len, row))
            if len(chunk) >= self.batch_rows or size > _MOST:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk

    def columns(self, rows: list[Row]) -> tuple[list[pa.Array], list[Fault]]:
        """The texts of the columns, and rows and texts that cannot be read."""
        faults = []
        for place, row in enumerate(rows):
            if len(row) != len(self.names):
                rows[place], found = self._fitted(row)
                faults += [] if found is None else [found._replace(place=place)]
        columns = []
        for name, texts in zip(self.names, zip(*rows, strict=True), strict=True):
            array, found_in = column(texts, self.encoding)
            columns.append(array)
            faults += [fault._replace(field=name) for fault in found_in]
        return columns, faults

    def _fitted(self, row: Row) -> tuple[Row, Fault | None]:
        """A row with as many values as there are columns."""
        wanted = len(self.names)
        if len(row) > wanted and not any(row[wanted:]):
            return row[:wanted], None
        words = {
            "detail": f"has {len(row)} values and not {wanted}",
            "detail_zh": f"有 {len(row)} 个值，应有 {wanted} 个",
        }
        said = broken("row.unread", self.separator.join(row), **words)
        return [""] * wanted, Fault(0, None, said)


@contextmanager
def open_delimited(asked: Asked) -> Iterator[Opened]:
    """Open a table of text; SourceUnreadable."""
    encoding, note = _encoding(asked)
    table = _table(asked, encoding)
    found = places.find(table.names)
    if found is None and asked.only is None:
        reason = "it has no geometry, nor columns such as lon and lat or wkt"
        raise SourceUnreadable(asked.path, reason)
    kept = [name for name in table.names if found is None or name not in found.columns]
    guesses = {name: Guess() for name in kept if name not in asked.as_text}
    count, srid = _look(table, guesses, found)
    fields = [
        pa.field(name, guesses[name].type if name in guesses else pa.string()) for name in kept
    ]
    own = [pa.field(WKB, pa.binary())] if found else []
    schema = pa.schema([*fields, *own])
    records = (_read(table, rows, schema, guesses, (found, srid)) for rows in table.chunks())
    crs = None if srid is None else f"EPSG:{srid}"
    yield Opened(schema, records, WKB if found else None, crs, count, [note])


def _look(table: _Table, guesses: dict[str, Guess], found: Places | None) -> tuple[int, int | None]:
    """Find the types of all columns; how many rows there are, and the SRID of the first."""
    count, srid = 0, None
    for rows in table.chunks():
        count += len(rows)
        columns = dict(zip(table.names, table.columns(rows)[0], strict=True))
        for name, guess in guesses.items():
            guess.see(columns[name])
        if found is not None and srid is None:
            srid = found.srid([columns[name] for name in found.columns])
    return count, srid


def _read(
    table: _Table,
    rows: list[Row],
    schema: pa.Schema,
    guesses: dict[str, Guess],
    place: tuple[Places | None, int | None],
) -> Read:
    arrays, faults = table.columns(rows)
    columns = dict(zip(table.names, arrays, strict=True))
    made = []
    for field in schema:
        if field.name in columns:
            guess = guesses.get(field.name)
            made.append(guess.read(columns[field.name]) if guess else columns[field.name])
    found, srid = place
    if found is not None:
        unread = {fault.place for fault in faults if fault.said.rule == "row.unread"}
        shapes, more = found.read([columns[name] for name in found.columns], srid)
        faults += [fault for fault in more if fault.place not in unread]
        made.append(pa.array(shapely.to_wkb(shapes), pa.binary()))
    return Read(pa.RecordBatch.from_arrays(made, schema=schema), faults)


def _encoding(asked: Asked) -> tuple[str, Note]:
    """The encoding, and how it was known."""
    path = asked.path
    if asked.encoding:
        encoding = copies.told_codec(path, asked.encoding)
        return encoding, copies.note(encoding, "told")
    with path.open("rb") as file:
        encoding, how = encodings.of_file(file)
    return encoding, copies.note(encoding, how)


def _table(asked: Asked, encoding: str) -> _Table:
    path = asked.path
    named = "utf-8-sig" if encoding == UTF8 else encoding
    opened = path.open(encoding=named, errors="surrogateescape", newline="")
    with _telling(path, encoding), opened as text:
        separator = encodings.separator(text.readline(_LONGEST))
    head = next(_rows(path, named, separator, head=True), None)
    if head is None:
        raise SourceUnreadable(path, "it is empty; its first line must name the columns")
    if any(has_bytes(name) for name in head):
        raise SourceUnreadable(path, copies.unlike(encodings.shown(encoding)))
    return _Table(path, named, separator, tuple(_distinct(head)), asked.batch_rows)


def _distinct(head: Row) -> Iterator[str]:
    """Names of columns, of which each is another."""
    taken: set[str] = set()
    for place, told in enumerate(head, 1):
        name = free = told.strip() or f"field_{place}"
        number = 2
        while free in taken:
            free, number = f"{name}_{number}", number + 1
        taken.add(free)
        yield free


def _rows(path: Path, encoding: str, separator: str, *, head: bool = False) -> Iterator[Row]:
    """The rows that have values; with the `head` it is the first of them."""
    csv.field_size_limit(_LONGEST)
    row = 0
    opened = path.open(encoding=encoding, errors="surrogateescape", newline="")
    with _telling(path, encoding), opened as text:
        reader = csv.reader(text, delimiter=separator, strict=True)
        try:
            first = next((values for values in reader if any(values)), None)
            if first is None:
                return
            for values in chain([first] if head else [], reader):
                if any(values) or len(values) == 1:  # a quoted nothing is a value
                    yield values
                    row += 1
        except csv.Error as error:
            why = f"row {row + 1}: {error}; is there a quote too many?"
            raise SourceUnreadable(path, why) from error


@contextmanager
def _telling(path: Path, encoding: str) -> Iterator[None]:
    try:
        yield
    except UnicodeError as error:
        raise SourceUnreadable(path, copies.unlike(encodings.shown(encoding))) from error
    except OSError as error:
        raise SourceUnreadable(path, str(error)) from error
