"""Columns of Arrow, pandas and GeoPandas tables, taken and given (表格列).

Numbers are taken as views and codes are given as views wherever the other side's memory allows:
fixed-width ASCII is at once the data of an Arrow string column, and a pandas ``str`` column is
one.  What comes in decides what goes out, a Series with its index: so the partition of a
distributed dataframe is encoded by one call.  pyarrow and pandas are loaded only by who has them.

>>> to_arrow(np.array([b"N50J47", b"N50J48"])).to_pylist()
['N50J47', 'N50J48']
>>> places(shapely.points([[116.3, 39.9]]))
(array([116.3]), array([39.9]))
>>> places(np.array([shapely.Point(1, 2), shapely.box(0, 0, 1, 1)]))
Traceback (most recent call last):
...
gridcode.errors.CoordinateError: row 1 is no point in 'Polygon'; \
allowed: points of lon, lat
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import shapely
from numpy.typing import NDArray

from gridcode.errors import CodeError, CoordinateError, GridCodeError

__all__ = ["Output", "ascii_of", "codes_of", "given", "places", "taken", "to_arrow"]

Output = Literal["numpy", "arrow", "pandas"]


def _library(column: object) -> Output:
    """Whose column it is; GeoPandas and dask give pandas ones."""
    name = type(column).__module__.partition(".")[0]
    if name == "pyarrow":
        return "arrow"
    return "pandas" if name in {"pandas", "geopandas"} and hasattr(column, "index") else "numpy"


def places(points: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitudes and latitudes of a GeoSeries, or an array, of points.

    CoordinateError names the first row that is no point, or a CRS that is not longitude, latitude.
    """
    crs = getattr(points, "crs", None)
    if crs is not None and not crs.is_geographic:
        raise CoordinateError(
            "these points are not in degrees", str(crs), None, "EPSG:4490, EPSG:4326, OGC:CRS84"
        )
    shapes = np.atleast_1d(np.asarray(points, dtype=object))
    bad = (shapely.get_type_id(shapes) != shapely.GeometryType.POINT) | shapely.is_empty(shapes)
    if bad.any():
        row = int(bad.argmax())
        name = getattr(shapes[row], "geom_type", str(shapes[row]))
        raise CoordinateError(f"row {row} is no point", name, None, "points of lon, lat", row)
    return shapely.get_x(shapes), shapely.get_y(shapes)


def taken(lon: Any, lat: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Two columns of degrees as arrays, or those of one column of points if there is no second."""
    if lat is None:
        return places(lon)
    both = _library(lon) == _library(lat) == "pandas"
    if both and len(lon) == len(lat) and not lon.index.equals(lat.index):
        raise CoordinateError(
            "longitudes and latitudes have different indexes", "", None, "two columns of one frame"
        )
    return np.asarray(lon), np.asarray(lat)


def given(found: NDArray[Any], like: Any, output: Output | None = None) -> Any:
    """A result as the column that it came from is, or as asked for."""
    kind = output or _library(like)
    if kind not in get_args(Output):
        raise GridCodeError("there is no such output", str(kind), None, ", ".join(get_args(Output)))
    if kind == "numpy":
        return found
    column = to_arrow(found)
    if kind == "arrow":
        return column
    import pandas as pd  # noqa: PLC0415 - whoever has a Series has loaded it

    text = found.dtype.kind == "S"
    return pd.Series(
        column if text else found, index=getattr(like, "index", None), dtype="str" if text else None
    )


def to_arrow(found: NDArray[Any]) -> Any:
    """An Arrow array of numbers, or of ASCII of one width, over the same memory."""
    import pyarrow as pa  # noqa: PLC0415 - not needed for arrays

    if found.dtype.kind != "S":
        return pa.array(found)
    if len(found) and (found.view(np.uint8).reshape(len(found), -1)[:, -1] == 0).any():
        return pa.array([text.decode() for text in found.tolist()], pa.large_string())
    offsets = np.arange(len(found) + 1, dtype=np.int64) * found.itemsize
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(found)]
    return pa.Array.from_buffers(pa.large_string(), len(found), buffers)


def ascii_of(codes: NDArray[Any]) -> NDArray[np.bytes_]:
    """A column of codes as fixed-width ASCII; CodeError names the first row that is no text."""
    if codes.dtype.kind == "S":
        return codes
    items = codes.tolist()
    for row, item in enumerate(items):
        if not isinstance(item, (str, bytes)):
            raise CodeError(f"row {row} is no text", str(item), None, "str or bytes", row)
    return np.array(
        [item.encode("ascii", "replace") if isinstance(item, str) else item for item in items],
        np.bytes_,
    )


def codes_of(column: Any) -> NDArray[Any]:
    """A column of codes as an array: Arrow strings of one width as a view of fixed-width ASCII."""
    if _library(column) == "numpy":
        return np.asarray(column)
    import pyarrow as pa  # noqa: PLC0415 - whoever has such a column has loaded it

    texts = pa.array(column) if _library(column) == "pandas" else column
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    if not pa.types.is_string(texts.type) and not pa.types.is_large_string(texts.type):
        return np.asarray(texts)
    kind = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    _, offsets_buffer, data = texts.buffers()
    start = texts.offset
    offsets = np.frombuffer(offsets_buffer, kind)[start : start + len(texts) + 1]
    widths = np.diff(offsets)
    if texts.null_count or not len(texts) or widths[0] == 0 or (widths != widths[0]).any():
        return np.array(texts.to_pylist(), dtype=object)
    ascii_ = np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]]
    return ascii_.view(f"S{widths[0]}")
