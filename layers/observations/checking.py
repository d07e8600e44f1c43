"""Marks the doubtful values of the series that a load has touched (质量标记更新).

What was touched is read again with as many neighbours as flags depend on, in the order of series
and time, and checked in numpy; only rows whose flags come out otherwise are written. So flags
follow from the series as it stands, and not from the order in which its values came.
"""

from collections.abc import Iterator, Mapping
from tempfile import SpooledTemporaryFile
from typing import IO

import numpy as np
from numpy.typing import NDArray
from psycopg import Cursor
from sqlalchemy import Connection

from cim.database.sql import affected, driver, run
from cim.doubts import CHECKED, DOUBTS
from cim.observed import Parameter
from layers.observations.checks import check, reach
from layers.observations.store import COPY_HEAD, COPY_TAIL, POSTGRES_EPOCH, Span, moment

BLOCK_ROWS = 1 << 18
SPOOLED_BYTES = 16 << 20
_SETS = 1 << len(DOUBTS)  # that flags can make

# A row of PostgreSQL's binary COPY, as it comes and as it goes.
_READ = np.dtype(
    [("n", ">i2"), ("l0", ">i4"), ("series", ">i4"), ("l1", ">i4"), ("time", ">i8")]
    + [("l2", ">i4"), ("value", ">f8"), ("l3", ">i4"), ("flags", ">i2")]
    + [("l4", ">i4"), ("inner", "?")]
)
_WRITTEN = np.dtype(
    [("n", ">i2"), ("l0", ">i4"), ("series", ">i4"), ("l1", ">i4"), ("time", ">i8")]
    + [("l2", ">i4"), ("flags", ">i2")]
)
_Rows = NDArray[np.void]

_TABLES = """
    CREATE TEMP TABLE observation_touched (
        datastream_id integer PRIMARY KEY, low timestamptz, high timestamptz, reach integer,
        begin_at timestamptz, end_at timestamptz
    ) ON COMMIT DROP
"""

# From `low` to `high` flags can change; they depend on what is from `begin_at` to `end_at`.
_WIDEN = """
    UPDATE observation_touched t SET
        low = coalesce(before.inner_edge, t.low), begin_at = coalesce(before.edge, t.low),
        high = coalesce(behind.inner_edge, t.high), end_at = coalesce(behind.edge, t.high)
    FROM observation_touched same, LATERAL (
        SELECT min(time) AS edge, min(time) FILTER (WHERE place <= same.reach) AS inner_edge FROM (
            SELECT time, row_number() OVER (ORDER BY time DESC) AS place FROM (
                SELECT time FROM cim.observation
                WHERE datastream_id = same.datastream_id AND time < same.low
                ORDER BY time DESC LIMIT 2 * same.reach) o) n) before, LATERAL (
        SELECT max(time) AS edge, max(time) FILTER (WHERE place <= same.reach) AS inner_edge FROM (
            SELECT time, row_number() OVER (ORDER BY time) AS place FROM (
                SELECT time FROM cim.observation
                WHERE datastream_id = same.datastream_id AND time > same.high
                ORDER BY time LIMIT 2 * same.reach) o) n) behind
    WHERE same.datastream_id = t.datastream_id
"""

_COPY_OUT = b"""
    COPY (
        SELECT o.datastream_id, o.time, o.value, o.flags, o.time BETWEEN t.low AND t.high
        FROM observation_touched t JOIN cim.observation o
             ON o.datastream_id = t.datastream_id AND o.time BETWEEN t.begin_at AND t.end_at
        ORDER BY o.datastream_id, o.time
    ) TO STDOUT (FORMAT binary)
"""


def mark(
    connection: Connection, touched: Mapping[int, Span], parameters: Mapping[int, Parameter]
) -> dict[str, int]:
    """Bring the flags of the touched series, and of what lies beside, to what they should be.

    Returns how many values there have each flag.
    """
    run(connection, "DROP TABLE IF EXISTS pg_temp.observation_touched, pg_temp.observation_flag")
    run(connection, _TABLES)
    run(
        connection,
        "CREATE TEMP TABLE observation_flag (datastream_id integer, time timestamptz,"
        " flags smallint) ON COMMIT DROP",
    )
    _note(connection, touched, parameters)
    run(connection, "ANALYZE observation_touched")
    run(connection, _WIDEN)
    counts = np.zeros(_SETS, np.int64)
    with SpooledTemporaryFile(SPOOLED_BYTES) as spool:  # one COPY at a time is all there can be
        for changed in _changes(connection, parameters, counts):
            spool.write(changed.tobytes())
        spool.seek(0)
        _copy_in(connection, spool)
    run(connection, "ANALYZE observation_flag")
    affected(
        connection,
        """
        UPDATE cim.observation o SET flags = f.flags FROM observation_flag f
        WHERE o.datastream_id = f.datastream_id AND o.time = f.time
          AND o.time BETWEEN $1 AND $2
        """,
        *_bounds(connection),
    )
    sets = np.arange(_SETS)
    found = {name: int(counts[(sets & bit) > 0].sum()) for name, bit in DOUBTS.items()}
    return {name: count for name, count in found.items() if count}


def _bounds(connection: Connection) -> tuple[object, object]:
    [row] = run(connection, "SELECT min(time) AS low, max(time) AS high FROM observation_flag")
    return row.low, row.high


def _note(
    connection: Connection, touched: Mapping[int, Span], parameters: Mapping[int, Parameter]
) -> None:
    run(
        connection,
        """
        INSERT INTO observation_touched (datastream_id, low, high, reach)
        SELECT * FROM unnest($1::int[], $2::timestamptz[], $3::timestamptz[], $4::int[])
        """,
        list(touched),
        [moment(span.low) for span in touched.values()],
        [moment(span.high) for span in touched.values()],
        [reach(parameters[series]) for series in touched],
    )


def _changes(
    connection: Connection, parameters: Mapping[int, Parameter], counts: NDArray[np.int64]
) -> Iterator[_Rows]:
    """Rows whose flags are to be others; `counts` gets how many rows have each set of flags.

    Of the series that a block ends in, the last rows wait for what comes behind them; those that
    are done already stay as neighbours.
    """
    held, done = np.empty(0, _READ), 0
    with driver(connection).cursor() as cursor:
        for block in _blocks(cursor):
            rows = np.concatenate((held, block))
            series = int(rows["series"][-1])
            margin = reach(parameters[series])
            begin = int(np.searchsorted(rows["series"], series))
            ready = max(begin, len(rows) - margin, done)
            yield _checked(rows, parameters, slice(done, ready), counts)
            keep = max(begin, ready - margin)
            held, done = rows[keep:], ready - keep
    if len(held):
        yield _checked(held, parameters, slice(done, len(held)), counts)


def _checked(
    rows: _Rows, parameters: Mapping[int, Parameter], due: slice, counts: NDArray[np.int64]
) -> _Rows:
    """Of the rows that are due, those whose flags change, with their new flags."""
    flags = np.zeros(len(rows), np.int16)
    begins = np.flatnonzero(np.diff(rows["series"].astype(np.int64), prepend=-1))
    micros, values = rows["time"].astype(np.int64), rows["value"].astype(np.float64)
    for begin, behind in zip(begins, [*begins[1:], len(rows)], strict=True):
        parameter = parameters[int(rows["series"][begin])]
        flags[begin:behind] = check(micros[begin:behind], values[begin:behind], parameter)
    before = rows["flags"].astype(np.int16)
    flags |= before & ~CHECKED
    inner = np.zeros(len(rows), bool)
    inner[due] = rows["inner"][due]
    counts += np.bincount(flags[inner], minlength=_SETS)
    changed = inner & (flags != before)
    out = np.empty(int(changed.sum()), _WRITTEN)
    out["n"], out["l0"], out["l1"], out["l2"] = 3, 4, 8, 2
    out["series"], out["time"] = rows["series"][changed], rows["time"][changed]
    out["flags"] = flags[changed]
    return out


def _blocks(cursor: Cursor[tuple[object, ...]]) -> Iterator[_Rows]:
    """What the COPY gives, some rows at a time."""
    held: list[bytes | memoryview] = []
    size, begun = 0, False
    with cursor.copy(_COPY_OUT) as copy:
        for data in copy:
            held.append(data)
            size += len(data)
            if size >= BLOCK_ROWS * _READ.itemsize:
                yield from _parsed(b"".join(held), begun)
                held, size, begun = [], 0, True
    yield from _parsed(b"".join(held).removesuffix(COPY_TAIL), begun)


def _parsed(data: bytes, begun: bool) -> Iterator[_Rows]:
    rows = np.frombuffer(data if begun else data[len(COPY_HEAD) :], _READ)
    if len(rows):
        yield rows


def _copy_in(connection: Connection, rows: IO[bytes]) -> None:
    statement = b"COPY observation_flag FROM STDIN (FORMAT binary)"
    with driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(COPY_HEAD)
        while data := rows.read(SPOOLED_BYTES):
            copy.write(data)
        copy.write(COPY_TAIL)
