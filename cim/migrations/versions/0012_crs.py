"""How the file of a run was placed on the earth."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("ALTER TABLE cim.ingest_run ADD crs jsonb")
