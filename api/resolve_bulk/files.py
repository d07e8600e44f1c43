"""Files of codes resolved (文件批量解析): CSV, NDJSON, JSON, Arrow, Parquet.

The format of the file stays. Rows pass in blocks; what is made has another name until it is whole,
so that a file that is there is a finished one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from api.errors import BadTable, UnsupportedTable
from api.output import whole
from api.resolve_bulk import Adder
from api.resolve_bulk.columns import (
    Counts,
    Names,
    Resolve,
    add_to_arrow,
    add_to_batches,
    add_to_csv,
    extended,
)
from api.resolve_bulk.lines import add_to_json, add_to_ndjson
from cim.resolve_bulk import BLOCK

__all__ = ["check_files", "resolve_file"]

_ARROW_FILE = b"ARROW1"


def check_files(path: Path, output: Path) -> None:
    """UnsupportedTable or BadTable where the names of the files say that it cannot be done."""
    if path.suffix.lower() not in _KINDS:
        raise UnsupportedTable(path.suffix, _KINDS)
    if output.suffix.lower() != path.suffix.lower():
        raise BadTable(f"{output.name} must end in {path.suffix}, as {path.name} does")


def resolve_file(path: Path, output: Path, names: Names, resolve: Resolve) -> Counts:
    """Write the file with what its codes name; BadTable and BadRow leave nothing behind."""
    check_files(path, output)
    with whole(output) as temporary:
        return _KINDS[path.suffix.lower()](path, temporary, names, resolve)


def _streamed(add: Adder) -> Callable[[Path, Path, Names, Resolve], Counts]:
    def resolve_stream(path: Path, output: Path, names: Names, resolve: Resolve) -> Counts:
        with path.open("rb") as source, output.open("wb") as target:
            return add(source, target, names, resolve)

    return resolve_stream


def _arrow(path: Path, output: Path, names: Names, resolve: Resolve) -> Counts:
    """An IPC file, or an IPC stream."""
    with path.open("rb") as source:
        if source.read(len(_ARROW_FILE)) != _ARROW_FILE:
            return _streamed(add_to_arrow)(path, output, names, resolve)
    try:
        with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
            schema = extended(reader.schema, names)
            batches = (reader.get_batch(n) for n in range(reader.num_record_batches))
            with pa.ipc.new_file(str(output), schema) as writer:
                return add_to_batches(batches, writer.write_batch, schema, names, resolve)
    except pa.ArrowException as error:
        raise BadTable(f"{path} is not an Arrow file: {error}") from None


def _parquet(path: Path, output: Path, names: Names, resolve: Resolve) -> Counts:
    try:
        with pq.ParquetFile(path) as source:
            schema = extended(source.schema_arrow, names)
            with pq.ParquetWriter(output, schema) as target:
                batches = source.iter_batches(BLOCK)
                return add_to_batches(batches, target.write_batch, schema, names, resolve)
    except pa.ArrowException as error:
        raise BadTable(f"{path} is not a Parquet file: {error}") from None


_KINDS: dict[str, Callable[[Path, Path, Names, Resolve], Counts]] = {
    ".csv": _streamed(add_to_csv),
    ".ndjson": _streamed(add_to_ndjson),
    ".jsonl": _streamed(add_to_ndjson),
    ".json": _streamed(add_to_json),
    ".arrow": _arrow,
    ".arrows": _arrow,
    ".parquet": _parquet,
}
