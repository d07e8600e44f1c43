"""Reads a vector file in Arrow batches (矢量数据读取), by the reader of its format.

A file is read once, batch by batch, so that memory does not grow with it. Coordinates come as
the file has them, x first; the CRS is what the file says, or what the caller says instead. Arcs
become lines, and what cannot be read in a row is a fault of it (`layers.reading`).
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from cim.assignment.problems import Problems
from cim.assignment.rules import broken
from cim.registry import Column
from layers import parquet
from layers.errors import CrsMissing, CrsUnknown, SourceUnreadable
from layers.reading import curves, delimited, geojson
from layers.reading.delimited import open_delimited
from layers.reading.dxf import open_dxf
from layers.reading.gdal import open_gdal
from layers.reading.geojson import open_geojson
from layers.reading.kml import open_kml
from layers.reading.opened import Asked, Fault, Note, Opened, Read, tell, unplaced
from layers.reading.packed import unpacked
from layers.reading.shapefile import open_shapefile

BATCH_ROWS = 16_384
_NO_GEOMETRY = {"what": "a geometry", "what_zh": "几何"}


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows `first_row`… of a file (counted from 1): geometries and one Arrow array a column.

    `faults` are what could not be read of them.
    """

    first_row: int
    geometries: NDArray[Any]
    columns: tuple[pa.Array, ...]
    faults: Sequence[Fault] = ()

    def __len__(self) -> int:
        return len(self.geometries)

    @property
    def unplaced(self) -> frozenset[int]:
        """Places of rows whose geometry could not be read, which the faults tell."""
        return unplaced(self.faults)

    def tell(self, problems: Problems) -> None:
        """Note the faults as problems of their rows."""
        tell(self.faults, self.first_row, problems)


@dataclass(frozen=True, slots=True)
class Source:
    """An open vector file. `feature_count` is None where only reading to the end would tell.

    `notes` say what is to be known of the file as a whole.
    """

    path: Path
    crs: CRS
    columns: tuple[Column, ...]
    feature_count: int | None
    schema: pa.Schema
    records: Iterator[Read]
    geometry_name: str
    notes: Sequence[Note] = ()

    def batches(self) -> Iterator[Batch]:
        row = 1
        try:
            for read in self.records:
                yield self._batch(read, row)
                row += read.record.num_rows
        except (pa.ArrowException, OSError, shapely.errors.GEOSException) as error:
            raise SourceUnreadable(self.path, f"after row {row - 1}: {error}") from error

    def _batch(self, read: Read, first_row: int) -> Batch:
        wkb = read.record.column(self.geometry_name).to_numpy(zero_copy_only=False)
        columns = tuple(read.record.column(column.name) for column in self.columns)
        geometries, faults = _geometries(wkb)
        return Batch(first_row, geometries, columns, [*read.faults, *faults])


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
    (anything PROJ understands), `encoding` is that of the text of a Shapefile or a text file.
    Fields of a CSV that are named in `as_text` keep their text where it looks like a number. Raises
    SourceUnreadable, LayerAmbiguous, UploadRefused, CrsMissing or CrsUnknown.
    """
    with open_table(Asked(path, layer, encoding, as_text, None, BATCH_ROWS)) as opened:
        if opened.geometry is None:
            raise SourceUnreadable(path, "it has no geometry")
        columns = tuple(
            column_of(field) for field in opened.schema if field.name != opened.geometry
        )
        told = opened.crs
        known = told if isinstance(told, CRS) and not crs else _crs(path, crs or _text(told))
        yield Source(
            path,
            known,
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
        raise SourceUnreadable(asked.path, "--encoding is not for Parquet, whose text is UTF-8")
    with parquet.open_parquet(asked.path, asked.batch_rows, asked.only) as found:
        records = (Read(record) for record in found.reader)
        schema, name = found.reader.schema, found.geometry_name
        yield Opened(schema, records, name, found.crs, found.row_count)


def _geometries(wkb: NDArray[Any]) -> tuple[NDArray[Any], list[Fault]]:
    """Geometries of WKB, and which of them had arcs or could not be read."""
    try:
        return shapely.from_wkb(wkb), []
    except (shapely.errors.GEOSException, NotImplementedError):
        pass
    faults = []
    shapes = wkb.copy()
    for place, one in enumerate(wkb):
        shapes[place], fault = _geometry(one)
        faults += [] if fault is None else [fault._replace(place=place)]
    return shapes, faults


def _geometry(wkb: bytes | None) -> tuple[Any, Fault | None]:
    try:
        return shapely.from_wkb(wkb), None
    except (shapely.errors.GEOSException, NotImplementedError):
        straight = curves.straight(wkb or b"")
    shape = None if straight is None else shapely.from_wkb(straight, on_invalid="ignore")
    if shape is None:
        said = broken("geometry.unread", f"WKB {(wkb or b'').hex()}", **_NO_GEOMETRY)
        return None, Fault(0, None, said)
    return shape, Fault(0, None, broken("geometry.linearised"), repaired=True)


def _text(crs: str | CRS | None) -> str | None:
    return crs if isinstance(crs, str) else None


def _crs(path: Path, text: str | None) -> CRS:
    if not text:
        raise CrsMissing(path)
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise CrsUnknown(text) from error


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
