"""Grid cells of entities."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = """
CREATE TABLE cim.cover (
    cell bigint,
    code text COLLATE "C",
    PRIMARY KEY (cell, code)
);
CREATE INDEX cover_code ON cim.cover (code);
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
