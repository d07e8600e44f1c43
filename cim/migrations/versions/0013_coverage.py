"""Layers that are coverages: what their overlaps and gaps are held to."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute("ALTER TABLE cim.layer ADD coverage jsonb")
