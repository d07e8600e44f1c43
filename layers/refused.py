"""Writes the refused rows of a file as a GeoPackage (问题行导出), to be mended and loaded again.

A row has its fields as the file has them, its geometry where it can be written, and columns that
tell what is wrong: the number of the row, and of every rule that it breaks the field, the value,
the id and the words in two languages. Where faults have places, those are a layer of their own
(`layers.faults`). The file is read once more; memory does not grow with it.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from cim.assignment.problems import Problem
from layers import faults
from layers.findings import Findings
from layers.keys import read_keys
from layers.reading.opened import TOLD
from layers.source import Batch, Source, open_source
from layers.vector_file import VectorFile

LAYER = "refused"
_BETWEEN = "; "
_GEOMETRY = "refused_geometry"


def write_refused(file: VectorFile, findings: Findings, path: Path) -> int:
    """Write the refused rows and the places of faults to a new GeoPackage; how many rows.

    SourceUnreadable, OSError.
    """
    path.unlink(missing_ok=True)
    if not findings.problems.count:
        faults.write(findings, path)
        return 0
    if file.mode == "delete":
        _write(path, _keys_schema(), _key_batches(file, findings))
        return findings.refused
    source = open_source(file.path, file.source_layer, file.crs, file.encoding)
    with source as opened:
        schema = _schema(opened)
        batches = _batches(opened, findings, schema)
        crs = opened.crs.to_wkt()
        _write(path, schema, batches, geometry_name=_GEOMETRY, geometry_type="Unknown", crs=crs)
    faults.write(findings, path)
    return findings.refused


def _write(path: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch], **place: str) -> None:
    reader = pa.RecordBatchReader.from_batches(schema, batches)
    options = {"FID": "refused_id", "GEOMETRY_NAME": "refused_geometry"}
    options = options if place else {"FID": "refused_id"}
    try:
        pyogrio.write_arrow(
            reader, path, layer=LAYER, driver="GPKG", layer_options=options, **place
        )
    except (DataSourceError, DataLayerError) as error:
        raise OSError(str(error)) from error


def _batches(source: Source, findings: Findings, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for batch in source.batches():
        told = _told(findings, batch.first_row, len(batch))
        if told:
            yield _record(batch, told, schema)


def _told(findings: Findings, first: int, size: int) -> dict[int, list[Problem]]:
    """Problems by the place of their row in a batch."""
    found = findings.each(first=first, last=first + size - 1)
    return {row - first: list(each) for row, each in groupby(found, lambda p: p.row)}


def _record(batch: Batch, told: dict[int, list[Problem]], schema: pa.Schema) -> pa.RecordBatch:
    rows = pa.array(list(told))
    fields = list(schema)[len(TOLD) : -1]
    own = [
        _plain(column.take(rows), field.type)
        for column, field in zip(batch.columns, fields, strict=True)
    ]
    geometry = pa.array(_written(batch.geometries[list(told)]), pa.binary())
    return pa.record_batch([*_words(list(told.values())), *own, geometry], schema=schema)


def _written(geometries: Any) -> list[bytes | None]:
    """Geometries as WKB; one with coordinates that are no numbers cannot be written."""
    return [
        None if shape is None or not _finite(shape) else shapely.to_wkb(shape)
        for shape in geometries
    ]


def _finite(shape: Any) -> bool:
    return bool(np.isfinite(shapely.get_coordinates(shape)).all())


def _words(problems: Sequence[Sequence[Problem]]) -> list[pa.Array]:
    """The columns that tell what is wrong with rows."""
    parts = ("field", "value", "rule", "zh", "reason")
    texts = [
        [_BETWEEN.join(str(getattr(one, part) or "") for one in each) for each in problems]
        for part in parts
    ]
    rows = pa.array([each[0].row for each in problems], pa.int64())
    return [rows, *(pa.array(text, pa.string()) for text in texts)]


def _schema(source: Source) -> pa.Schema:
    names = _distinct([column.name for column in source.columns])
    types = [_KINDS.get(column.type, pa.string()) for column in source.columns]
    own = [pa.field(name, kind) for name, kind in zip(names, types, strict=True)]
    return pa.schema([*_told_fields(), *own, pa.field(_GEOMETRY, pa.binary())])


def _told_fields() -> list[pa.Field]:
    return [pa.field(TOLD[0], pa.int64()), *(pa.field(name, pa.string()) for name in TOLD[1:])]


# A GeoPackage has fewer types than a file may have; what it has not is written as text.
_KINDS = {
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "double precision": pa.float64(),
    "date": pa.date32(),
}


def _distinct(names: Sequence[str]) -> list[str]:
    """Names that differ even where case does not count, as in SQLite."""
    taken = {"refused_id", _GEOMETRY, *TOLD}
    made = []
    for name in names:
        free = name
        while free.lower() in taken:
            free = f"source_{free}"
        taken.add(free.lower())
        made.append(free)
    return made


def _plain(values: pa.Array, kind: pa.DataType) -> pa.Array:
    if kind != pa.string():
        return values.cast(kind, safe=False)
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        large = pa.types.is_large_string(values.type)
        raw = values.cast(pa.large_binary() if large else pa.binary()).to_pylist()
        texts = [None if value is None else value.decode(errors="replace") for value in raw]
    else:
        texts = [None if value is None else str(value) for value in values.to_pylist()]
    return pa.array(texts, pa.string())


def _keys_schema() -> pa.Schema:
    return pa.schema([*_told_fields(), pa.field("key", pa.string())])


def _key_batches(file: VectorFile, findings: Findings) -> Iterator[pa.RecordBatch]:
    for keys in read_keys(file):
        told = _told(findings, keys.first, len(keys.values))
        if told:
            key = pa.array([keys.values[i] for i in told], pa.string())
            columns = [*_words(list(told.values())), key]
            yield pa.record_batch(columns, schema=_keys_schema())
