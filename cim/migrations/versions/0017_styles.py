"""Map styles that people gave."""

from alembic import op

revision = "0017"
down_revision = "0016"

STATEMENTS = r"""
CREATE TABLE cim.style (
    id text COLLATE "C" PRIMARY KEY,
    title jsonb NOT NULL,
    description jsonb NOT NULL,
    collections text[] COLLATE "C" NOT NULL,
    document jsonb NOT NULL,
    sld text,
    untranslated jsonb NOT NULL DEFAULT '[]',
    version integer NOT NULL DEFAULT 1,
    action_id bigint NOT NULL REFERENCES cim.action (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT style_id CHECK (id <> '')
);
CREATE INDEX style_collections ON cim.style USING gin (collections);
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
