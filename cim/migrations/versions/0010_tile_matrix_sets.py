"""Tile matrix sets that a city registers, as documents of OGC 17-083r4."""

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = """
CREATE TABLE cim.tile_matrix_set (
    name text COLLATE "C" PRIMARY KEY,
    document jsonb NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT now(),
    registered_by text NOT NULL
);
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
