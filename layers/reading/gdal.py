"""Reads what GDAL reads (GDAL 读取), in Arrow batches: GeoPackage, FlatGeobuf, FileGDB and others.

GDAL passes over a file as it is asked for batches.
"""

import sqlite3
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio
from pyogrio import _geometry
from pyogrio.errors import DataLayerError, DataSourceError

from layers.errors import LayerAmbiguous, SourceUnreadable
from layers.reading import copies, zones
from layers.reading.opened import TOLD, WKB, Asked, Opened, Read

# OGR's numbers for layers of any kind of geometry with heights, measures or both, and for surfaces
# of triangles. pyogrio lacks them, and could not even list the layers of a file that has one.
_KINDS = {
    **dict.fromkeys((0x80000000, -0x80000000), "Unknown Z"),
    **{2000: "Measured Unknown", 3000: "Measured 3D Unknown"},
    **{
        dimensions + kind: name
        for kind, name in {15: "PolyhedralSurface", 16: "TIN", 17: "Triangle"}.items()
        for dimensions in (0, 1000, 2000, 3000)
    },
}
for _number, _name in _KINDS.items():
    _geometry.GEOMETRY_TYPES.setdefault(_number, _name)

_ENCODING_IS_FOR = "encoding (--encoding) is for Shapefile, CSV, GeoJSON, KML and DXF"


@contextmanager
def open_gdal(asked: Asked) -> Iterator[Opened]:
    """Open a file by GDAL; SourceUnreadable, LayerAmbiguous."""
    if asked.encoding and copies.told_codec(asked.path, asked.encoding) != "utf-8":
        raise SourceUnreadable(asked.path, _ENCODING_IS_FOR)
    types = _zones(asked)
    with open_stream(asked, asked.path, moments_as_text=bool(types)) as stream:
        whole = _whole(asked, stream)
        records = (Read(zones.as_seen(_stored(record), types)) for record in whole)
        geometry, crs, count = stream.geometry, stream.crs, stream.count
        schema = zones.typed(_stored_schema(stream.reader.schema), types)
        yield Opened(schema, records, geometry, crs, count)


def _zones(asked: Asked) -> Mapping[str, pa.DataType]:
    """Types of the columns of moments, where they are not those that GDAL gives."""
    with open_stream(asked, asked.path) as stream:
        names, layer = zones.untold(stream.reader.schema), stream.layer
    if not names:
        return {}
    looking = {"columns": names, "read_geometry": False, "batch_size": asked.batch_rows}
    with (
        telling(asked.path),
        pyogrio.open_arrow(asked.path, layer=layer, datetime_as_string=True, **looking) as opened,
    ):
        return zones.found(names, pa.RecordBatchReader.from_stream(opened[1]))


def _whole(asked: Asked, stream: "Stream") -> Iterator[pa.RecordBatch]:
    """The records, to the last: of a damaged file GDAL gives what stands before the damage."""
    rows = 0
    for record in _quietly(stream.reader):
        rows += record.num_rows
        yield record
    if stream.count is not None and rows < stream.count and rows < _counted(asked, stream):
        reason = f"after row {rows}: it is damaged, {stream.count} rows should be there"
        raise SourceUnreadable(asked.path, reason)


def _quietly(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """The records; a time in another zone than a GeoPackage may have is read right all the same."""
    while True:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Non-conformant content", RuntimeWarning)
            record = next(reader, None)
        if record is None:
            return
        yield record


def _counted(asked: Asked, stream: "Stream") -> int:
    """How many rows a GeoPackage has: what it says of itself may be old, and its table is not."""
    assert stream.count is not None
    if asked.path.suffix.lower() != ".gpkg":
        return stream.count
    table = stream.layer.replace('"', '""')
    try:
        address = f"{asked.path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as file:
            return int(file.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])
    except sqlite3.Error:
        return stream.count


class Stream:
    """What GDAL opened: a reader of record batches, and what it says of them."""

    def __init__(self, meta: dict[str, Any], reader: pa.RecordBatchReader, info: Any) -> None:
        count = int(info["features"])
        self.reader = reader
        self.layer = str(info["layer_name"])
        self.fields = [str(name) for name in meta["fields"]]
        self.crs = meta["crs"]
        self.count = count if count >= 0 else None
        name = meta["geometry_name"] or WKB
        self.geometry = name if name in reader.schema.names else None


@contextmanager
def open_stream(
    asked: Asked, path: Path, *, moments_as_text: bool = False, **options: Any
) -> Iterator[Stream]:
    """Open a layer of a file as GDAL gives it; `path` is the file or a copy of it."""
    with telling(asked.path), ExitStack() as opened:
        options["layer"] = asked.layer or only_layer(asked.path, path)
        with _measured():
            info = pyogrio.read_info(path, **options)
        if asked.only is not None:
            kept = [name for name in info["fields"] if name == asked.only]
            options |= {"columns": kept or None, "read_geometry": False}
        elif tuple(info["fields"][: len(TOLD)]) == TOLD:
            options["columns"] = list(info["fields"][len(TOLD) :])
        options |= {"batch_size": asked.batch_rows, "datetime_as_string": moments_as_text}
        arrow = pyogrio.open_arrow(path, **options)
        with _measured():
            meta, stream = opened.enter_context(arrow)
        reader = pa.RecordBatchReader.from_stream(stream)
        yield Stream(meta, reader, info)


@contextmanager
def _measured() -> Iterator[None]:
    """Keeps pyogrio from saying that measures are lost: they come with the WKB all the same."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Measured", UserWarning)
        yield


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Turns what GDAL says of a file that it cannot open into SourceUnreadable."""
    try:
        yield
    except UnicodeError as error:
        raise SourceUnreadable(path, "the names in it are not UTF-8") from error
    except (DataSourceError, DataLayerError) as error:
        raise SourceUnreadable(path, str(error)) from error


def only_layer(path: Path, opened: Path) -> str:
    """The one layer of a file; LayerAmbiguous where it has more."""
    try:
        with _measured():
            names = [str(name) for name, _ in pyogrio.list_layers(opened)]
    except DataSourceError as error:
        raise SourceUnreadable(path, "it is not a vector file that GDAL can read") from error
    if not names:
        raise SourceUnreadable(path, "it has no layer, or is damaged")
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
