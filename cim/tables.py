"""Tables of the city information model, schema `cim` (城市信息模型库表).

Only what belongs to every layer stands here. The rows of one layer live in a typed table of its
own, `layer.<name>`, made by `cim.layer_table`, and are read through the view `item.<name>`.

Geometry is stored in CGCS2000 (EPSG:4490) with x = longitude, y = latitude, as PostGIS does.
"""

from datetime import datetime

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

SRID = 4490
CODE = Text(collation="C")

metadata = MetaData(schema="cim")


def now_column(name: str) -> Column[datetime]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


def time_column(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


# One row. Its version moves in the transaction that publishes a change of any layer, so that
# every worker knows when what it holds in memory is old.
registry = Table(
    "registry",
    metadata,
    Column("one", SmallInteger, primary_key=True, server_default="1"),
    Column("version", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("one = 1", name="registry_has_one_row"),
)

layer = Table(
    "layer",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("name", CODE, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("title", JSONB, nullable=False),
    Column("description", JSONB, nullable=False),
    Column("class_code", CODE),
    Column("key_field", Text),
    Column("geometry_type", Text),
    Column("columns", JSONB, nullable=False, server_default="[]"),
    Column("feature_count", BigInteger, nullable=False, server_default="0"),
    Column("extent", ARRAY(Double)),
    Column("version", BigInteger, nullable=False, server_default="1"),
    now_column("created_at"),
    now_column("updated_at"),
    Column("name_field", Text),
    Column("growing", Boolean, nullable=False, server_default="false"),
    Column("owner", Text, nullable=False, server_default="anonymous"),
    Column("source", JSONB(none_as_null=True)),
    Column("coverage", JSONB),
    Column("largest", BigInteger),
    CheckConstraint("kind IN ('vector', 'raster')", name="layer_kind"),
)

# A foreign key from each of a million new rows to one row of another table costs their tenth, and
# memory for each row: entities and events have none to their layer, reservation and action. Who
# removes a layer frees its entities; reservations and actions stay.
entity = Table(
    "entity",
    metadata,
    Column("code", CODE, primary_key=True),
    Column("layer_id", Integer),  # of cim.layer, see above
    Column("source_system", CODE),
    Column("source_id", CODE),
    Column("state", Text, nullable=False, server_default="active"),
    now_column("created_at"),
    now_column("changed_at"),
    Column("reservation_id", BigInteger),  # of cim.reservation, see above
    UniqueConstraint("source_system", "source_id", name="entity_source"),
    CheckConstraint("length(code) = 21 AND code !~ '[^0-9]'", name="entity_code_shape"),
    CheckConstraint(
        "state IN ('reserved', 'active', 'retired', 'merged', 'split', 'void')", name="entity_state"
    ),
    CheckConstraint(
        "(source_system IS NULL) = (source_id IS NULL)"
        " AND (source_id IS NOT NULL OR state IN ('reserved', 'void'))",
        name="entity_source_known",
    ),
)
Index(
    "entity_reservation",
    entity.c.reservation_id,
    entity.c.state,
    entity.c.code,
    postgresql_where=text("reservation_id IS NOT NULL"),
)

alias = Table(
    "alias",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("scheme", CODE, nullable=False),
    Column("value", CODE, nullable=False),
    Column("code", CODE, ForeignKey("cim.entity.code"), nullable=False),
    now_column("valid_from"),
    Column("valid_to", DateTime(timezone=True)),
)
Index(
    "alias_live",
    alias.c.value,
    alias.c.scheme,
    unique=True,
    postgresql_where=text("valid_to IS NULL"),
)
Index(
    "alias_ended",
    alias.c.value,
    alias.c.scheme,
    postgresql_where=text("valid_to IS NOT NULL"),
)
Index("alias_code", alias.c.code)

# Grid cells of entities, as numbers in the order of codes; see `cim.cover`. The ingest writes them
# together with their entities, which nothing deletes: a foreign key would only cost its checks.
cover = Table(
    "cover",
    metadata,
    Column("cell", BigInteger, primary_key=True),
    Column("code", CODE, primary_key=True),
)
Index("cover_code", cover.c.code)

# Serial numbers (the 9 digits of CJ/T 553-2024 that the locality gives) are leased in blocks.
serial = Table(
    "serial",
    metadata,
    Column("division", CODE, primary_key=True),
    Column("class_code", CODE, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("division", CODE, nullable=False),
    Column("class_code", CODE, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("purpose", Text, nullable=False),
    now_column("leased_at"),
    Column("department", Text),
)

# A scene of a raster layer: one COG in the raster store. `sha256` is that of what it was made of,
# `checksum` that of the COG; `details` has a value for each band, read for STAC alone.
raster_scene = Table(
    "raster_scene",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("layer_id", Integer, ForeignKey("cim.layer.id", ondelete="CASCADE"), nullable=False),
    Column("acquired_at", DateTime(timezone=True), nullable=False),
    Column("sha256", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("crs", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("resolution", Double, nullable=False),
    Column("bands", JSONB, nullable=False),
    Column("footprint", Geometry("POLYGON", srid=SRID, spatial_index=False), nullable=False),
    now_column("registered_at"),
    Column("name", CODE, nullable=False),
    Column("whole", Boolean, nullable=False, server_default="false"),
    Column("checksum", Text),
    Column("size", BigInteger),
    Column("transform", ARRAY(Double)),
    Column("details", JSONB, nullable=False, server_default="[]"),
    Column("properties", JSONB, nullable=False, server_default="{}"),
    UniqueConstraint("layer_id", "name", name="raster_scene_name"),
)

# Tile matrix sets that the city registers beside those that everybody has; see `tiles.matrix_sets`.
tile_matrix_set = Table(
    "tile_matrix_set",
    metadata,
    Column("name", CODE, primary_key=True),
    Column("document", JSONB, nullable=False),
    now_column("registered_at"),
    Column("registered_by", Text, nullable=False),
)
