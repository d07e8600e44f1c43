"""Time zones of moments that GDAL gives without them (时区识别), as of a FlatGeobuf.

A FlatGeobuf and its like keep a zone with every value and none with the field, and then the Arrow
stream of GDAL has local times and nothing else. As texts the values have their zones. So a column
is looked at to its end: where all have a zone it is one of instants, where none has it stays one of
local times, and where some have it is one of texts, as in GeoJSON and CSV.

>>> seen = Seen()
>>> seen.look(pa.array(["2024-01-01T00:00:00+08:00", None, "2024-06-01T00:00:00.25Z"]))
>>> seen.type
TimestampType(timestamp[us, tz=UTC])
>>> seen.look(pa.array(["2024-01-01T00:00:00"]))
>>> seen.type
DataType(string)
"""

from collections.abc import Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

_ZONE = r"(Z|[-+]\d{2}(:?\d{2})?)$"


class Seen:
    """Whether the texts of a column have zones."""

    def __init__(self) -> None:
        self._kinds: set[bool] = set()

    def look(self, texts: pa.Array) -> None:
        zoned = pc.drop_null(pc.match_substring_regex(texts, _ZONE))
        self._kinds |= set(pc.unique(zoned).to_pylist())

    @property
    def type(self) -> pa.DataType:
        if len(self._kinds) > 1:
            return pa.string()
        return pa.timestamp("us", "UTC" if True in self._kinds else None)


def untold(schema: pa.Schema) -> list[str]:
    """The columns of moments, where of one at least the zone is not told."""
    moments = [field for field in schema if pa.types.is_timestamp(field.type)]
    return [f.name for f in moments] if any(f.type.tz is None for f in moments) else []


def found(names: list[str], records: Iterable[pa.RecordBatch]) -> Mapping[str, pa.DataType]:
    """The types of columns of texts; none where all are local times, which GDAL gives itself."""
    seen = {name: Seen() for name in names}
    for record in records:
        for name, column in seen.items():
            column.look(record.column(name))
    types = {name: column.type for name, column in seen.items()}
    return types if any(kind != pa.timestamp("us") for kind in types.values()) else {}


def as_seen(record: pa.RecordBatch, types: Mapping[str, pa.DataType]) -> pa.RecordBatch:
    """A record whose texts are what they were seen to be."""
    columns = [
        column.cast(types[name]) if name in types else column
        for name, column in zip(record.schema.names, record.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=typed(record.schema, types))


def typed(schema: pa.Schema, types: Mapping[str, pa.DataType]) -> pa.Schema:
    return pa.schema([field.with_type(types.get(field.name, field.type)) for field in schema])
