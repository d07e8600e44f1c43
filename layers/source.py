"""Reads a vector file in Arrow batches (矢量数据读取): Parquet, and whatever format GDAL knows.

A file is read once, batch by batch, so that memory does not grow with it. Coordinates come as
the file has them, x first; the CRS is what the file says, or what the caller says instead.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS

from cim.assignment.rules import Broken
from cim.registry import Column
from layers import wkb
from layers.crs.declared import Declared, as_told, declare, of
from layers.errors import CrsMissing, LayerAmbiguous, SourceUnreadable
from layers.parquet import X_NAMES, Y_NAMES, open_parquet

BATCH_ROWS = 16_384
_GEOMETRY = "wkb_geometry"
_PARQUET = {".parquet", ".geoparquet"}
_ENCODING_IS_FOR = "--encoding is for Shapefile and CSV"

# A CSV has no geometry type of its own: these column names hold one. Its types are found from all
# of it: a text below the first megabyte of numbers would be lost as a number that is none.
_CSV_OPTIONS = {
    "X_POSSIBLE_NAMES": ",".join(X_NAMES),
    "Y_POSSIBLE_NAMES": ",".join(Y_NAMES),
    "GEOM_POSSIBLE_NAMES": "wkt,geometry,geom",
    "KEEP_GEOM_COLUMNS": "NO",
    "AUTODETECT_TYPE": "YES",
    "AUTODETECT_SIZE_LIMIT": "0",
}


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows `first_row`… of a file (counted from 1): geometries and one Arrow array a column.

    `unread` says of the place of a geometry that is missing why it could not be read.
    """

    first_row: int
    geometries: NDArray[Any]
    columns: tuple[pa.Array, ...]
    unread: Mapping[int, Broken] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.geometries)


@dataclass(frozen=True, slots=True)
class Source:
    """An open vector file. `feature_count` is None where only reading to the end would tell.

    `declared` is the CRS that it is read in, by what `said_by` tells: the file, or the option.
    """

    path: Path
    declared: Declared
    said_by: str
    columns: tuple[Column, ...]
    feature_count: int | None
    reader: pa.RecordBatchReader
    geometry_name: str
    seen: tuple[pa.RecordBatch, ...] = ()

    @property
    def crs(self) -> CRS:
        return self.declared.crs

    def looked_into(self) -> "tuple[NDArray[Any], Source]":
        """The geometries of the first batch, and a source of all batches; SourceUnreadable."""
        try:
            first = next(iter(self.reader), None)
        except (pa.ArrowException, OSError) as error:
            raise SourceUnreadable(self.path, str(error)) from error
        if first is None:
            return np.empty(0, object), self
        written = first.column(self.geometry_name).to_numpy(zero_copy_only=False)
        return wkb.read(written).geometries, replace(self, seen=(first,))

    def batches(self) -> Iterator[Batch]:
        row = 1
        try:
            for record in chain(self.seen, self.reader):
                yield self._batch(record, row)
                row += record.num_rows
        except (pa.ArrowException, OSError) as error:
            raise SourceUnreadable(self.path, f"after row {row - 1}: {error}") from error

    def _batch(self, record: pa.RecordBatch, first_row: int) -> Batch:
        written = record.column(self.geometry_name).to_numpy(zero_copy_only=False)
        columns = tuple(record.column(column.name) for column in self.columns)
        geometries, unread = wkb.read(written)
        return Batch(first_row, geometries, columns, unread)


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
    (`layers.crs.declared`), `encoding` is that of Shapefile and CSV text. Fields of a CSV that
    are named in `as_text` keep their text where it looks like a number. Raises SourceUnreadable,
    LayerAmbiguous, CrsMissing or CrsUnknown.
    """
    if not path.exists():
        raise SourceUnreadable(path, "there is no such file")
    with ExitStack() as opened:
        if path.suffix.lower() in _PARQUET:
            yield opened.enter_context(_open_parquet(path, crs, encoding))
            return
        name = layer or _only_layer(path)
        with _telling(path, encoding):
            text, options = _as_gdal_reads(opened, path, name, encoding)
            info = pyogrio.read_info(text, **options)
            options |= _kept_text(name, info["fields"], as_text) if _is_csv(path) else {}
            arrow = pyogrio.open_arrow(text, batch_size=BATCH_ROWS, **options)
            meta, stream = opened.enter_context(arrow)
            reader = pa.RecordBatchReader.from_stream(stream)
            names = reader.schema.names
        geometry = meta["geometry_name"] or _GEOMETRY
        if geometry not in names:
            raise SourceUnreadable(path, "it has no geometry")
        count = info["features"] if info["features"] >= 0 else None
        columns = tuple(_column(f) for f in reader.schema if f.name in set(meta["fields"]))
        yield Source(path, *_crs(path, crs, meta["crs"]), columns, count, reader, geometry)


@contextmanager
def _open_parquet(path: Path, crs: str | None, encoding: str | None) -> Iterator[Source]:
    if encoding:
        raise SourceUnreadable(path, _ENCODING_IS_FOR)
    with open_parquet(path, BATCH_ROWS) as (reader, geometry, told, count):
        columns = tuple(_column(f) for f in reader.schema if f.name != geometry)
        yield Source(path, *_crs(path, crs, told), columns, count, reader, geometry)


@contextmanager
def _telling(path: Path, encoding: str | None) -> Iterator[None]:
    """Turns what GDAL says of a file that it cannot open into SourceUnreadable."""
    try:
        yield
    except (UnicodeError, LookupError) as error:
        reason = f"its text is not {encoding or 'UTF-8'}"
        named = f"{reason}; name its encoding with --encoding, such as GBK"
        raise SourceUnreadable(path, named) from error
    except ValueError as error:
        raise SourceUnreadable(path, _ENCODING_IS_FOR if encoding else str(error)) from error
    except (DataSourceError, DataLayerError) as error:
        raise SourceUnreadable(path, str(error)) from error


def _as_gdal_reads(
    opened: ExitStack, path: Path, layer: str, encoding: str | None
) -> tuple[Path, dict[str, Any]]:
    """The file, or its copy in UTF-8, and the options that it is opened with."""
    if _is_csv(path):
        return opened.enter_context(_in_utf8(path, encoding)), {**_CSV_OPTIONS, "layer": layer}
    return path, {"layer": layer, "encoding": encoding}


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _kept_text(layer: str, fields: Sequence[str], wanted: Sequence[str]) -> dict[str, str]:
    """The option of GDAL by which fields keep their text."""
    kept = [{"name": name, "type": "String"} for name in fields if name in wanted]
    schema = {"layers": [{"name": layer, "schemaType": "Patch", "fields": kept}]}
    return {"OGR_SCHEMA": json.dumps(schema)} if kept else {}


@contextmanager
def _in_utf8(path: Path, encoding: str | None) -> Iterator[Path]:
    """A text file as GDAL wants it: in UTF-8, a copy where it is in another encoding."""
    if encoding is None:
        yield path
        return
    with TemporaryDirectory(prefix="cim-") as folder:
        copy = Path(folder) / path.name
        with (
            path.open(encoding=encoding, newline="") as read,
            copy.open("w", encoding="utf-8", newline="") as write,
        ):
            shutil.copyfileobj(read, write)
        yield copy


def _only_layer(path: Path) -> str:
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
    except DataSourceError as error:
        raise SourceUnreadable(path, "it is not a vector file that GDAL can read") from error
    if len(names) != 1:
        raise LayerAmbiguous(path, names)
    return names[0]


def _crs(path: Path, asked: str | None, told: CRS | str | None) -> tuple[Declared, str]:
    """The CRS and who says so; CrsMissing, CrsUnknown."""
    if asked:
        return as_told(declare(asked), told), "option"
    if not told:
        raise CrsMissing(path)
    return of(told), "file"


def _column(field: pa.Field) -> Column:
    return Column(field.name, _postgres_type(field.type))


def _postgres_type(arrow: pa.DataType) -> str:  # noqa: PLR0911 - a table of types
    types = pa.types
    if types.is_boolean(arrow):
        return "boolean"
    if types.is_int8(arrow) or types.is_int16(arrow) or types.is_int32(arrow):
        return "integer"
    if types.is_integer(arrow):
        return "bigint"
    if types.is_floating(arrow):
        return "double precision"
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
