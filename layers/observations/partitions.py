"""Partitions of the observations, one a year of UTC (按年分区), made when they are needed.

A partition is made aside and attached: that lets others read and write the years that are there,
where `CREATE TABLE … PARTITION OF` would keep them all out until the transaction ends.
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from cim.database.sql import run
from cim.names import quoted


def ensure(connection: Connection, years: Iterable[int]) -> None:
    """See that there is a partition for each year; whoever else makes one waits for our end."""
    missing = [year for year in sorted(years) if not _exists(connection, year)]
    if missing:
        run(connection, "SELECT pg_advisory_xact_lock(hashtext('observation partitions'))")
    for year in missing:
        if not _exists(connection, year):
            _make(connection, year)


def _name(year: int) -> str:
    return f"observation_{year:04d}"


def _exists(connection: Connection, year: int) -> bool:
    found = run(connection, "SELECT to_regclass($1) AS it", f"cim.{_name(year)}")
    return found[0].it is not None


def _make(connection: Connection, year: int) -> None:
    table = f"cim.{quoted(_name(year))}"
    begin, end = (f"TIMESTAMPTZ '{y:04d}-01-01 00:00:00+00'" for y in (year, year + 1))
    bounds = f"FROM ({begin}) TO ({end})"
    run(connection, f"CREATE TABLE {table} (LIKE cim.observation INCLUDING ALL)")
    # With this it need not look whether the rows fit; the bounds say the same from then on.
    run(
        connection,
        f"ALTER TABLE {table} ADD CONSTRAINT year CHECK (time >= {begin} AND time < {end})",
    )
    run(
        connection,
        f"ALTER TABLE cim.observation ATTACH PARTITION {table} FOR VALUES {bounds}",
    )
    run(connection, f"ALTER TABLE {table} DROP CONSTRAINT year")
