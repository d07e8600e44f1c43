"""How many bytes the largest row of a layer takes; null where nobody has looked yet."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("ALTER TABLE cim.layer ADD largest bigint")
