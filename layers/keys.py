"""Reads the keys of a file alone (读取键值): of any vector file or table, with geometry or without.

A key is the text that it is as a value of its field, as in `layers.rows`.
"""

import codecs
import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from layers.errors import FieldMissing, LayerAmbiguous, SourceUnreadable
from layers.vector_file import VectorFile

BATCH_ROWS = 16_384
_SEPARATORS = ",;\t|"
_PARQUET = {".parquet", ".geoparquet"}


class Keys(NamedTuple):
    """Keys of the rows `first`… of a file (counted from 1); None where a row has none."""

    first: int
    values: list[str | None]


def read_keys(file: VectorFile) -> Iterator[Keys]:
    """Batch after batch; SourceUnreadable, LayerAmbiguous, FieldMissing."""
    assert file.key is not None
    if not file.path.exists():
        raise SourceUnreadable(file.path, "there is no such file")
    suffix = file.path.suffix.lower()
    first = 1
    for values in _batches(file, file.key, suffix):
        yield Keys(first, [None if value in (None, "") else str(value) for value in values])
        first += len(values)


def _batches(file: VectorFile, key: str, suffix: str) -> Iterator[list[Any]]:
    if suffix == ".csv":
        return _of_csv(file.path, key, file.encoding or "utf-8")
    if suffix in _PARQUET:
        return _of_parquet(file.path, key)
    return _of_gdal(file, key)


def _of_csv(path: Path, key: str, encoding: str) -> Iterator[list[Any]]:
    try:
        marked = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
        with path.open(encoding=marked, newline="") as text:
            head = text.readline()
            text.seek(0)
            separator = max(_SEPARATORS, key=head.count)
            reader = csv.DictReader(text, delimiter=separator)
            _check_field(key, list(reader.fieldnames or ()))
            while rows := list(islice(reader, BATCH_ROWS)):
                yield [row[key] for row in rows]
    except (UnicodeError, LookupError) as error:
        reason = f"its text is not {encoding}; name its encoding with --encoding, such as GBK"
        raise SourceUnreadable(path, reason) from error
    except (OSError, csv.Error) as error:
        raise SourceUnreadable(path, str(error)) from error


def _of_parquet(path: Path, key: str) -> Iterator[list[Any]]:
    try:
        with pq.ParquetFile(path) as file:
            _check_field(key, file.schema_arrow.names)
            for batch in file.iter_batches(BATCH_ROWS, columns=[key]):
                yield batch.column(0).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise SourceUnreadable(path, f"it is not a Parquet file: {error}") from error


def _of_gdal(file: VectorFile, key: str) -> Iterator[list[Any]]:
    path = file.path
    try:
        layer = file.source_layer or _only_layer(path)
        fields = pyogrio.read_info(path, layer=layer, encoding=file.encoding)["fields"]
        _check_field(key, [str(field) for field in fields])
        options = {"layer": layer, "encoding": file.encoding, "columns": [key]}
        opened = pyogrio.open_arrow(path, read_geometry=False, batch_size=BATCH_ROWS, **options)
        with opened as (_, stream):
            for record in pa.RecordBatchReader.from_stream(stream):
                yield record.column(key).to_pylist()
    except (DataSourceError, DataLayerError, pa.ArrowException, OSError, ValueError) as error:
        raise SourceUnreadable(path, str(error)) from error


def _check_field(key: str, fields: list[str]) -> None:
    if key not in fields:
        raise FieldMissing(key, fields)


def _only_layer(path: Path) -> str:
    names = [str(name) for name, _ in pyogrio.list_layers(path)]
    if len(names) != 1:
        raise LayerAmbiguous(path, names)
    return names[0]
