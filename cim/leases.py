"""Blocks of serial numbers for entity codes (赋码号段), so that many writers need not queue.

The serial is the 9 digits of CJ/T 553-2024 that the locality gives, counted for each division
and class from 1. A lease commits by itself, in a connection of its own, and is recorded in
`cim.lease`: what a killed writer leaves unused is a gap that the record explains. It is the one
exception to the rule that the caller owns the transaction. It does not wait for the disk: whoever
uses its serials commits later, and what is on the disk then has the lease before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, text

from cim import quotas
from cim.database.sql import run
from cim.errors import SerialsExhausted
from cim.statement import Statement

LAST_SERIAL = 999_999_999

# A writer that asks again goes on in the record of its last block, if nobody asked in between.
_MORE = text("""
WITH moved AS (
    INSERT INTO cim.serial AS s (division, class_code, last)
    VALUES (:division, :class_code, :size)
    ON CONFLICT (division, class_code) DO UPDATE SET last = s.last + :size
    RETURNING last
), grown AS (
    UPDATE cim.lease l SET last = moved.last FROM moved
    WHERE l.id = :id AND l.last = moved.last - :size RETURNING l.id
), made AS (
    INSERT INTO cim.lease (division, class_code, first, last, purpose)
    SELECT :division, :class_code, last - :size + 1, last, :purpose FROM moved
    WHERE NOT EXISTS (SELECT FROM grown) RETURNING id
)
SELECT last - :size + 1 AS first, last, coalesce((SELECT id FROM grown), (SELECT id FROM made)),
       set_config('synchronous_commit', 'off', true)
FROM moved
""")
_BACK = text("""
WITH back AS (
    UPDATE cim.serial s SET last = l.first - 1 FROM cim.lease l
    WHERE l.id = :id AND (s.division, s.class_code, s.last) = (l.division, l.class_code, l.last)
    RETURNING l.id
)
DELETE FROM cim.lease USING back WHERE lease.id = back.id
""")

_LEASE = text("""
WITH moved AS (
    INSERT INTO cim.serial AS s (division, class_code, last)
    VALUES (:division, :class_code, :size)
    ON CONFLICT (division, class_code) DO UPDATE SET last = s.last + :size
    RETURNING last
)
INSERT INTO cim.lease (division, class_code, first, last, purpose, department)
SELECT :division, :class_code, last - :size + 1, last, :purpose, :department FROM moved
RETURNING first, last, set_config('synchronous_commit', 'off', true)
""")


@dataclass(frozen=True, slots=True)
class Lease:
    """Serials `first` to `last`, both included, of one division and class."""

    division: str
    class_code: str
    first: int
    last: int


def lease(
    engine: Engine,
    division: str,
    class_code: str,
    size: int,
    purpose: str,
    department: str | None = None,
) -> Lease:
    """Lease `size` serials that nobody else will ever get.

    Raises SerialsExhausted past 9 digits, QuotaExceeded where the department may have no more.
    """
    values = {
        "division": division,
        "class_code": class_code,
        "size": size,
        "purpose": purpose,
        "department": department,
    }
    with engine.begin() as connection:
        if department is not None:
            quotas.charge(connection, department, class_code, size)
        first, last, _ = connection.execute(_LEASE, values).one()
        if last > LAST_SERIAL:
            raise SerialsExhausted(division, class_code)
    return Lease(division, class_code, first, last)


class Serials:
    """Serials of a class for a writer that cannot know beforehand how many it needs (逐批取号).

    They are leased as they are asked for; of each division there is one record, unless others ask
    in between.
    """

    def __init__(self, engine: Engine, class_code: str, purpose: str) -> None:
        self._engine = engine
        self._class_code = class_code
        self._purpose = purpose
        self._records: dict[str, list[int]] = {}

    def take(self, division: str, size: int) -> int:
        """The first of so many serials that nobody else will ever get; SerialsExhausted."""
        records = self._records.setdefault(division, [])
        values = {
            "division": division,
            "class_code": self._class_code,
            "size": size,
            "purpose": self._purpose,
            "id": records[-1] if records else None,
        }
        with self._engine.begin() as connection:
            first, last, record, _ = connection.execute(_MORE, values).one()
            if last > LAST_SERIAL:
                raise SerialsExhausted(division, self._class_code)
        if not records or records[-1] != record:
            records.append(record)
        return int(first)

    def give_back(self) -> None:
        """Give all of them back that nobody leased serials after: their writer used none.

        The rest are a gap that their records explain.
        """
        for records in self._records.values():
            for record in reversed(records):
                with self._engine.begin() as connection:
                    connection.execute(_BACK, {"id": record})
        self._records.clear()


_COUNTED = """
    SELECT count(*) FILTER (WHERE source_id IS NOT NULL) AS used,
           count(*) FILTER (WHERE state = 'reserved') AS reserved,
           count(*) FILTER (WHERE state = 'void' AND source_id IS NULL) AS void
    FROM cim.entity
    WHERE code BETWEEN $1 || $2 || lpad({first}::text, 9, '0')
                   AND $1 || $2 || lpad({last}::text, 9, '0')"""

_USE = f"""
    WITH leased AS (
        SELECT id, first, last, purpose, department, leased_at FROM cim.lease
        WHERE division = $1 AND class_code = $2
    ), page AS (
        SELECT * FROM leased WHERE id > $3::bigint ORDER BY id LIMIT $4::bigint + 1
    ), total AS (
        SELECT coalesce(min(first), 1) AS first, coalesce(max(last), 0) AS last,
               coalesce(sum(last - first + 1), 0)::bigint AS size
        FROM leased
    )
    SELECT p.*, p.last - p.first + 1 AS size, n.*
    FROM page p CROSS JOIN LATERAL ({_COUNTED.format(first="p.first", last="p.last")}) n
    UNION ALL
    SELECT NULL, t.first, t.last, NULL, NULL, NULL, t.size, n.*
    FROM total t CROSS JOIN LATERAL ({_COUNTED.format(first="t.first", last="t.last")}) n
    ORDER BY id NULLS LAST
"""


class Count(NamedTuple):
    """What became of so many leased serials.

    used      their codes name something, or named it
    reserved  they are of a reservation and wait for their things
    void      they are of a reservation that ended before they were used
    """

    size: int
    used: int
    reserved: int
    void: int

    @property
    def lost(self) -> int:
        """Serials that their writer did not use: it was killed, refused or overtaken."""
        return self.size - self.used - self.reserved - self.void


class Block(NamedTuple):
    """Serials `first` to `last` that were leased together, and what became of them."""

    id: int
    first: int
    last: int
    purpose: str
    department: str | None
    leased_at: datetime
    counted: Count


class Use(NamedTuple):
    """A page of blocks in the order in which they were leased, whether more follow, and the count
    of all blocks of the division and class."""

    blocks: Sequence[Block]
    more: bool
    total: Count


def use(
    connection: Connection, division: str, class_code: str, after: int = 0, limit: int = 1000
) -> Use:
    """What became of the serials of a division and class, of blocks after the one of that id."""
    statement = using(division, class_code, after, limit)
    return read_use(run(connection, statement.sql, *statement.values), limit)


def using(division: str, class_code: str, after: int, limit: int) -> Statement:
    """Statement whose rows go to `read_use`."""
    return Statement(_USE, (division, class_code, after, limit))


def read_use(rows: Sequence[Any], limit: int) -> Use:
    """Of the rows of `using`; the last one counts all."""
    *blocks, total = (tuple(row) for row in rows)
    read = [Block._make([*values[:6], Count._make(values[6:])]) for values in blocks[:limit]]
    return Use(read, len(blocks) > limit, Count._make(total[6:]))
