"""Brings values into `cim.observation` (观测写入).

Values come together until there are many, and are put in the order of the key, which spares the
index most of its work. A series that has nothing yet between the first and the last of them takes
them by COPY, flags and all, as fast as PostgreSQL can. Where something is there already, they go
into a temporary table and from there by an upsert: an observation that gets another value is kept
in `cim.observation_history`, one that says the same stays untouched. Of two values of a file for
one time the later row counts, and the other, where it differs, is history at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from cim.database.sql import affected, driver, run
from cim.observed import Parameter
from layers.observations import batch, partitions
from layers.observations.batch import Values, Words, moment
from layers.observations.checks import check, reach

ROWS = 1 << 19
"""Values that are brought in at once."""

MOST_COPIES = 8
"""Different pairs of unit and flag, each of which takes a COPY of its own."""

_STAGE = """
    CREATE TEMP TABLE observation_stage (
        datastream_id integer, time timestamptz, value float8, raw float8,
        flags smallint, unit integer, given integer
    ) ON COMMIT DROP
"""

_STAGED = """
    SELECT s.datastream_id, s.time, s.value, s.raw, s.flags,
           ($1::text[])[nullif(s.unit, 0)] AS given_unit,
           ($1::text[])[nullif(s.given, 0)] AS given_flag
    FROM observation_stage s
"""

# Which of the series have something from `low` to `high`.
_PRESENT = """
    SELECT s.series FROM unnest($1::int[], $2::timestamptz[], $3::timestamptz[])
        AS s (series, low, high)
    WHERE EXISTS (SELECT FROM cim.observation
                  WHERE datastream_id = s.series AND time BETWEEN s.low AND s.high)
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

_OVERRULED = f"""
    INSERT INTO cim.observation_history
        (datastream_id, time, value, raw, flags, given_unit, given_flag, recorded_at)
    SELECT s.*, now() FROM ({_STAGED}) s
"""

_UPSERT = f"""
    WITH written AS (
        INSERT INTO cim.observation AS o
            (datastream_id, time, value, raw, flags, given_unit, given_flag)
        {_STAGED}
        ON CONFLICT (datastream_id, time) DO UPDATE
        SET value = excluded.value, raw = excluded.raw, flags = excluded.flags,
            given_unit = excluded.given_unit, given_flag = excluded.given_flag,
            recorded_at = now()
        WHERE (o.raw, o.given_unit, o.given_flag)
              IS DISTINCT FROM (excluded.raw, excluded.given_unit, excluded.given_flag)
        RETURNING datastream_id, time
    )
    SELECT datastream_id AS series, min(time) AS low, max(time) AS high, count(*) AS size
    FROM written GROUP BY datastream_id
"""


class Span(NamedTuple):
    """A stretch of a series, from and to included, in microseconds of UTC."""

    series: int
    low: int
    high: int


def united(spans: Iterable[Span]) -> list[Span]:
    """The same stretches, each place in one of them alone.

    >>> united([Span(1, 5, 9), Span(2, 0, 1), Span(1, 0, 5), Span(1, 10, 12)])
    [Span(series=1, low=0, high=9), Span(series=1, low=10, high=12), Span(series=2, low=0, high=1)]
    """
    found: list[Span] = []
    for span in sorted(spans):
        if found and found[-1].series == span.series and span.low <= found[-1].high:
            found[-1] = found[-1]._replace(high=max(found[-1].high, span.high))
        else:
            found.append(span)
    return found


@dataclass(slots=True)
class Store:
    """The writing end of a load; `finish` brings in what is still held.

    `parameters` are those of the series. `unsure` are the stretches whose flags depend on what
    else the database has, and `extents` all that the load has brought of each series.
    """

    connection: Connection
    parameters: Mapping[int, Parameter]
    now: int
    words: Words = field(default_factory=Words)
    unsure: list[Span] = field(default_factory=list)
    extents: dict[int, Span] = field(default_factory=dict)
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    taken: int = 0
    _held: list[Values] = field(default_factory=list)
    _size: int = 0
    _years: set[int] = field(default_factory=set)
    _staged: bool = False

    def add(self, values: Values) -> None:
        """Take values; they are brought in when enough have come together."""
        self.taken += values.size
        for first in range(0, values.size, ROWS):
            part = values.take(slice(first, first + ROWS))
            self._held.append(part)
            self._size += part.size
            if self._size >= ROWS:
                self.finish()

    def finish(self) -> None:
        """Bring in what is held."""
        if not self._size:
            return
        values = batch.join(self._held).ordered()
        self._held, self._size = [], 0
        partitions.ensure(self.connection, values.years() - self._years)
        self._years |= values.years()
        last = values.last_of_each()
        if not last.all():
            self._overrule(values, last)
            values = values.take(last)
        self._extend(values)
        fresh = self._fresh(values)
        self._copy(values.take(fresh))
        self._upsert(values.take(~fresh))

    def _overrule(self, values: Values, last: NDArray[np.bool_]) -> None:
        self.repeated += int((~last).sum())
        self._stage(values.take(values.overruled(last)))
        affected(self.connection, _OVERRULED, self.words.texts)

    def _extend(self, values: Values) -> None:
        for series, part in values.parts():
            low, high = int(values.micros[part.start]), int(values.micros[part.stop - 1])
            span = self.extents.get(series, Span(series, low, high))
            self.extents[series] = Span(series, min(span.low, low), max(span.high, high))

    def _fresh(self, values: Values) -> NDArray[np.bool_]:
        """Which are of series that have nothing yet where these values lie."""
        parts = list(values.parts())
        ends = [(part.start, part.stop - 1) for _, part in parts]
        low, high = ([moment(int(values.micros[end[i]])) for end in ends] for i in (0, 1))
        present = run(self.connection, _PRESENT, [series for series, _ in parts], low, high)
        taken = np.isin(values.series, [row.series for row in present])
        pairs = np.unique(values.unit * (len(self.words.texts) + 1) + values.given)
        return ~taken if len(pairs) <= MOST_COPIES else np.zeros(values.size, bool)

    def _copy(self, values: Values) -> None:
        """Straight into the table; what lies at an end of a series here is checked again."""
        if not values.size:
            return
        flags = batch.own_flags(values, self.words, self.now)
        for series, part in values.parts():
            parameter = self.parameters[series]
            flags[part] |= check(values.micros[part], values.value[part], parameter)
            self._ends(series, values.micros[part], reach(parameter))
        pairs = set(zip(values.unit.tolist(), values.given.tolist(), strict=True))
        for unit, given in sorted(pairs):
            mine = (values.unit == unit) & (values.given == given)
            words = (self.words.text(unit), self.words.text(given))
            self._copy_rows(
                "cim.observation (datastream_id, time, value, raw, flags, given_unit, given_flag)",
                batch.rows(values.take(mine), flags[mine], words),
            )
        self.added += values.size

    def _ends(self, series: int, micros: NDArray[np.int64], margin: int) -> None:
        if len(micros) <= 2 * margin:
            self.unsure.append(Span(series, int(micros[0]), int(micros[-1])))
            return
        self.unsure.append(Span(series, int(micros[0]), int(micros[margin - 1])))
        self.unsure.append(Span(series, int(micros[-margin]), int(micros[-1])))

    def _upsert(self, values: Values) -> None:
        if not values.size:
            return
        self._stage(values)
        low, high = (moment(int(edge)) for edge in (values.micros.min(), values.micros.max()))
        changed = affected(self.connection, _KEEP, self.words.texts, low, high)
        written = run(self.connection, _UPSERT, self.words.texts)
        for row in written:
            self.unsure.append(Span(row.series, batch.micros(row.low), batch.micros(row.high)))
        size = sum(row.size for row in written)
        self.changed += changed
        self.added += size - changed
        self.unchanged += values.size - size

    def _stage(self, values: Values) -> None:
        if self._staged:
            run(self.connection, "TRUNCATE observation_stage")
        else:
            run(self.connection, "DROP TABLE IF EXISTS pg_temp.observation_stage")
            run(self.connection, _STAGE)
            self._staged = True
        flags = batch.own_flags(values, self.words, self.now)
        rows = batch.rows(values, flags, (values.unit, values.given))
        self._copy_rows("observation_stage", rows)

    def _copy_rows(self, table: str, rows: bytes) -> None:
        statement = f"COPY {table} FROM STDIN (FORMAT binary)".encode()
        with driver(self.connection).cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(rows)
