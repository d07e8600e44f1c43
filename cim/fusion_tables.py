"""Tables of business tables, fusions and indicators (业务表、融合关联与治理指标库表).

They belong to `cim.tables`; what they hold is told in `cim.fusion`. The rows of a business table
that was loaded from a file stand in `business.<name>`.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from cim.identity_tables import metadata
from cim.tables import CODE, now_column

__all__ = ["metadata"]

_GRADES = "('general1', 'general2', 'general3', 'general4', 'important', 'core')"


def _id(kind: type[Integer] = Integer) -> Column[Any]:
    return Column("id", kind, Identity(always=True), primary_key=True)


def _text(name: str, default: str | None = None) -> Column[Any]:
    return Column(name, Text, nullable=False, server_default=default)


def _number(name: str, default: str | None = None) -> Column[Any]:
    return Column(name, BigInteger, nullable=False, server_default=default)


def _share(name: str) -> Column[Any]:
    return Column(name, Double, nullable=False)


def _document(name: str) -> Column[Any]:
    return Column(name, JSONB, nullable=False)


def _action() -> Column[Any]:
    return Column("action_id", BigInteger, ForeignKey("cim.action.id"), nullable=False)


def _of(name: str, target: str, *, key: bool = False) -> Column[Any]:
    """A pointer that goes with what it points to."""
    place = ForeignKey(target, ondelete="CASCADE")
    return Column(name, Integer, place, primary_key=key, nullable=False)


# `relation` is the table as SQL names it; without `key_field` rows are known by their number.
business_table = Table(
    "business_table",
    metadata,
    _id(),
    Column("name", CODE, nullable=False, unique=True),
    _text("relation"),
    Column("loaded", Boolean, nullable=False),
    _document("title"),
    _text("owner"),
    _text("source", ""),
    _text("grade"),
    Column("key_field", Text),
    _document("columns"),
    _action(),
    now_column("updated_at"),
    CheckConstraint("owner <> ''", name="business_table_owner"),
    CheckConstraint(f"grade IN {_GRADES}", name="business_table_grade"),
)

business_load = Table(
    "business_load",
    metadata,
    _id(BigInteger),
    _of("table_id", "cim.business_table.id"),
    _text("file"),
    _text("sha256"),
    _text("encoding", ""),
    _text("mode"),
    *(_number(name) for name in ("read", "added", "changed", "removed")),
    _action(),
    CheckConstraint("mode IN ('replace', 'upsert')", name="business_load_mode"),
)
Index("business_load_table", business_load.c.table_id, business_load.c.id)

# A collection made of a layer, `base_id`, and tables.
fusion = Table(
    "fusion",
    metadata,
    _of("layer_id", "cim.layer.id", key=True),
    Column("base_id", Integer, ForeignKey("cim.layer.id"), nullable=False),
    _action(),
)
Index("fusion_base", fusion.c.base_id)

# `stamp` moves with every change of the links.
fusion_table = Table(
    "fusion_table",
    metadata,
    _id(),
    _of("layer_id", "cim.fusion.layer_id"),
    Column("table_id", Integer, ForeignKey("cim.business_table.id"), nullable=False),
    _document("ways"),
    *(_share(name) for name in ("accept", "review", "margin")),
    _text("several"),
    _text("several_field", ""),
    Column("refreshed_at", DateTime(timezone=True)),
    _number("stamp", "0"),
    _action(),
    UniqueConstraint("layer_id", "table_id", name="fusion_table_once"),
    CheckConstraint("several IN ('refuse', 'first', 'latest')", name="fusion_table_several"),
)
Index("fusion_table_of_table", fusion_table.c.table_id)

fusion_field = Table(
    "fusion_field",
    metadata,
    _of("join_id", "cim.fusion_table.id", key=True),
    Column("position", Integer, primary_key=True),
    _text("column_name"),
    _text("take", ""),
    _text("name"),
    CheckConstraint("take IN ('', 'sum', 'count', 'min', 'max', 'avg')", name="fusion_field_take"),
)

# One row for each row of the table: which feature it belongs to, or why to none.
fusion_link = Table(
    "fusion_link",
    metadata,
    _of("join_id", "cim.fusion_table.id", key=True),
    Column("row_key", Text, primary_key=True),
    _text("state"),
    Column("code", CODE),
    _text("how", ""),
    Column("score", Double),
    _text("reason", ""),
    _text("basis", ""),
    Column("candidates", JSONB),
    CheckConstraint("state IN ('linked', 'review', 'unmatched')", name="fusion_link_state"),
    CheckConstraint("state <> 'linked' OR code IS NOT NULL", name="fusion_link_code"),
)
Index("fusion_link_code_of", fusion_link.c.code, fusion_link.c.join_id)
Index(
    "fusion_link_left",
    fusion_link.c.join_id,
    fusion_link.c.state,
    fusion_link.c.row_key,
    postgresql_where=text("state <> 'linked'"),
)

# What people decided of a row; the last one counts as long as the row says what it said then.
fusion_decision = Table(
    "fusion_decision",
    metadata,
    _id(BigInteger),
    _of("join_id", "cim.fusion_table.id"),
    _text("row_key"),
    _text("basis"),
    Column("code", CODE),
    Column("rejected", ARRAY(CODE), nullable=False, server_default="{}"),
    _action(),
)
Index(
    "fusion_decision_row",
    fusion_decision.c.join_id,
    fusion_decision.c.row_key,
    fusion_decision.c.id,
)

# The indicators of a layer or table on a day of the city's time.
kpi = Table(
    "kpi",
    metadata,
    Column("day", Date, primary_key=True),
    Column("kind", CODE, primary_key=True),
    Column("name", CODE, primary_key=True),
    _document("title"),
    Column("department", Text),
    *(_number(name) for name in ("rows", "coded", "governed", "mapped", "governed_mapped")),
    now_column("recorded_at"),
    CheckConstraint("kind IN ('layer', 'table')", name="kpi_kind"),
)
