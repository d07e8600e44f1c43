"""Reads Parquet and GeoParquet (列式文件读取) in Arrow batches, which GDAL's wheels cannot.

A GeoParquet file (OGC GeoParquet 1.1) tells its geometry column, in WKB or in a native encoding
(`layers.reading.geoarrow`), and its CRS, which is OGC:CRS84 where it tells none. The column of
boxes that covers the geometries is no property. A column of the Arrow type `geoarrow.wkb` will do
as well. In plain Parquet two columns of degrees or metres are a place, named as in CSV. Types that
no table has become the nearest one that a table has: dictionaries their values, decimals of no
more than 15 digits doubles, nanoseconds microseconds.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from layers.errors import SourceUnreadable
from layers.reading import geoarrow
from layers.reading.places import find_pair

SUFFIXES = {".parquet", ".geoparquet"}
CRS84 = CRS.from_user_input("OGC:CRS84")

_MADE = "wkb_geometry"
_EXTENSION, _SAID = b"ARROW:extension:name", b"ARROW:extension:metadata"
_OF_DOUBLE = 15  # digits that a double gives back as they were
_BUFFER = 1 << 20  # a column is read piece by piece, not a whole row group at once


class _Told(NamedTuple):
    """What a file tells of its geometry column; `covering` are columns of its boxes."""

    name: str
    crs: CRS | None
    encoding: str = "WKB"
    covering: frozenset[str] = frozenset()


class ParquetSource(NamedTuple):
    """An open file; `crs` is None where nothing tells it, `geometry_name` where none is read."""

    reader: pa.RecordBatchReader
    geometry_name: str | None
    crs: CRS | None
    row_count: int


@contextmanager
def open_parquet(path: Path, batch_rows: int, only: str | None = None) -> Iterator[ParquetSource]:
    """Open a file for one pass, or `only` one of its columns; SourceUnreadable."""
    try:
        file = pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise SourceUnreadable(path, f"it is not a Parquet file: {error}") from None
    with file:
        schema = schema_of(file)
        count = file.metadata.num_rows
        if only is not None:
            columns = [only] if only in schema.names else None
            known = pa.schema([schema.field(only)]) if columns else schema
            reader = _reader(_known(known), file.iter_batches(batch_rows, columns=columns))
            yield ParquetSource(reader, None, None, count)
            return
        told = _told(path, schema)
        covering = told.covering if told else frozenset()
        names = [name for name in schema.names if name not in covering] if covering else None
        batches = file.iter_batches(batch_rows, columns=names)
        schema = schema if names is None else pa.schema([schema.field(name) for name in names])
        if told is not None:
            reader = _reader(_known(schema, told), _in_wkb(batches, told))
            yield ParquetSource(reader, told.name, told.crs, count)
            return
        placed = _place_columns(path, schema.names)
        reader = _placed(_known(schema), batches, placed)
        yield ParquetSource(reader, _MADE, None, count)


def schema_of(file: pq.ParquetFile) -> pa.Schema:
    """With what the file says of itself at its end: the schema of a writer that learns only there
    where its geometries are, as ours does, does not have it."""
    said = {**(file.metadata.metadata or {}), **(file.schema_arrow.metadata or {})}
    return file.schema_arrow.with_metadata(said)


def geometry_of(path: Path, schema: pa.Schema) -> tuple[str, CRS | None] | None:
    """The WKB column of a GeoParquet file and its CRS, None where the file says that it is
    unknown; None of plain Parquet. SourceUnreadable.
    """
    told = _told(path, schema)
    if told is not None and told.encoding != "WKB":
        reason = f"its geometry is in the encoding {told.encoding!r}, not in WKB"
        raise SourceUnreadable(path, reason)
    return None if told is None else (told.name, told.crs)


def _told(path: Path, schema: pa.Schema) -> _Told | None:
    try:
        text = (schema.metadata or {}).get(b"geo")
        told = _of_extension(schema) if text is None else _of_geo(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, CRSError) as error:
        raise SourceUnreadable(path, f"its geo metadata cannot be read: {error}") from None
    if told is None:
        return None
    if told.name not in schema.names:
        raise SourceUnreadable(path, f"its geometry column {told.name!r} is not in it")
    if told.encoding not in {"WKB", *geoarrow.ENCODINGS}:
        reason = f"its geometry is in the encoding {told.encoding!r}; known are WKB, "
        raise SourceUnreadable(path, reason + ", ".join(geoarrow.ENCODINGS))
    return told


def _of_geo(geo: Any) -> _Told:
    name = str(geo["primary_column"])
    column = geo["columns"][name]
    crs = column.get("crs", CRS84)
    boxes = (column.get("covering") or {}).get("bbox") or {}
    covering = frozenset(str(place[0]) for place in boxes.values())
    known = None if crs is None else CRS.from_user_input(crs)
    return _Told(name, known, str(column["encoding"]), covering)


def _of_extension(schema: pa.Schema) -> _Told | None:
    """The first column that Arrow calls WKB, in a file without metadata of GeoParquet."""
    for field in schema:
        if (field.metadata or {}).get(_EXTENSION) == b"geoarrow.wkb":
            crs = json.loads(field.metadata.get(_SAID) or b"{}").get("crs")
            return _Told(field.name, None if crs is None else CRS.from_user_input(crs))
    return None


def _in_wkb(batches: Any, told: _Told) -> Iterator[pa.RecordBatch]:
    """The batches with their geometry in WKB."""
    for batch in batches:
        if told.encoding == "WKB":
            yield batch
            continue
        place = batch.schema.get_field_index(told.name)
        try:
            wkb = geoarrow.to_wkb(batch.column(place), told.encoding)
        except ValueError as error:
            raise pa.ArrowInvalid(f"{error} cannot be read") from error
        yield batch.set_column(place, pa.field(told.name, pa.binary()), wkb)


def _place_columns(path: Path, names: list[str]) -> tuple[str, str]:
    found = find_pair(names)
    if found is None:
        raise SourceUnreadable(path, "it has no geometry, nor columns such as lon and lat")
    return found.columns


def _reader(schema: pa.Schema, batches: Any) -> pa.RecordBatchReader:
    cast = (_cast(batch, schema) for batch in batches)
    return pa.RecordBatchReader.from_batches(schema, cast)


def _placed(schema: pa.Schema, batches: Any, places: tuple[str, str]) -> pa.RecordBatchReader:
    """The batches with a geometry in the place of the two columns that say where."""
    kept = pa.schema([field for field in schema if field.name not in places])
    made = kept.append(pa.field(_MADE, pa.binary()))

    def place(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [batch.column(name) for name in kept.names]
        return pa.RecordBatch.from_arrays([*columns, _points(batch, places)], schema=made)

    placed = (place(_cast(batch, schema)) for batch in batches)
    return pa.RecordBatchReader.from_batches(made, placed)


def _points(batch: pa.RecordBatch, places: tuple[str, str]) -> pa.Array:
    """WKB of the places; null where one of the two numbers is missing."""
    x, y = (batch.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False) for name in places)
    wkb = shapely.to_wkb(shapely.points(x, y))
    wkb[np.isnan(x) | np.isnan(y)] = None
    return pa.array(wkb, pa.binary())


def _cast(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [
        column if column.type == field.type else column.cast(field.type, safe=_is_safe(column.type))
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _is_safe(kind: pa.DataType) -> bool:
    """Whether a value that a cast would cut is an error: parts of a microsecond are none."""
    return not (pa.types.is_timestamp(kind) or pa.types.is_time(kind))


def _known(schema: pa.Schema, told: _Told | None = None) -> pa.Schema:
    shapes = told.name if told is not None and told.encoding != "WKB" else None
    types = [pa.binary() if field.name == shapes else _known_type(field.type) for field in schema]
    return pa.schema(list(map(pa.field, schema.names, types)))


def _known_type(kind: pa.DataType) -> pa.DataType:  # noqa: PLR0911 - a table of types
    types = pa.types
    if types.is_dictionary(kind):
        return _known_type(kind.value_type)
    if types.is_decimal(kind):
        return kind if kind.precision > _OF_DOUBLE else pa.float64()
    if types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    if types.is_time(kind):
        return pa.time64("us")
    if types.is_null(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return pa.string()
    if types.is_large_binary(kind) or types.is_binary_view(kind):
        return pa.binary()
    return kind
