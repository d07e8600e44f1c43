"""Reads a vector file in Arrow batches (矢量数据读取), whatever format GDAL knows.

A file is read once, batch by batch, so that memory does not grow with it. Coordinates come as
the file has them, x first; the CRS is what the file says, or what the caller says instead.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from pyproj.exceptions import CRSError

from cim.registry import Column
from layers.errors import CrsMissing, CrsUnknown, LayerAmbiguous, SourceUnreadable

BATCH_ROWS = 16_384
_GEOMETRY = "wkb_geometry"

# A CSV has no geometry type of its own: these column names hold one.
_CSV_OPTIONS = {
    "X_POSSIBLE_NAMES": "lon,longitude,lng,x,经度",
    "Y_POSSIBLE_NAMES": "lat,latitude,y,纬度",
    "GEOM_POSSIBLE_NAMES": "wkt,geometry,geom",
    "KEEP_GEOM_COLUMNS": "NO",
    "AUTODETECT_TYPE": "YES",
}


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows `first_row`… of a file (counted from 1): geometries and one Arrow array a column."""

    first_row: int
    geometries: NDArray[Any]
    columns: tuple[pa.Array, ...]

    def __len__(self) -> int:
        return len(self.geometries)


@dataclass(frozen=True, slots=True)
class Source:
    """An open vector file. `feature_count` is None where only reading to the end would tell."""

    path: Path
    crs: CRS
    columns: tuple[Column, ...]
    feature_count: int | None
    reader: pa.RecordBatchReader
    geometry_name: str

    def batches(self) -> Iterator[Batch]:
        row = 1
        try:
            for record in self.reader:
                yield self._batch(record, row)
                row += record.num_rows
        except (pa.ArrowException, OSError, shapely.errors.GEOSException) as error:
            raise SourceUnreadable(self.path, f"after row {row - 1}: {error}") from error

    def _batch(self, record: pa.RecordBatch, first_row: int) -> Batch:
        wkb = record.column(self.geometry_name).to_numpy(zero_copy_only=False)
        columns = tuple(record.column(column.name) for column in self.columns)
        return Batch(first_row, shapely.from_wkb(wkb), columns)


@contextmanager
def open_source(
    path: Path, layer: str | None = None, crs: str | None = None, encoding: str | None = None
) -> Iterator[Source]:
    """Open a vector file for one pass.

    `layer` names one layer of a file of many, `crs` is used instead of the file's own
    (anything PROJ understands), `encoding` is that of Shapefile and CSV text. Raises
    SourceUnreadable, LayerAmbiguous, CrsMissing or CrsUnknown.
    """
    name = layer or _only_layer(path)
    is_csv = path.suffix.lower() == ".csv"
    with ExitStack() as opened:
        try:
            text = opened.enter_context(_in_utf8(path, encoding)) if is_csv else path
            options: dict[str, Any] = {"layer": name, "encoding": encoding}
            if is_csv:
                options |= _CSV_OPTIONS | {"encoding": None}
            info = pyogrio.read_info(text, **options)
            arrow = pyogrio.open_arrow(text, batch_size=BATCH_ROWS, **options)
            meta, stream = opened.enter_context(arrow)
            reader = pa.RecordBatchReader.from_stream(stream)
            names = reader.schema.names
        except (UnicodeError, LookupError) as error:
            raise SourceUnreadable(path, _not_in(encoding)) from error
        except ValueError as error:
            reason = "--encoding is for Shapefile and CSV" if encoding else str(error)
            raise SourceUnreadable(path, reason) from error
        except (DataSourceError, DataLayerError) as error:
            raise SourceUnreadable(path, str(error)) from error
        geometry = meta["geometry_name"] or _GEOMETRY
        if geometry not in names:
            raise SourceUnreadable(path, "it has no geometry")
        count = info["features"] if info["features"] >= 0 else None
        columns = tuple(_column(f) for f in reader.schema if f.name in set(meta["fields"]))
        yield Source(path, _crs(path, crs or meta["crs"]), columns, count, reader, geometry)


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


def _not_in(encoding: str | None) -> str:
    return f"its text is not {encoding or 'UTF-8'}; name its encoding with --encoding, such as GBK"


def _only_layer(path: Path) -> str:
    if not path.exists():
        raise SourceUnreadable(path, "there is no such file")
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
    except DataSourceError as error:
        raise SourceUnreadable(path, "it is not a vector file that GDAL can read") from error
    if len(names) != 1:
        raise LayerAmbiguous(path, names)
    return names[0]


def _crs(path: Path, text: str | None) -> CRS:
    if not text:
        raise CrsMissing(path)
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise CrsUnknown(text) from error


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
