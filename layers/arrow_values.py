"""Values of Arrow that no table has, as the nearest that one has (列值转换).

A whole number without a sign may be too large for 64 bits with one, and then it is a fault of its
row. A duration is a text of ISO 8601, in hours at the most, as days are not all of one length.

>>> durations(pa.array([5_400_000_000, -1_500_000, 0, None], pa.duration("us"))).to_pylist()
['PT1H30M', '-PT1.5S', 'PT0S', None]
>>> values, faults = signed(pa.array([7, 2**63], pa.uint64()), "n")
>>> values.to_pylist(), [(fault.place, fault.field, fault.said.rule) for fault in faults]
([7, None], [(1, 'n', 'value.unfit')])
"""

import pyarrow as pa
import pyarrow.compute as pc

from cim.assignment.rules import broken
from layers.reading.opened import Fault, Read

_LARGEST = pa.scalar(2**63 - 1, pa.uint64())
_OF_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def tabled(record: pa.RecordBatch) -> Read:
    """A record of types that `typed` gives, and what was wrong in its rows."""
    columns, faults = [], list[Fault]()
    for name, column in zip(record.schema.names, record.columns, strict=True):
        if pa.types.is_uint64(column.type):
            made, wrong = signed(column, name)
            columns.append(made)
            faults += wrong
        else:
            columns.append(durations(column) if pa.types.is_duration(column.type) else column)
    return Read(pa.RecordBatch.from_arrays(columns, schema=typed(record.schema)), faults)


def typed(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.with_type(_type(field.type)) for field in schema])


def _type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_uint64(kind):
        return pa.int64()
    return pa.string() if pa.types.is_duration(kind) else kind


def signed(numbers: pa.Array, name: str) -> tuple[pa.Array, list[Fault]]:
    """Numbers without a sign as ones with it; null and a fault where they are too large."""
    fits = pc.less_equal(numbers, _LARGEST)
    faults = [
        Fault(place, name, broken("value.unfit", numbers[place].as_py(), kind="bigint"))
        for place in pc.indices_nonzero(pc.invert(fits).fill_null(False)).to_pylist()
    ]
    none = pa.scalar(None, pa.uint64())
    return pc.if_else(fits, numbers, none).cast(pa.int64()), faults


def durations(lengths: pa.Array) -> pa.Array:
    """Durations as texts of ISO 8601."""
    parts = _OF_SECOND[lengths.type.unit]
    told = [_told(value, parts) for value in lengths.cast(pa.int64()).to_pylist()]
    return pa.array(told, pa.string())


def _told(value: int | None, parts: int) -> str | None:
    if value is None:
        return None
    whole, rest = divmod(abs(value), parts)
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    digits = f"{rest:0{len(str(parts)) - 1}d}".rstrip("0") if rest else ""
    fine = f"{seconds}.{digits}" if digits else str(seconds)
    text = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    text += f"{fine}S" if seconds or rest or not text else ""
    return f"{'-' if value < 0 else ''}PT{text}"
