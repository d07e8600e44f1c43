"""Indexes for reading: pages of a box in code order, and aliases that have ended."""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = """
CREATE INDEX alias_ended ON cim.alias (value, scheme) WHERE valid_to IS NOT NULL;

DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT l.name FROM cim.layer l WHERE kind = 'vector' LOOP
        EXECUTE format('DROP INDEX IF EXISTS layer.%I', name || '_geom_idx');
        EXECUTE format('CREATE INDEX ON layer.%I USING gist '
                       '(geom, ((substr(code, 1, 6) || substr(code, 13))::bigint))', name);
    END LOOP;
END $$;
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
