"""Rows as GeoParquet 1.1 and as an Arrow IPC stream (列式导出).

Both have the geometry as ISO WKB and its CRS as PROJJSON. GeoParquet has a column of boxes, so that
readers pass over row groups that are elsewhere, and tells the types of geometries and how far they
reach at its end. It has no end before that: a file that broke off cannot be opened.
"""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely
from numpy.typing import NDArray

from layers.writing.content import Content
from layers.writing.sink import Sink

__all__ = ["arrow", "geoparquet"]

GROUP_ROWS = 65_536
GROUP_BYTES = 64 << 20
_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_BOX = pa.struct([pa.field(name, pa.float64(), nullable=False) for name in _CORNERS])
_PAGE = 1 << 18  # bytes; many pages make a row group that is cheap to look into


def geoparquet(content: Content) -> Iterator[bytes]:
    sink, seen = Sink(), _Seen()
    box = _box_name(content)
    schema = content.schema.append(pa.field(box, _BOX))
    options = {
        "compression": "zstd",
        "data_page_size": _PAGE,
        "write_page_index": True,
        # of geometries no two are the same
        "use_dictionary": [each.name for each in content.properties],
    }
    with pq.ParquetWriter(sink, schema, **options) as writer:
        for group in _groups(content):
            boxes = seen.look(group.column(content.geometry))
            writer.write_table(group.append_column(schema.field(box), boxes))
            yield sink.take()
        geo = json.dumps(_geo(content, box, seen), ensure_ascii=False)
        writer.add_key_value_metadata({"geo": geo})
    yield sink.take()


def arrow(content: Content) -> Iterator[bytes]:
    """The stream tells in its schema how many rows there are, where that is known."""
    sink = Sink()
    said = json.dumps({"crs": _projjson(content), "crs_type": "projjson"}, ensure_ascii=False)
    extension = {"ARROW:extension:name": "geoarrow.wkb", "ARROW:extension:metadata": said}
    place = len(content.schema) - 1
    shape = content.schema.field(place).with_metadata(extension)
    schema = content.schema.set(place, shape)
    if content.matched is not None:
        schema = schema.with_metadata({"numberMatched": str(content.matched)})
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in content.table_batches():
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
            yield sink.take()
    yield sink.take()


class _Seen:
    """What geometries were seen: their types, and how far they reach."""

    def __init__(self) -> None:
        self._kinds: set[tuple[int, bool]] = set()
        self._reach = np.array([np.inf, np.inf, -np.inf, -np.inf])

    def look(self, wkb: pa.ChunkedArray) -> pa.Array:
        """The boxes of geometries."""
        shapes = shapely.from_wkb(wkb.to_numpy())
        kinds = np.unique(shapely.get_type_id(shapes) * 2 + shapely.has_z(shapes))
        self._kinds |= {(int(kind) // 2, bool(kind % 2)) for kind in kinds}
        bounds: NDArray[np.float64] = shapely.bounds(shapes)
        empty = np.isnan(bounds).any(axis=1)
        if not empty.all():
            low, high = np.fmin.reduce(bounds), np.fmax.reduce(bounds)
            self._reach[:2] = np.minimum(self._reach[:2], low[:2])
            self._reach[2:] = np.maximum(self._reach[2:], high[2:])
        corners = [pa.array(bounds[:, n]) for n in range(4)]
        return pa.StructArray.from_arrays(corners, fields=list(_BOX), mask=pa.array(empty))

    @property
    def types(self) -> list[str]:
        names = {int(each): _NAMES[each.name] for each in shapely.GeometryType if int(each) >= 0}
        return sorted(f"{names[kind]}{' Z' if high else ''}" for kind, high in self._kinds)

    @property
    def reach(self) -> list[float] | None:
        return [float(n) for n in self._reach] if np.isfinite(self._reach).all() else None


_NAMES = {
    "POINT": "Point",
    "LINESTRING": "LineString",
    "LINEARRING": "LineString",
    "POLYGON": "Polygon",
    "MULTIPOINT": "MultiPoint",
    "MULTILINESTRING": "MultiLineString",
    "MULTIPOLYGON": "MultiPolygon",
    "GEOMETRYCOLLECTION": "GeometryCollection",
}


def _groups(content: Content) -> Iterator[pa.Table]:
    """The rows in tables that become row groups."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in content.table_batches():
        held.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= GROUP_ROWS or size >= GROUP_BYTES:
            yield pa.Table.from_batches(held)
            held, rows, size = [], 0, 0
    if rows:
        yield pa.Table.from_batches(held)


def _box_name(content: Content) -> str:
    taken = set(content.schema.names)
    return next(name for name in ("bbox", "geometry_bbox", "cim_bbox") if name not in taken)


def _geo(content: Content, box: str, seen: _Seen) -> dict[str, Any]:
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": seen.types,
        "crs": _projjson(content),
        "covering": {"bbox": {corner: [box, corner] for corner in _CORNERS}},
    }
    if seen.reach is not None:
        column["bbox"] = seen.reach
    return {
        "version": "1.1.0",
        "primary_column": content.geometry,
        "columns": {content.geometry: column},
    }


def _projjson(content: Content) -> dict[str, Any]:
    found: dict[str, Any] = pyproj.CRS.from_user_input(content.authority).to_json_dict()
    return found
