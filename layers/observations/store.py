"""Brings readings into `cim.observation` (观测写入): COPY into a temporary table, then one upsert.

Readings are put in the order of the key before they go, which spares the index most
of its work. Of two for one time the later row of the file counts. An observation that gets another
value is kept in `cim.observation_history`; one that is there already stays untouched.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from cim.database.sql import affected, driver, run
from cim.doubts import DOUBTS
from layers.observations import partitions

ROWS = 1 << 18
"""Readings that are brought in at once."""

SOUND_FLAGS = frozenset(
    {"0", "ok", "OK", "good", "Good", "GOOD", "G", "pass", "正常", "合格", "有效", "可靠"}
)
"""What a source writes where it doubts nothing."""

POSTGRES_EPOCH = 946_684_800_000_000
"""Microseconds from 1970 to 2000, where PostgreSQL counts from."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# A row of PostgreSQL's binary COPY: the number of fields, then length and value of each.
_ROW = np.dtype(
    [("n", ">i2"), ("l0", ">i4"), ("series", ">i4"), ("l1", ">i4"), ("time", ">i8")]
    + [("l2", ">i4"), ("value", ">f8"), ("l3", ">i4"), ("raw", ">f8")]
    + [("l4", ">i4"), ("flags", ">i2"), ("l5", ">i4"), ("unit", ">i4")]
    + [("l6", ">i4"), ("given", ">i4")]
)
_LENGTHS = (4, 8, 8, 8, 2, 4, 4)
COPY_HEAD, COPY_TAIL = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"

_STAGE = """
    CREATE TEMP TABLE observation_stage (
        datastream_id integer, time timestamptz, value float8, raw float8,
        flags smallint, unit integer, given integer
    ) ON COMMIT DROP
"""

# Words are numbers on the way, since most rows have none; 0 is none.
_STAGED = """
    SELECT s.datastream_id, s.time, s.value, s.raw, s.flags,
           ($1::text[])[nullif(s.unit, 0)] AS given_unit,
           ($1::text[])[nullif(s.given, 0)] AS given_flag
    FROM observation_stage s
"""

_KEEP = f"""
    INSERT INTO cim.observation_history
        (datastream_id, time, value, raw, flags, given_unit, given_flag, recorded_at)
    SELECT o.datastream_id, o.time, o.value, o.raw, o.flags, o.given_unit, o.given_flag,
           o.recorded_at
    FROM ({_STAGED}) s JOIN cim.observation o USING (datastream_id, time)
    WHERE o.time BETWEEN $2 AND $3
      AND (o.raw, o.given_unit, o.given_flag)
          IS DISTINCT FROM (s.raw, s.given_unit, s.given_flag)
"""

# What a later row of the same file overruled.
_OVERRULED = f"""
    INSERT INTO cim.observation_history
        (datastream_id, time, value, raw, flags, given_unit, given_flag, recorded_at)
    SELECT s.*, now() FROM ({_STAGED}) s
"""

_UPSERT = f"""
    INSERT INTO cim.observation AS o
        (datastream_id, time, value, raw, flags, given_unit, given_flag)
    {_STAGED}
    ON CONFLICT (datastream_id, time) DO UPDATE
    SET value = excluded.value, raw = excluded.raw, flags = excluded.flags,
        given_unit = excluded.given_unit, given_flag = excluded.given_flag, recorded_at = now()
    WHERE (o.raw, o.given_unit, o.given_flag)
          IS DISTINCT FROM (excluded.raw, excluded.given_unit, excluded.given_flag)
"""


class Values(NamedTuple):
    """Readings of known series, as columns of equal length; `place` is their row in the file.

    `unit` and `given` are numbers of words: the unit that they came in, and the flag.
    """

    place: NDArray[np.int64]
    series: NDArray[np.int64]
    micros: NDArray[np.int64]
    value: NDArray[np.float64]
    raw: NDArray[np.float64]
    unit: NDArray[np.int64]
    given: NDArray[np.int64]

    def take(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> "Values":
        return Values(*(column[which] for column in self))


@dataclass(slots=True)
class Span:
    """What a load has touched of a series: from and to, in microseconds of UTC."""

    low: int
    high: int


@dataclass(slots=True)
class Store:
    """The writing end of a load; `finish` brings in what is still held."""

    connection: Connection
    now: int
    words: list[str] = field(default_factory=list)
    touched: dict[int, Span] = field(default_factory=dict)
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    taken: int = 0
    _held: list[Values] = field(default_factory=list)
    _numbers: dict[str | None, int] = field(default_factory=lambda: {None: 0})
    _years: set[int] = field(default_factory=set)
    _staged: bool = False

    def number(self, word: str | None) -> int:
        """The number that a unit or flag has on the way."""
        if word not in self._numbers:
            self.words.append(str(word))
            self._numbers[word] = len(self.words)
        return self._numbers[word]

    def add(self, values: Values) -> None:
        """Take values; they are brought in when enough have come together."""
        self.taken += len(values.raw)
        for first in range(0, len(values.raw), ROWS):
            part = values.take(np.arange(first, min(first + ROWS, len(values.raw))))
            self._held.append(part)
            if sum(len(held.raw) for held in self._held) >= ROWS:
                self.finish()

    def finish(self) -> None:
        """Bring in what is held."""
        if not self._held:
            return
        joined = Values(*(np.concatenate(columns) for columns in zip(*self._held, strict=True)))
        self._held.clear()
        ordered = joined.take(np.lexsort((joined.place, joined.micros, joined.series)))
        self._partitions(ordered.micros)
        last = _last_of_each(ordered)
        if not last.all():
            self.repeated += int((~last).sum())
            self._stage(ordered.take(_overruled(ordered, last)))
            affected(self.connection, _OVERRULED, self.words)
        self._bring(ordered.take(last))

    def _bring(self, values: Values) -> None:
        self._stage(values)
        low, high = (moment(int(edge)) for edge in (values.micros.min(), values.micros.max()))
        kept = affected(self.connection, _KEEP, self.words, low, high)
        written = affected(self.connection, _UPSERT, self.words)
        self.changed += kept
        self.added += written - kept
        self.unchanged += len(values.raw) - written
        self._touch(values)

    def _stage(self, values: Values) -> None:
        if self._staged:
            run(self.connection, "TRUNCATE observation_stage")
        else:
            run(self.connection, "DROP TABLE IF EXISTS pg_temp.observation_stage")
            run(self.connection, _STAGE)
            self._staged = True
        rows = np.empty(len(values.raw), _ROW)
        rows["n"] = len(_LENGTHS)
        for i, length in enumerate(_LENGTHS):
            rows[f"l{i}"] = length
        rows["series"], rows["value"], rows["raw"] = values.series, values.value, values.raw
        rows["time"] = values.micros - POSTGRES_EPOCH
        rows["flags"] = np.where(values.micros > self.now, DOUBTS["future"], 0)
        rows["flags"] |= np.where(self._doubted()[values.given], DOUBTS["given"], 0).astype(">i2")
        rows["unit"], rows["given"] = values.unit, values.given
        statement = b"COPY observation_stage FROM STDIN (FORMAT binary)"
        with driver(self.connection).cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(COPY_HEAD + rows.tobytes() + COPY_TAIL)

    def _doubted(self) -> NDArray[np.bool_]:
        """Of the number of each word whether it is a flag that doubts the value."""
        return np.array([False, *(word not in SOUND_FLAGS for word in self.words)])

    def _partitions(self, micros: NDArray[np.int64]) -> None:
        years = np.unique(micros.astype("datetime64[us]").astype("datetime64[Y]").astype(int))
        wanted = {int(year) + 1970 for year in years} - self._years
        partitions.ensure(self.connection, wanted)
        self._years |= wanted

    def _touch(self, values: Values) -> None:
        """Note from when to when each series is touched; the values are in order."""
        begins = np.flatnonzero(np.diff(values.series, prepend=-1))
        ends = np.append(begins[1:], len(values.series)) - 1
        for series, low, high in zip(
            values.series[begins].tolist(),
            values.micros[begins].tolist(),
            values.micros[ends].tolist(),
            strict=True,
        ):
            span = self.touched.setdefault(series, Span(low, high))
            span.low, span.high = min(span.low, low), max(span.high, high)


def moment(micros: int) -> datetime:
    """The moment of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=micros)


def _last_of_each(values: Values) -> NDArray[np.bool_]:
    """Which is the last of its series and time, the values being in order."""
    last = np.ones(len(values.raw), bool)
    last[:-1] = (np.diff(values.series) != 0) | (np.diff(values.micros) != 0)
    return last


def _overruled(values: Values, last: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which say something else than the last of their series and time."""
    counts = np.flatnonzero(last)[np.cumsum(last) - last]
    differ = [column != column[counts] for column in (values.raw, values.unit, values.given)]
    return np.logical_or.reduce(differ)
