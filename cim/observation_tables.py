"""Tables of observations (观测时间序列库表): the series of stations, and what they hold.

A series (datastream) is one parameter at one station, above one datum where it is a height.
Observations are partitioned by year of UTC: a partition is made when the first value of its year
comes. Years rather than months, because a statement takes a lock on each partition that it cannot
rule out beforehand, and stations have readings of sixty years.

They belong to `cim.tables`, whose entities the stations are.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from cim.tables import CODE, metadata, now_column, time_column

__all__ = ["metadata"]


# `unit` is that of its values (UCUM). `datum` is as it was given, "" where it is not known, and
# `datum_offset` the metres from it to the 1985 datum, where known: nothing is converted by it.
datastream = Table(
    "datastream",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("station", CODE, ForeignKey("cim.entity.code"), nullable=False),
    Column("parameter", CODE, nullable=False),
    Column("datum", Text, nullable=False, server_default=""),
    Column("datum_offset", Double),
    Column("unit", Text, nullable=False),
    time_column("first_at", nullable=True),
    time_column("last_at", nullable=True),
    now_column("created_at"),
    UniqueConstraint("station", "parameter", "datum", name="datastream_series"),
    CheckConstraint("datum <> '' OR datum_offset IS NULL", name="datastream_datum"),
)

# `raw` is the number as it was given, in `given_unit` where that is not the unit of the series;
# `value` is the same in that unit. `flags` are the bits of `cim.doubts`, `given_flag` the quality
# that the source gave. No foreign key to the series: it would cost every row its check.
observation = Table(
    "observation",
    metadata,
    Column("datastream_id", Integer, primary_key=True),
    Column("time", DateTime(timezone=True), primary_key=True),
    Column("value", Double, nullable=False),
    Column("raw", Double, nullable=False),
    Column("flags", SmallInteger, nullable=False, server_default="0"),
    Column("given_unit", Text),
    Column("given_flag", Text),
    now_column("recorded_at"),
    postgresql_partition_by="RANGE (time)",
)
Index(
    "observation_doubtful",
    observation.c.datastream_id,
    observation.c.time,
    postgresql_where=text("flags <> 0"),
)

# What an observation was before its source gave another value for the same time.
observation_history = Table(
    "observation_history",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("datastream_id", Integer, nullable=False),
    time_column("time"),
    Column("value", Double, nullable=False),
    Column("raw", Double, nullable=False),
    Column("flags", SmallInteger, nullable=False),
    Column("given_unit", Text),
    Column("given_flag", Text),
    time_column("recorded_at"),
    now_column("replaced_at"),
)
Index("observation_history_series", observation_history.c.datastream_id, observation_history.c.time)

# The last readings of a station, by parameter, as its feature shows them: one row a station.
latest = Table(
    "latest",
    metadata,
    Column("station", CODE, primary_key=True),
    Column("readings", JSONB, nullable=False),
)
