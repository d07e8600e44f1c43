"""Geometry columns of GeoParquet in its native encodings (GeoParquet 原生几何编码).

GeoParquet 1.1 may write points, lines and polygons as nested lists of coordinates, as GeoArrow
does: a coordinate is a struct of `x`, `y` and perhaps `z`. They become WKB.

>>> point = pa.array([{"x": 112.1, "y": 32.0}, None])
>>> [wkb and shapely.from_wkb(wkb) for wkb in to_wkb(point, "point").to_pylist()]
[<POINT (112.1 32)>, None]
>>> to_wkb(point, "circle")
Traceback (most recent call last):
ValueError: the encoding 'circle'
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray
from shapely import GeometryType

# Each encoding with its type and how many lists there are around a coordinate.
ENCODINGS = {
    "point": (GeometryType.POINT, 0),
    "linestring": (GeometryType.LINESTRING, 1),
    "polygon": (GeometryType.POLYGON, 2),
    "multipoint": (GeometryType.MULTIPOINT, 1),
    "multilinestring": (GeometryType.MULTILINESTRING, 2),
    "multipolygon": (GeometryType.MULTIPOLYGON, 3),
}


def to_wkb(column: pa.Array, encoding: str) -> pa.Array:
    """WKB of a column; ValueError where the encoding, or the type for it, is unknown."""
    if encoding not in ENCODINGS:
        raise ValueError(f"the encoding {encoding!r}")
    kind, depth = ENCODINGS[encoding]
    there = column.is_valid()
    offsets: list[NDArray[np.int64]] = []
    inner: Any = column.filter(there)
    for _ in range(depth):
        if not pa.types.is_list(inner.type) and not pa.types.is_large_list(inner.type):
            raise ValueError(f"the encoding {encoding!r} in a column of {column.type}")
        first = inner.offsets[0].as_py()
        offsets.append(inner.offsets.to_numpy().astype(np.int64) - first)
        inner = inner.flatten()
    shapes = shapely.from_ragged_array(kind, _coordinates(inner), tuple(reversed(offsets)) or None)
    result = np.full(len(column), None, object)
    result[there.to_numpy(zero_copy_only=False)] = shapely.to_wkb(shapes)
    return pa.array(result, pa.binary())


def _coordinates(points: pa.Array) -> NDArray[np.float64]:
    if not pa.types.is_struct(points.type):
        raise ValueError(f"coordinates of {points.type}")
    names = [name for name in ("x", "y", "z") if points.type.get_field_index(name) >= 0]
    if len(names) < 2:
        raise ValueError(f"coordinates of {points.type}")
    numbers = [pc.struct_field(points, name).to_numpy(zero_copy_only=False) for name in names]
    return np.ascontiguousarray(np.stack(numbers, axis=1), np.float64)
