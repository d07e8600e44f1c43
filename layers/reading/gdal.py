"""Reads what GDAL reads (GDAL 读取), in Arrow batches: GeoPackage, FlatGeobuf, FileGDB, GeoJSON…

GDAL passes over a file as it is asked for batches. Of GeoJSON it first reads all, to find the
fields and their types: a property that is a number here and a text there is a text. A number of
GeoJSON that a double cannot hold, as codes of 21 digits are, is a fault and must be a text.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from cim.assignment.rules import broken
from layers.errors import LayerAmbiguous, SourceUnreadable
from layers.reading import copies
from layers.reading.opened import WKB, Asked, Fault, Opened, Read

JSON = {".geojson", ".json"}
_EXACT = float(1 << 53)
_ENCODING_IS_FOR = "--encoding is for Shapefile, CSV, GeoJSON, KML and DXF"


@contextmanager
def open_gdal(asked: Asked) -> Iterator[Opened]:
    """Open a file by GDAL; SourceUnreadable, LayerAmbiguous."""
    is_json = asked.path.suffix.lower() in JSON
    with ExitStack() as opened:
        path = asked.path
        if asked.encoding:
            encoding = copies.told_codec(path, asked.encoding)
            if encoding != "utf-8" and not is_json:
                raise SourceUnreadable(path, _ENCODING_IS_FOR)
            path = opened.enter_context(copies.in_utf8(path, encoding))
        stream = opened.enter_context(open_stream(asked, path))
        records = (Read(_stored(record)) for record in stream.reader)
        if is_json:
            records = (Read(read.record, _long(read.record)) for read in records)
        geometry, crs, count = stream.geometry, stream.crs, stream.count
        yield Opened(_stored_schema(stream.reader.schema), records, geometry, crs, count)


class Stream:
    """What GDAL opened: a reader of record batches, and what it says of them."""

    def __init__(self, meta: dict[str, Any], reader: pa.RecordBatchReader, count: int) -> None:
        self.reader = reader
        self.fields = [str(name) for name in meta["fields"]]
        self.crs = meta["crs"]
        self.count = count if count >= 0 else None
        name = meta["geometry_name"] or WKB
        self.geometry = name if name in reader.schema.names else None


@contextmanager
def open_stream(asked: Asked, path: Path, **options: Any) -> Iterator[Stream]:
    """Open a layer of a file as GDAL gives it; `path` is the file or a copy of it."""
    with telling(asked.path), ExitStack() as opened:
        options["layer"] = asked.layer or only_layer(asked.path, path)
        info = pyogrio.read_info(path, **options)
        if asked.only is not None:
            kept = [name for name in info["fields"] if name == asked.only]
            options |= {"columns": kept or None, "read_geometry": False}
        arrow = pyogrio.open_arrow(path, batch_size=asked.batch_rows, **options)
        meta, stream = opened.enter_context(arrow)
        reader = pa.RecordBatchReader.from_stream(stream)
        yield Stream(meta, reader, info["features"])


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Turns what GDAL says of a file that it cannot open into SourceUnreadable."""
    try:
        yield
    except UnicodeError as error:
        raise SourceUnreadable(path, copies.unlike("UTF-8")) from error
    except (DataSourceError, DataLayerError) as error:
        raise SourceUnreadable(path, str(error)) from error


def only_layer(path: Path, opened: Path) -> str:
    """The one layer of a file; LayerAmbiguous where it has more, or none."""
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(opened)]
    except DataSourceError as error:
        raise SourceUnreadable(path, "it is not a vector file that GDAL can read") from error
    if len(names) != 1:
        raise LayerAmbiguous(path, names)
    return names[0]


def _stored(record: pa.RecordBatch) -> pa.RecordBatch:
    """Columns of extension types, such as JSON, as what they are stored as."""
    if not any(isinstance(field.type, pa.BaseExtensionType) for field in record.schema):
        return record
    columns = [
        column.storage if isinstance(column.type, pa.BaseExtensionType) else column
        for column in record.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=_stored_schema(record.schema))


def _stored_schema(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.with_type(_stored_type(field.type)) for field in schema])


def _stored_type(kind: pa.DataType) -> pa.DataType:
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def _long(record: pa.RecordBatch) -> list[Fault]:
    """Numbers that have lost digits already, as GDAL gives them."""
    faults = []
    for field, column in zip(record.schema, record.columns, strict=True):
        if not pa.types.is_floating(field.type):
            continue
        long = pc.greater_equal(pc.abs(column), _EXACT)
        for place in pc.indices_nonzero(pc.fill_null(long, fill_value=False)).to_pylist():
            said = broken("number.long", f"{column[place].as_py():.15g}")
            faults.append(Fault(place, field.name, said))
    return faults
