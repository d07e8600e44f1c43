"""Tables that are registered where they stand, and the runs that follow their rows."""

from alembic import op

revision = "0014"
down_revision = "0013"

STATEMENTS = r"""
ALTER TABLE cim.layer ADD source jsonb;

ALTER TABLE cim.ingest_run DROP CONSTRAINT ingest_run_mode, ADD CONSTRAINT ingest_run_mode
    CHECK (mode IN ('replace', 'append', 'upsert', 'delete', 'rollback', 'refresh'));
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
