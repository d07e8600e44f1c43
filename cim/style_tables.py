"""The table of map styles (地图样式库表). It belongs to `cim.tables`; see `cim.styles.stored`."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from cim.identity_tables import metadata
from cim.tables import CODE, now_column

__all__ = ["metadata"]

style = Table(
    "style",
    metadata,
    Column("id", CODE, primary_key=True),
    Column("title", JSONB, nullable=False),
    Column("description", JSONB, nullable=False),
    Column("collections", ARRAY(CODE), nullable=False),
    Column("document", JSONB, nullable=False),
    Column("sld", Text),
    Column("untranslated", JSONB, nullable=False, server_default="[]"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("action_id", BigInteger, ForeignKey("cim.action.id"), nullable=False),
    now_column("created_at"),
    now_column("updated_at"),
    CheckConstraint("id <> ''", name="style_id"),
)
Index("style_collections", style.c.collections, postgresql_using="gin")
