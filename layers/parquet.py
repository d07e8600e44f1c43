"""Reads Parquet and GeoParquet (列式文件读取) in Arrow batches, which GDAL's wheels cannot.

A GeoParquet file (OGC GeoParquet 1.1) tells its geometry column, in WKB, and its CRS, which is
OGC:CRS84 where it tells none. In plain Parquet two columns of degrees or metres are a place, named
as in CSV. Types that no table has become the nearest one that a table has: dictionaries their
values, decimals doubles, nanoseconds microseconds.
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

X_NAMES = ("lon", "longitude", "lng", "x", "经度")
Y_NAMES = ("lat", "latitude", "y", "纬度")
CRS84 = CRS.from_user_input("OGC:CRS84")

_MADE = "wkb_geometry"


class ParquetSource(NamedTuple):
    """An open file; `crs` is None where nothing tells it."""

    reader: pa.RecordBatchReader
    geometry_name: str
    crs: CRS | None
    row_count: int


@contextmanager
def open_parquet(path: Path, batch_rows: int) -> Iterator[ParquetSource]:
    """Open a file for one pass; SourceUnreadable."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise SourceUnreadable(path, f"it is not a Parquet file: {error}") from None
    with file:
        told = geometry_of(path, file.schema_arrow)
        batches = file.iter_batches(batch_rows)
        if told is not None:
            reader = _reader(_known(file.schema_arrow), batches)
            yield ParquetSource(reader, *told, file.metadata.num_rows)
            return
        places = _place_columns(path, file.schema_arrow.names)
        reader = _placed(_known(file.schema_arrow), batches, places)
        yield ParquetSource(reader, _MADE, None, file.metadata.num_rows)


def geometry_of(path: Path, schema: pa.Schema) -> tuple[str, CRS | None] | None:
    """The geometry column of a GeoParquet file and its CRS, None where the file says that it is
    unknown; None of plain Parquet. SourceUnreadable.
    """
    text = (schema.metadata or {}).get(b"geo")
    if text is None:
        return None
    try:
        geo = json.loads(text)
        name = str(geo["primary_column"])
        column = geo["columns"][name]
        encoding = column["encoding"]
        told = column.get("crs", CRS84)
        crs = None if told is None else CRS.from_user_input(told)
    except (ValueError, KeyError, TypeError, CRSError) as error:
        raise SourceUnreadable(path, f"its geo metadata cannot be read: {error}") from None
    if encoding != "WKB":
        raise SourceUnreadable(path, f"its geometry is in the encoding {encoding!r}, not in WKB")
    return name, crs


def _place_columns(path: Path, names: list[str]) -> tuple[str, str]:
    found = [
        next((name for name in names if name.lower() in known), None)
        for known in (X_NAMES, Y_NAMES)
    ]
    x, y = found
    if x is None or y is None:
        raise SourceUnreadable(path, "it has no geometry, nor columns such as lon and lat")
    return x, y


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


def _known(schema: pa.Schema) -> pa.Schema:
    return pa.schema([pa.field(field.name, _known_type(field.type)) for field in schema])


def _known_type(kind: pa.DataType) -> pa.DataType:  # noqa: PLR0911 - a table of types
    types = pa.types
    if types.is_dictionary(kind):
        return _known_type(kind.value_type)
    if types.is_decimal(kind):
        return pa.float64()
    if types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    if types.is_time(kind):
        return pa.time64("us")
    if types.is_uint64(kind):
        return pa.int64()
    if types.is_null(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return pa.string()
    if types.is_large_binary(kind) or types.is_binary_view(kind):
        return pa.binary()
    return kind
