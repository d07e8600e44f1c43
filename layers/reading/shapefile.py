"""Reads a Shapefile (Shapefile 读取), whose text may be in GB 18030 or UTF-8.

GDAL gives the bytes of texts as they are and they are decoded here, so that one that is not in the
encoding is found in its row. The encoding is the one that is told, else that of the .cpg file, else
that of the table's head (LDID) if the text is in it, else the one that the text itself is found to
be in. A text that fills its field and ends in half a character was cut off by a program that counts
bytes; the half is left out, and that is told.
"""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from cim.assignment.rules import broken
from layers.errors import SourceUnreadable
from layers.reading import copies, dbf, encodings
from layers.reading.encodings import ASCII, GB18030, UTF8, is_surely_utf8
from layers.reading.gdal import Stream, open_stream
from layers.reading.opened import Asked, Fault, Note, Opened, Read

_BYTES = "ISO-8859-1"  # of which every byte is a character
_BETWEEN = "\0"
_SINGLE = ("iso8859", "cp125")
_DOUBT = Note(
    "encoding.doubtful",
    encodings.shown(GB18030),
    "文字也符合 GB18030；若有乱码，请加 encoding（--encoding）GB18030",
    "the text would be GB18030 as well; if it is garbled, add encoding (--encoding) GB18030",
)
_NEEDED = {
    ".shx": "the index, without which no shape is found",
    ".dbf": "the table with the fields",
}


class _Text(NamedTuple):
    """The encoding of a table, and how it was known."""

    encoding: str
    notes: list[Note]


@contextmanager
def open_shapefile(asked: Asked) -> Iterator[Opened]:
    """Open the .shp of a Shapefile, or a .dbf alone as a table; SourceUnreadable."""
    table = _table(asked.path)
    text = _encoding(asked, table)
    with open_stream(asked, asked.path, encoding=_BYTES) as stream:
        names = _names(asked.path, stream, text.encoding)
        schema = pa.schema(
            [field.with_name(names.get(field.name, field.name)) for field in stream.reader.schema]
        )
        widths = _widths(stream, table, names)
        records = (_decoded(record, schema, text.encoding, widths) for record in stream.reader)
        crs, count = stream.crs, stream.count
        yield Opened(schema, records, stream.geometry, crs, count, text.notes)


def _table(path: Path) -> dbf.Table:
    """The head of the table, once all parts are there and belong together."""
    if path.suffix.lower() == ".dbf":
        return _whole_table(path, path)
    for suffix, what in _NEEDED.items():
        if _part(path, suffix) is None:
            reason = f"its part {path.stem}{suffix} is missing ({what})"
            raise SourceUnreadable(path, f"{reason}; all parts must lie in one folder")
    shapes = _shapes(path)
    table = _whole_table(path, _part(path, ".dbf") or path)
    if table.rows != shapes:
        raise SourceUnreadable(
            path,
            f"it has {shapes:,} shapes and its .dbf {table.rows:,} rows: parts of two files, "
            "or one that was cut off",
        )
    return table


def _whole_table(path: Path, part: Path) -> dbf.Table:
    table = dbf.read_head(part)
    if table is None:
        raise SourceUnreadable(path, f"{part.name} is no dBase table")
    if not table.is_whole:
        raise SourceUnreadable(path, f"{part.name} is cut off: it should have {table.rows:,} rows")
    return table


def _part(path: Path, suffix: str) -> Path | None:
    """Another part of a Shapefile, whatever the case of its suffix."""
    beside = (path.with_suffix(suffix), path.with_suffix(suffix.upper()))
    return next((part for part in beside if part.exists()), None)


def _shapes(path: Path) -> int:
    """How many shapes the index has, once the file is as long as it says."""
    with path.open("rb") as file:
        head = file.read(100)
    told = 2 * int.from_bytes(head[24:28], "big")
    if len(head) < 100 or told > path.stat().st_size:
        raise SourceUnreadable(path, f"it is cut off: it should have {told:,} bytes")
    index = _part(path, ".shx")
    return 0 if index is None else max(0, index.stat().st_size - 100) // 8


def _encoding(asked: Asked, table: dbf.Table) -> _Text:
    if asked.encoding:
        encoding = copies.told_codec(asked.path, asked.encoding)
        return _Text(encoding, [copies.note(encoding, "told")])
    detected = encodings.detect(dbf.texts(table))
    is_utf8 = detected.encoding == UTF8 and not detected.broken
    cpg = _part(asked.path, ".cpg")
    told = encodings.codec(cpg.read_bytes()[:100].decode("ascii", "replace")) if cpg else None
    # A code page of single letters takes all bytes, but Chinese text in UTF-8 is never of it.
    loose = told is not None and told.startswith(_SINGLE)
    if told is not None and not (loose and is_utf8):
        doubtful = loose and detected == (GB18030, 0)
        return _Text(told, [copies.note(told, "cpg"), *([_DOUBT] if doubtful else [])])
    page = table.code_page
    if page and not is_utf8 and encodings.fits(dbf.texts(table), page):
        return _Text(page, [copies.note(page, "ldid")])
    found = UTF8 if detected.encoding == ASCII else detected.encoding
    return _Text(found, [copies.note(detected.encoding, "detected")])


def _names(path: Path, stream: Stream, encoding: str) -> dict[str, str]:
    """The names of fields by what GDAL calls them."""
    try:
        return {name: name.encode(_BYTES).decode(encoding) for name in stream.fields}
    except UnicodeError as error:
        raise SourceUnreadable(path, copies.unlike(encodings.shown(encoding))) from error


def _widths(stream: Stream, table: dbf.Table, names: dict[str, str]) -> dict[str, int]:
    """How many bytes a text of a field has at the most."""
    all_fields = [field.width for field in table.fields]
    if len(all_fields) != len(stream.fields):
        return {}
    return {names[name]: width for name, width in zip(stream.fields, all_fields, strict=True)}


def _decoded(
    record: pa.RecordBatch, schema: pa.Schema, encoding: str, widths: dict[str, int]
) -> Read:
    columns, faults = [], []
    for field, column in zip(schema, record.columns, strict=True):
        if not pa.types.is_string(field.type):
            columns.append(column)
            continue
        texts, found = _texts(column, encoding, widths.get(field.name))
        columns.append(texts)
        faults += [fault._replace(field=field.name) for fault in found]
    return Read(pa.RecordBatch.from_arrays(columns, schema=schema), faults)


def _texts(array: pa.Array, encoding: str, width: int | None) -> tuple[pa.Array, list[Fault]]:
    """The texts of which GDAL gave the bytes as characters, and which are none."""
    if pc.all(pc.string_is_ascii(array)).as_py() is not False:
        return array, []
    raw = [None if text is None else text.encode(_BYTES) for text in array.to_pylist()]
    try:
        if encoding == GB18030 and any(is_surely_utf8(text) for text in raw if text):
            return _one_by_one(raw, encoding, width)
        joined = b"\0".join(text or b"" for text in raw).decode(encoding).split(_BETWEEN)
    except UnicodeDecodeError:
        return _one_by_one(raw, encoding, width)
    texts = [None if text is None else value for text, value in zip(raw, joined, strict=True)]
    return pa.array(texts, pa.string()), []


def _one_by_one(
    raw: list[bytes | None], encoding: str, width: int | None
) -> tuple[pa.Array, list[Fault]]:
    texts: list[str | None] = []
    faults = []
    for place, value in enumerate(raw):
        text, fault = (None, None) if value is None else _text(value, encoding, width)
        texts.append(text)
        faults += [] if fault is None else [fault._replace(place=place)]
    return pa.array(texts, pa.string()), faults


def _text(value: bytes, encoding: str, width: int | None) -> tuple[str | None, Fault | None]:
    if encodings.is_text(value, encoding):
        decoder = codecs.getincrementaldecoder(encoding)()
        text = decoder.decode(value, final=False)
        is_whole = not decoder.getstate()[0]
        if is_whole or len(value) == width:
            said = broken("text.cut", text[-20:], width=width)
            return text, None if is_whole else Fault(0, None, said, "repaired")
    wrong = encodings.legible(value, encoding)
    said = broken("text.encoding", wrong, encoding=encodings.shown(encoding))
    return None, Fault(0, None, said)
