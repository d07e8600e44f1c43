"""The log of ingest runs, and jobs."""

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = """
CREATE TABLE cim.ingest_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layer text COLLATE "C" NOT NULL,
    mode text NOT NULL CONSTRAINT ingest_run_mode
        CHECK (mode IN ('replace', 'append', 'upsert', 'delete', 'rollback')),
    state text NOT NULL CONSTRAINT ingest_run_state CHECK (state IN ('done', 'refused', 'undone')),
    file text,
    sha256 text,
    size bigint,
    read bigint NOT NULL DEFAULT 0,
    added bigint NOT NULL DEFAULT 0,
    changed bigint NOT NULL DEFAULT 0,
    unchanged bigint NOT NULL DEFAULT 0,
    retired bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    repaired bigint NOT NULL DEFAULT 0,
    extent double precision[],
    rules jsonb NOT NULL DEFAULT '{}',
    reason text,
    action_id bigint NOT NULL REFERENCES cim.action (id),
    turn bigint,
    last_event bigint,
    valid_at timestamptz,
    before jsonb,
    after jsonb,
    started_at timestamptz NOT NULL,
    duration double precision NOT NULL DEFAULT 0,
    undone_by bigint REFERENCES cim.ingest_run (id),
    CONSTRAINT ingest_run_undone CHECK ((state = 'undone') = (undone_by IS NOT NULL))
);
CREATE INDEX ingest_run_layer ON cim.ingest_run (layer, id);
CREATE INDEX ingest_run_action ON cim.ingest_run (action_id);
-- Two runs over one layer in one transaction could not be told apart by the time they ran.
CREATE UNIQUE INDEX ingest_run_once ON cim.ingest_run (turn, layer);

CREATE TABLE cim.ingest_name (
    run_id bigint REFERENCES cim.ingest_run (id),
    code text COLLATE "C",
    before text,
    after text,
    PRIMARY KEY (run_id, code)
);

CREATE TABLE cim.job (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    state text NOT NULL DEFAULT 'accepted' CONSTRAINT job_state
        CHECK (state IN ('accepted', 'running', 'successful', 'failed')),
    layer text COLLATE "C",
    who text NOT NULL,
    asked jsonb NOT NULL,
    step text NOT NULL DEFAULT '',
    rows bigint NOT NULL DEFAULT 0,
    total bigint,
    message text,
    report jsonb,
    run_id bigint REFERENCES cim.ingest_run (id),
    worker text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    ended_at timestamptz,
    beaten_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX job_living ON cim.job (beaten_at) WHERE state IN ('accepted', 'running');
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
