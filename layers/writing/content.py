"""What is written (导出内容): the rows of a layer in Arrow batches, and what is to be said of them.

Coordinates are x before y, as every binary format wants them whatever the axis order of their CRS;
only features of JSON have the order of the CRS.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

from cim.crs import EPSG, Crs
from cim.item_columns import Property
from cim.layer import Layer
from cim.queryables import geometry_name

__all__ = ["Content", "Tally", "arrow_schema", "heights", "record_batch"]

ARROW: dict[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "double precision": pa.float64(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", "UTC"),
    "timestamp": pa.timestamp("us"),
    "text": pa.string(),
}
_SIMPLE = {"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"}


Heights = Literal["none", "some", "all"]


@dataclass(slots=True)
class Tally:
    """How many rows have been written."""

    rows: int = 0


@dataclass(frozen=True, slots=True)
class Content:
    """Rows, and what they are.

    `read` begins to read them anew: batches of the columns of `cim.item_shown`. `past` tells that
    they are of a time of the past, when the layer may have had other types of geometries; `matched`
    how many there are, where that is known before, and `heights` which of them have one.
    """

    layer: Layer
    crs: Crs
    properties: tuple[Property, ...]
    read: Callable[[], Iterable[pa.RecordBatch]]
    past: bool = False
    matched: int | None = None
    heights: Heights = "none"
    tally: Tally = field(default_factory=Tally)

    @property
    def geometry(self) -> str:
        """Name of the geometry column."""
        return geometry_name(self.layer)

    @property
    def geometry_type(self) -> str | None:
        """The one type that all geometries have, without heights; None where that is not sure."""
        kind, layer = self.layer.geometry_type, self.layer
        sure = not (self.past or layer.growing)
        return kind if kind in _SIMPLE and sure else None

    @property
    def authority(self) -> str:
        """The CRS as `EPSG:n`, or `OGC:CRS84`."""
        if self.crs.uri.startswith(EPSG):
            return f"EPSG:{self.crs.uri.removeprefix(EPSG)}"
        return "OGC:CRS84"

    @property
    def schema(self) -> pa.Schema:
        """The properties, and after them the geometry as ISO WKB."""
        return arrow_schema(self.properties, self.geometry)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows as they are read, counted."""
        self.tally.rows = 0
        for batch in self.read():
            self.tally.rows += batch.num_rows
            yield batch

    def table_batches(self) -> Iterator[pa.RecordBatch]:
        """The rows in `schema`."""
        schema = self.schema
        for batch in self.batches():
            yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)


def heights(high: int, flat: int) -> Heights:
    """Which have heights, of so many that do and so many that do not."""
    if not high:
        return "none"
    return "some" if flat else "all"


def arrow_schema(properties: Sequence[Property], geometry: str) -> pa.Schema:
    own = [pa.field(each.name, ARROW[each.type]) for each in properties]
    return pa.schema([*own, pa.field(geometry, pa.binary())])


def record_batch(rows: Sequence[Sequence[Any]], properties: Sequence[Property]) -> pa.RecordBatch:
    """Rows of a driver as a batch; what a row has after its geometry is left out."""
    schema = arrow_schema(properties, "cim_shape")
    columns = list(zip(*rows, strict=True))[: len(schema)] if rows else [()] * len(schema)
    arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
