"""Reads the keys of a file alone (读取键值): of any vector file or table, with geometry or without.

A key is the text that it is as a value of its field, as in `layers.rows`.
"""

from collections.abc import Iterator
from typing import NamedTuple

import pyarrow as pa

from cim.assignment.problems import Problems
from layers.errors import FieldMissing, SourceUnreadable
from layers.reading.opened import Asked, tell
from layers.rows import values_of
from layers.source import column_of, open_table
from layers.vector_file import VectorFile

BATCH_ROWS = 16_384


class Keys(NamedTuple):
    """Keys of the rows `first`… of a file (counted from 1); None where a row has none."""

    first: int
    values: list[str | None]


def read_keys(file: VectorFile, problems: Problems | None = None) -> Iterator[Keys]:
    """Batch after batch; `problems` gets what could not be read of a key.

    Raises SourceUnreadable, LayerAmbiguous, UploadRefused, FieldMissing.
    """
    assert file.key is not None
    problems = problems or Problems()
    asked = Asked(file.path, file.source_layer, file.encoding, (), file.key, BATCH_ROWS)
    first = 1
    with open_table(asked) as opened:
        names = [name for name in opened.schema.names if name != opened.geometry]
        if file.key not in names:
            raise FieldMissing(file.key, names)
        try:
            for record, faults in opened.records:
                of_keys = [fault for fault in faults if fault.field in {file.key, None}]
                tell(of_keys, first, problems)
                yield Keys(first, _keys(record, file.key, first, problems))
                first += record.num_rows
        except (pa.ArrowException, OSError) as error:
            raise SourceUnreadable(file.path, f"after row {first - 1}: {error}") from error


def _keys(record: pa.RecordBatch, key: str, first: int, problems: Problems) -> list[str | None]:
    column = column_of(record.schema.field(key))
    values = values_of(column, record.column(key), first, problems)
    return [None if value in (None, "") else str(value) for value in values]
