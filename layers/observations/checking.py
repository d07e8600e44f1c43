"""Marks the doubtful values where a load met what was there already (质量标记更新).

Each such stretch of a series is read again with as many neighbours as flags depend on, in the order
of time, and checked in numpy; only rows whose flags come out otherwise are written. So flags follow
from the series as it stands, and not from the order in which its values came.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Cursor
from sqlalchemy import Connection

from cim.database.sql import driver, run
from cim.doubts import CHECKED, DOUBTS
from cim.observed import Parameter
from layers.observations.batch import COPY_HEAD, COPY_TAIL, moment
from layers.observations.checks import check, reach
from layers.observations.store import Span

BLOCK_ROWS = 1 << 18
SPOOLED_BYTES = 16 << 20

# A row of PostgreSQL's binary COPY, as it comes and as it goes.
_KEY = [("n", ">i2"), ("l0", ">i4"), ("span", ">i4"), ("l1", ">i4"), ("time", ">i8")]
_FLAGS = [("l2", ">i4"), ("flags", ">i2")]
_READ = np.dtype([*_KEY, *_FLAGS, ("l3", ">i4"), ("value", ">f8"), ("l4", ">i4"), ("inner", "?")])
_WRITTEN = np.dtype([*_KEY, *_FLAGS])
_Rows = NDArray[np.void]

_TOUCHED = """
    CREATE TEMP TABLE observation_touched (
        span integer PRIMARY KEY, datastream_id integer, low timestamptz, high timestamptz,
        reach integer, begin_at timestamptz, end_at timestamptz
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
    WHERE same.span = t.span
"""

# The order within keeps the planner from reading whole partitions.
_COPY_OUT = b"""
    COPY (
        SELECT t.span, o.time, o.flags, o.value, o.time BETWEEN t.low AND t.high
        FROM observation_touched t CROSS JOIN LATERAL (
            SELECT time, value, flags FROM cim.observation
            WHERE datastream_id = t.datastream_id AND time BETWEEN t.begin_at AND t.end_at
            ORDER BY time) o
        ORDER BY t.span, o.time
    ) TO STDOUT (FORMAT binary)
"""


_FLAG = """
    CREATE TEMP TABLE observation_flag (span integer, time timestamptz, flags smallint)
    ON COMMIT DROP
"""

_UPDATE = """
    UPDATE cim.observation o SET flags = f.flags
    FROM observation_flag f JOIN observation_touched t USING (span)
    WHERE o.datastream_id = t.datastream_id AND o.time = f.time AND o.time BETWEEN $1 AND $2
"""

_COUNT = """
    SELECT o.flags, count(*) AS size
    FROM unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) AS s (series, low, high)
    JOIN cim.observation o ON o.datastream_id = s.series AND o.time BETWEEN s.low AND s.high
    WHERE o.flags <> 0 GROUP BY o.flags
"""


def mark(
    connection: Connection, spans: Sequence[Span], parameters: Mapping[int, Parameter]
) -> None:
    """Bring the flags in the stretches, and of what lies beside them, to what they should be."""
    if not spans:
        return
    run(connection, "DROP TABLE IF EXISTS pg_temp.observation_touched, pg_temp.observation_flag")
    run(connection, _TOUCHED)
    run(connection, _FLAG)
    of_spans = [parameters[span.series] for span in spans]
    _note(connection, spans, of_spans)
    run(connection, "ANALYZE observation_touched")
    run(connection, _WIDEN)
    with SpooledTemporaryFile(SPOOLED_BYTES) as spool:  # one COPY at a time is all there can be
        for changed in _changes(connection, of_spans):
            spool.write(changed.tobytes())
        spool.seek(0)
        _copy_in(connection, spool)
    run(connection, "ANALYZE observation_flag")
    [ends] = run(connection, "SELECT min(time) AS low, max(time) AS high FROM observation_flag")
    run(connection, _UPDATE, ends.low, ends.high)


def count(connection: Connection, spans: Iterable[Span]) -> dict[str, int]:
    """How many values of the stretches have each flag, flags that none has left out."""
    of = [(span.series, moment(span.low), moment(span.high)) for span in spans]
    columns = [list(column) for column in zip(*of, strict=True)] if of else [[], [], []]
    rows = run(connection, _COUNT, *columns)
    found = {name: sum(row.size for row in rows if row.flags & bit) for name, bit in DOUBTS.items()}
    return {name: size for name, size in found.items() if size}


def _note(connection: Connection, spans: Sequence[Span], parameters: Sequence[Parameter]) -> None:
    run(
        connection,
        """
        INSERT INTO observation_touched (span, datastream_id, low, high, reach)
        SELECT * FROM unnest(
            $1::int[], $2::int[], $3::timestamptz[], $4::timestamptz[], $5::int[])
        """,
        list(range(len(spans))),
        [span.series for span in spans],
        [moment(span.low) for span in spans],
        [moment(span.high) for span in spans],
        [reach(parameter) for parameter in parameters],
    )


def _changes(connection: Connection, parameters: Sequence[Parameter]) -> Iterator[_Rows]:
    """Rows whose flags are to be others; `parameters` are those of the stretches.

    Of the stretch that a block ends in, the last rows wait for what comes behind them; those that
    are done already stay as neighbours.
    """
    held, done = np.empty(0, _READ), 0
    with driver(connection).cursor() as cursor:
        for block in _blocks(cursor):
            rows = np.concatenate((held, block))
            span = int(rows["span"][-1])
            margin = reach(parameters[span])
            begin = int(np.searchsorted(rows["span"], span))
            ready = max(begin, len(rows) - margin, done)
            yield _checked(rows, parameters, slice(done, ready))
            keep = max(begin, ready - margin)
            held, done = rows[keep:], ready - keep
    if len(held):
        yield _checked(held, parameters, slice(done, len(held)))


def _checked(rows: _Rows, parameters: Sequence[Parameter], due: slice) -> _Rows:
    """Of the rows that are due, those whose flags change, with their new flags."""
    flags = np.zeros(len(rows), np.int16)
    begins = np.flatnonzero(np.diff(rows["span"].astype(np.int64), prepend=-1))
    micros, values = rows["time"].astype(np.int64), rows["value"].astype(np.float64)
    for begin, behind in zip(begins, [*begins[1:], len(rows)], strict=True):
        parameter = parameters[int(rows["span"][begin])]
        flags[begin:behind] = check(micros[begin:behind], values[begin:behind], parameter)
    before = rows["flags"].astype(np.int16)
    flags |= before & ~CHECKED
    inner = np.zeros(len(rows), bool)
    inner[due] = rows["inner"][due]
    changed = inner & (flags != before)
    out = np.empty(int(changed.sum()), _WRITTEN)
    out["n"], out["l0"], out["l1"], out["l2"] = 3, 4, 8, 2
    out["span"], out["time"] = rows["span"][changed], rows["time"][changed]
    out["flags"] = flags[changed]
    return out


def _blocks(cursor: Cursor[tuple[object, ...]]) -> Iterator[_Rows]:
    """What the COPY gives, some rows at a time."""
    held: list[Any] = []
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
