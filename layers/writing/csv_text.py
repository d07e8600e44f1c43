"""Rows as CSV (逗号分隔导出): UTF-8 with a mark, so that spreadsheets read Chinese; RFC 4180.

The geometry is WKT, x before y, with the decimals that its CRS has in JSON. Null is nothing, an
empty text is `""`. Texts are as they are: a spreadsheet may take one for a formula.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.csv
import shapely

from layers.writing.content import Content
from layers.writing.sink import Sink

__all__ = ["csv"]

_MARK = b"\xef\xbb\xbf"


def csv(content: Content) -> Iterator[bytes]:
    sink = Sink()
    sink.write(_MARK)
    place = len(content.schema) - 1
    schema = content.schema.set(place, pa.field(content.geometry, pa.string()))
    with pyarrow.csv.CSVWriter(sink, schema) as writer:
        yield sink.take()
        for batch in content.table_batches():
            texts = _wkt(batch.column(place), content.crs.digits)
            writer.write_batch(batch.set_column(place, schema.field(place), texts))
            yield sink.take()


def _wkt(wkb: Any, digits: int) -> pa.Array:
    shapes = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False))
    return pa.array(shapely.to_wkt(shapes, rounding_precision=digits, trim=True), pa.string())
