"""Reads a CSV or Parquet file whole (业务表文件读取), each column in one type.

A CSV has a first line of names, with commas, semicolons, tabs or `|` between them. Its encoding is
what the caller says, or UTF-8 where all of it is, or else GBK (GB 18030).
"""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from cim.errors import TableInvalid
from cim.fusion.model import LOAD, ROW, TableColumn
from layers.arrow_types import doubles
from layers.business import columns
from layers.errors import SourceUnreadable, ValueUnfit
from layers.reading.encodings import separator

_TYPES: Mapping[str, str] = {
    "bool": "boolean",
    "int8": "integer",
    "int16": "integer",
    "int32": "integer",
    "int64": "bigint",
    "uint8": "integer",
    "uint16": "integer",
    "uint32": "bigint",
    "float": "double precision",
    "double": "double precision",
    "string": "text",
    "large_string": "text",
    "string_view": "text",
    "date32[day]": "date",
    "null": "text",
}


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file has: its columns with their values, its SHA-256, the encoding of a CSV."""

    columns: tuple[TableColumn, ...]
    table: pa.Table
    sha256: str
    encoding: str


# How the type of a column is called in `columns`.
KEPT: Mapping[str, str] = {
    "text": "text",
    "integer": "integer",
    "bigint": "integer",
    "double precision": "number",
    "numeric": "number",
    "date": "date",
    "timestamp": "datetime",
}


def read(
    path: Path,
    encoding: str | None,
    types: Mapping[str, str],
    before: Mapping[str, str],
) -> Contents:
    """The file; `types` are those of columns that somebody knows better (`columns.TYPES`).

    Columns keep the PostgreSQL types that they had `before`, where their values still fit.
    SourceUnreadable, TableInvalid.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceUnreadable(path, error.strerror or str(error)) from None
    if path.suffix.lower() in {".parquet", ".geoparquet"}:
        table, encoding = _parquet(path, data), ""
    else:
        table, encoding = _csv(path, data, encoding)
    _check_names(table.column_names, types)
    digest = hashlib.sha256(data).hexdigest()
    if encoding:
        kinds = {n: KEPT[kind] for n, kind in before.items() if kind in KEPT}
        table = _typed(path, table, types, kinds)
    found = tuple(_column(path, field) for field in table.schema)
    return Contents(found, table, digest, encoding)


def _csv(path: Path, data: bytes, encoding: str | None) -> tuple[pa.Table, str]:
    name = encoding or ("UTF-8" if _is_utf8(data) else "GB18030")
    try:
        text = data.decode("utf-8-sig" if name.upper() in {"UTF-8", "UTF8"} else name)
    except (UnicodeError, LookupError):
        reason = f"its text is not {name}; name its encoding with --encoding"
        raise SourceUnreadable(path, reason) from None
    if "\0" in text:
        raise SourceUnreadable(path, "it has the character NUL, which no text here has")
    head = next(iter(text.splitlines()), "")
    if not head.strip():
        raise SourceUnreadable(path, "its first line has no names of columns")
    plain = text.encode()
    reading = pc.ReadOptions(block_size=max(1 << 20, len(plain) + 1), use_threads=False)
    parsing = pc.ParseOptions(
        delimiter=separator(head), newlines_in_values=True, ignore_empty_lines=True
    )
    try:
        names = pc.open_csv(
            io.BytesIO(plain), read_options=reading, parse_options=parsing
        ).schema.names
        converting = pc.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        )
        table = pc.read_csv(
            io.BytesIO(plain),
            read_options=reading,
            parse_options=parsing,
            convert_options=converting,
        )
    except pa.ArrowException as error:
        raise SourceUnreadable(path, f"it is no table: {error}") from None
    return table.combine_chunks(), name


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _parquet(path: Path, data: bytes) -> pa.Table:
    try:
        table = pq.read_table(io.BytesIO(data)).combine_chunks()
    except (pa.ArrowException, OSError) as error:
        raise SourceUnreadable(path, f"it is not a Parquet file: {error}") from None
    for place, field in enumerate(table.schema):
        if pa.types.is_float32(field.type):
            table = table.set_column(place, field.name, doubles(table.column(place)))
    return table


def _check_names(names: list[str], types: Mapping[str, str]) -> None:
    for name in names:
        if not name.strip() or not name.isprintable():
            raise TableInvalid("column", f"{names.index(name) + 1} has no name")
        if names.count(name) > 1:
            raise TableInvalid("column", f"{name!r} is in the file twice")
        if name in {ROW, LOAD}:
            raise TableInvalid("column", f"{name!r} has a name of the program's own")
    for name, kind in types.items():
        if name not in names:
            raise TableInvalid("type", f"names {name!r}; the columns are {', '.join(names)}")
        if kind not in columns.TYPES:
            raise TableInvalid("type", f"of {name} is one of {', '.join(columns.TYPES)}")


def _typed(
    path: Path, table: pa.Table, types: Mapping[str, str], before: Mapping[str, str]
) -> pa.Table:
    arrays = []
    for name in table.column_names:
        column = table.column(name).combine_chunks()
        column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
        try:
            if name in before and name not in types:
                arrays.append(columns.kept(column, before[name]))
            else:
                arrays.append(columns.typed(column, types.get(name, "")))
        except ValueUnfit as error:
            raise SourceUnreadable(path, f"column {name!r}, {error}") from None
    return pa.table(dict(zip(table.column_names, arrays, strict=True)))


def _column(path: Path, field: pa.Field) -> TableColumn:
    kind = _TYPES.get(str(field.type))
    if kind is None and pa.types.is_timestamp(field.type):
        kind = "timestamptz" if field.type.tz else "timestamp"
    if kind is None and pa.types.is_decimal(field.type):
        kind = "numeric"
    if kind is None:
        raise SourceUnreadable(path, f"column {field.name!r} is {field.type}, which is not read")
    return TableColumn(field.name, kind, kind)
