"""Reads a vector file in Arrow batches (矢量数据读取), by the reader of its format.

A file is read once, batch by batch, so that memory does not grow with it. Coordinates come as
the file has them, x first; the CRS is what the file says, or what the caller says instead. Arcs
become lines, and what cannot be read in a row is a fault of it (`layers.reading`).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyproj import CRS

from cim.assignment.problems import Problems
from cim.assignment.rules import Broken
from cim.layer import Column
from layers import arrow_values, parquet, wkb
from layers.crs.declared import Declared, as_told, declare, of
from layers.errors import CrsMissing, SourceUnreadable
from layers.reading import delimited, geojson
from layers.reading.delimited import open_delimited
from layers.reading.dxf import open_dxf
from layers.reading.gdal import open_gdal
from layers.reading.geojson import open_geojson
from layers.reading.kml import open_kml
from layers.reading.opened import Asked, Fault, Note, Opened, Read, tell, unplaced
from layers.reading.packed import unpacked
from layers.reading.shapefile import open_shapefile

BATCH_ROWS = 8_192


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows `first_row`… of a file (counted from 1): geometries and one Arrow array a column.

    `faults` are what could not be read of them, or was made of it.
    """

    first_row: int
    geometries: NDArray[Any]
    columns: tuple[pa.Array, ...]
    faults: Sequence[Fault] = ()

    def __len__(self) -> int:
        return len(self.geometries)

    @property
    def unread(self) -> Mapping[int, Broken | None]:
        """Places of rows whose geometry could not be read; why, the faults tell."""
        return dict.fromkeys(unplaced(self.faults))

    def tell(self, problems: Problems) -> None:
        """Note the faults as problems of their rows."""
        tell(self.faults, self.first_row, problems)


@dataclass(frozen=True, slots=True)
class Source:
    """An open vector file. `feature_count` is None where only reading to the end would tell.

    `declared` is the CRS that it is read in, by what `said_by` tells: the file, or the option.
    `notes` say what is to be known of the file as a whole.
    """

    path: Path
    declared: Declared
    said_by: str
    columns: tuple[Column, ...]
    feature_count: int | None
    schema: pa.Schema
    records: Iterator[Read]
    geometry_name: str
    notes: Sequence[Note] = ()
    seen: tuple[Read, ...] = ()

    @property
    def crs(self) -> CRS:
        return self.declared.crs

    def looked_into(self) -> "tuple[NDArray[Any], Source]":
        """The geometries of the first batch, and a source of all batches; SourceUnreadable."""
        try:
            first = next(self.records, None)
        except (pa.ArrowException, OSError) as error:
            raise SourceUnreadable(self.path, str(error)) from error
        if first is None:
            return np.empty(0, object), self
        geometries = wkb.read(self._written(first.record)).geometries
        return geometries, replace(self, seen=(first,))

    def batches(self) -> Iterator[Batch]:
        row = 1
        try:
            for read in chain(self.seen, self.records):
                yield self._batch(read, row)
                row += read.record.num_rows
        except (pa.ArrowException, OSError) as error:
            raise SourceUnreadable(self.path, f"after row {row - 1}: {error}") from error

    def _batch(self, read: Read, first_row: int) -> Batch:
        columns = tuple(read.record.column(column.name) for column in self.columns)
        found = wkb.read(self._written(read.record))
        return Batch(first_row, found.geometries, columns, [*read.faults, *found.faults])

    def _written(self, record: pa.RecordBatch) -> NDArray[Any]:
        written: NDArray[Any] = record.column(self.geometry_name).to_numpy(zero_copy_only=False)
        return written


@contextmanager
def open_source(
    path: Path,
    layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    as_text: Sequence[str] = (),
) -> Iterator[Source]:
    """Open a vector file for one pass.

    `layer` names one layer of a file of many, `crs` is used instead of the file's own
    (`layers.crs.declared`), `encoding` is that of the text of a Shapefile or a text file.
    Fields of a CSV that are named in `as_text` keep their text where it looks like a number. Raises
    SourceUnreadable, LayerAmbiguous, UploadRefused, CrsMissing or CrsUnknown.
    """
    with open_table(Asked(path, layer, encoding, as_text, None, BATCH_ROWS)) as opened:
        if opened.geometry is None:
            raise SourceUnreadable(path, "it has no geometry")
        columns = tuple(
            column_of(field) for field in opened.schema if field.name != opened.geometry
        )
        yield Source(
            path,
            *_crs(path, crs, opened.crs),
            columns,
            opened.count,
            opened.schema,
            opened.records,
            opened.geometry,
            opened.notes,
        )


@contextmanager
def open_table(asked: Asked) -> Iterator[Opened]:
    """Open a file as its reader gives it, with geometry or without.

    Raises SourceUnreadable, LayerAmbiguous or UploadRefused.
    """
    if not asked.path.exists():
        raise SourceUnreadable(asked.path, "there is no such file")
    with unpacked(asked) as found, _reader(found) as opened:
        yield opened


def _reader(asked: Asked) -> AbstractContextManager[Opened]:
    suffix = asked.path.suffix.lower()
    readers = {
        ".shp": open_shapefile,
        ".dbf": open_shapefile,
        ".kml": open_kml,
        ".dxf": open_dxf,
        **dict.fromkeys(delimited.SUFFIXES, open_delimited),
        **dict.fromkeys(geojson.SUFFIXES, open_geojson),
        **dict.fromkeys(parquet.SUFFIXES, _open_parquet),
    }
    return readers.get(suffix, open_gdal)(asked)


@contextmanager
def _open_parquet(asked: Asked) -> Iterator[Opened]:
    if asked.encoding:
        raise SourceUnreadable(
            asked.path, "encoding (--encoding) is not for Parquet, whose text is UTF-8"
        )
    with parquet.open_parquet(asked.path, asked.batch_rows, asked.only) as found:
        records = (arrow_values.tabled(record) for record in found.reader)
        schema, name = arrow_values.typed(found.reader.schema), found.geometry_name
        yield Opened(schema, records, name, found.crs, found.row_count)


def _crs(path: Path, asked: str | None, told: CRS | str | None) -> tuple[Declared, str]:
    """The CRS and who says so; CrsMissing, CrsUnknown."""
    if asked:
        return as_told(declare(asked), told), "option"
    if not told:
        raise CrsMissing(path)
    return of(told), "file"


def column_of(field: pa.Field) -> Column:
    """The column of a table that a field becomes."""
    return Column(field.name, _postgres_type(field.type))


def _postgres_type(arrow: pa.DataType) -> str:  # noqa: C901, PLR0911 - a table of types
    types = pa.types
    if isinstance(arrow, pa.JsonType):
        return "jsonb"
    if types.is_boolean(arrow):
        return "boolean"
    if types.is_int8(arrow) or types.is_int16(arrow) or types.is_int32(arrow):
        return "integer"
    if types.is_integer(arrow):
        return "bigint"
    if types.is_floating(arrow):
        return "double precision"
    if types.is_decimal(arrow):
        return "numeric"
    if types.is_date(arrow):
        return "date"
    if types.is_timestamp(arrow):
        return "timestamptz" if arrow.tz else "timestamp"
    if types.is_time(arrow):
        return "time"
    if types.is_binary(arrow) or types.is_large_binary(arrow):
        return "bytea"
    if types.is_nested(arrow):
        return "jsonb"
    return "text"
