"""Tables of the ingest log and of jobs (入库日志与任务库表).

They belong to `cim.tables`, to whose layers they refer by name, and to `cim.identity_tables`,
whose events tell which entities a run touched.
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
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from cim.tables import CODE, metadata, now_column

__all__ = ["metadata"]

COUNTS = ("read", "added", "changed", "unchanged", "retired", "refused", "repaired")


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


# One row for each run that brought a file into a layer, was refused, undid another one, or followed
# a registered table.
# `turn` is the transaction's place in the feed, where its events are found; `before` and `after`
# are what the registry said of the layer; `crs` is how the file was placed; `last_event` is the
# last event of all when it ended.
ingest_run = Table(
    "ingest_run",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("layer", CODE, nullable=False),
    Column("mode", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("file", Text),
    Column("sha256", Text),
    Column("size", BigInteger),
    *(_count(name) for name in COUNTS),
    Column("extent", ARRAY(Double)),
    Column("rules", JSONB, nullable=False, server_default="{}"),
    Column("crs", JSONB),
    Column("reason", Text),
    Column("action_id", BigInteger, ForeignKey("cim.action.id"), nullable=False),
    Column("turn", BigInteger),
    Column("last_event", BigInteger),
    Column("valid_at", DateTime(timezone=True)),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("duration", Double, nullable=False, server_default="0"),
    Column("undone_by", BigInteger, ForeignKey("cim.ingest_run.id")),
    CheckConstraint(
        "mode IN ('replace', 'append', 'upsert', 'delete', 'rollback', 'refresh')",
        name="ingest_run_mode",
    ),
    CheckConstraint("state IN ('done', 'refused', 'undone')", name="ingest_run_state"),
    CheckConstraint("(state = 'undone') = (undone_by IS NOT NULL)", name="ingest_run_undone"),
)
Index("ingest_run_layer", ingest_run.c.layer, ingest_run.c.id)
Index("ingest_run_action", ingest_run.c.action_id)
Index("ingest_run_once", ingest_run.c.turn, ingest_run.c.layer, unique=True)

# The names for people that a run changed: events do not tell them.
ingest_name = Table(
    "ingest_name",
    metadata,
    Column("run_id", BigInteger, ForeignKey("cim.ingest_run.id"), primary_key=True),
    Column("code", CODE, primary_key=True),
    Column("before", Text),
    Column("after", Text),
)

# Work that goes on after its request was answered. Whoever works on it moves `beaten_at`.
job = Table(
    "job",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="accepted"),
    Column("layer", CODE),
    Column("who", Text, nullable=False),
    Column("asked", JSONB, nullable=False),
    Column("step", Text, nullable=False, server_default=""),
    Column("rows", BigInteger, nullable=False, server_default="0"),
    Column("total", BigInteger),
    Column("message", Text),
    Column("report", JSONB),
    Column("run_id", BigInteger, ForeignKey("cim.ingest_run.id")),
    Column("worker", Text, nullable=False),
    now_column("created_at"),
    Column("started_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    now_column("beaten_at"),
    CheckConstraint("state IN ('accepted', 'running', 'successful', 'failed')", name="job_state"),
)
Index(
    "job_living",
    job.c.beaten_at,
    postgresql_where=text("state IN ('accepted', 'running')"),
)
