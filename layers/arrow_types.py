"""The Arrow type of the values of a column (列的 Arrow 类型); what is not here is what it shows."""

from typing import Any

import pyarrow as pa

ARROW = {
    "text": pa.string(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "double precision": pa.float64(),
    "numeric": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
}


def doubles(values: Any) -> Any:
    """Numbers of single precision as doubles, by the shortest decimal that means them.

    That is what their source had: 80.2, and not 80.19999694824219. An array or its chunks.

    >>> doubles(pa.array([80.2, None, float("nan"), 1e-7], pa.float32())).to_pylist()
    [80.2, None, nan, 1e-07]
    """
    return values.cast(pa.string()).cast(pa.float64())
