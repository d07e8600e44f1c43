"""Tables of the identity of entities (实体身份库表): classes, events, reservations, reviews.

They belong to `cim.tables`, whose entities they speak of.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
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


def _id() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def _action(*, nullable: bool = False) -> Column[int]:
    return Column("action_id", BigInteger, ForeignKey("cim.action.id"), nullable=nullable)


entity_class = Table(
    "entity_class",
    metadata,
    Column("code", CODE, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("geometry", Text, nullable=False),
    Column("gbt13923", Text, nullable=False, server_default=""),
    Column("cim_big", Text, nullable=False, server_default=""),
    Column("cim_middle", Text, nullable=False, server_default=""),
    Column("cim_small", Text, nullable=False, server_default=""),
    Column("key_scheme", Text, nullable=False, server_default=""),
    Column("tolerance", Double),
    Column("source", Text, nullable=False),
    Column("conf", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("state", Text, nullable=False, server_default="active"),
    Column("replaced_by", CODE, ForeignKey("cim.entity_class.code")),
    CheckConstraint(r"code ~ '^\d{6}$'", name="entity_class_code"),
    CheckConstraint(
        "geometry IN ('point', 'line', 'polygon', 'any')", name="entity_class_geometry"
    ),
    CheckConstraint("state IN ('active', 'deprecated')", name="entity_class_state"),
)

entity_class_change = Table(
    "entity_class_change",
    metadata,
    _id(),
    Column("code", CODE, nullable=False),
    Column("kind", Text, nullable=False),
    Column("row", JSONB, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text),
    now_column("recorded_at"),
    CheckConstraint(
        "kind IN ('brought', 'added', 'changed', 'deprecated', 'restored', 'removed')",
        name="entity_class_change_kind",
    ),
)
Index("entity_class_change_code", entity_class_change.c.code, entity_class_change.c.id)

turn_offset = Table(
    "turn_offset",
    metadata,
    Column("one", SmallInteger, primary_key=True, server_default="1"),
    Column("value", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("one = 1", name="turn_offset_one_check"),
)

action = Table(
    "action",
    metadata,
    _id(),
    Column("who", Text, nullable=False),
    Column("why", Text),
    Column("document", Text),
    now_column("recorded_at"),
)

event = Table(
    "event",
    metadata,
    Column("turn", BigInteger, primary_key=True),
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("code", CODE, nullable=False),
    Column("kind", Text, nullable=False),
    time_column("valid_at"),
    Column("action_id", BigInteger, nullable=False),
    CheckConstraint(
        "kind IN ('reserved', 'assigned', 'changed', 'reinstated', 'retired', 'merged', 'split',"
        " 'void')",
        name="event_kind",
    ),
)
Index("event_code", event.c.code, event.c.id)

succession = Table(
    "succession",
    metadata,
    Column("predecessor", CODE, ForeignKey("cim.entity.code"), primary_key=True),
    Column("successor", CODE, ForeignKey("cim.entity.code"), primary_key=True),
    time_column("valid_at"),
    _action(),
)
Index("succession_successor", succession.c.successor)

quota = Table(
    "quota",
    metadata,
    Column("department", Text, primary_key=True),
    Column("class_code", CODE, primary_key=True, server_default=""),
    Column("codes", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("codes >= 0", name="quota_codes"),
)

reservation = Table(
    "reservation",
    metadata,
    _id(),
    Column("project", Text, nullable=False),
    Column("department", Text),
    Column("division", CODE, nullable=False),
    Column("class_code", CODE, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    _action(),
    now_column("reserved_at"),
    time_column("expires_at"),
    time_column("ended_at", nullable=True),
)

same_source = Table(
    "same_source",
    metadata,
    Column("source_system", CODE, primary_key=True),
    Column("source_id", CODE, primary_key=True),
    Column("code", CODE, ForeignKey("cim.entity.code"), nullable=False),
    _action(),
)

review = Table(
    "review",
    metadata,
    _id(),
    Column("source_system", CODE, nullable=False),
    Column("source_id", CODE, nullable=False),
    Column("class_code", CODE, nullable=False),
    Column("request", JSONB, nullable=False),
    Column("candidate", CODE, ForeignKey("cim.entity.code"), nullable=False),
    Column("measure", Double, nullable=False),
    Column("decision", Text),
    _action(nullable=True),
    now_column("asked_at"),
    time_column("decided_at", nullable=True),
    UniqueConstraint("source_system", "source_id", "candidate"),
    CheckConstraint("decision IN ('same', 'different')", name="review_decision"),
)
Index("review_open", review.c.id, postgresql_where=text("decision IS NULL"))

name = Table(
    "name",
    metadata,
    Column("code", CODE, primary_key=True),
    Column("name", Text, nullable=False),
)
Index("name_trigrams", name.c.name, postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"})
