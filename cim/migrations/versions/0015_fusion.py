"""Business tables, their fusion with layers, and the indicators of governance."""

from alembic import op

revision = "0015"
down_revision = "0014"

STATEMENTS = r"""
CREATE SCHEMA business;

CREATE TABLE cim.business_table (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    relation text NOT NULL,
    loaded boolean NOT NULL,
    title jsonb NOT NULL,
    owner text NOT NULL,
    source text NOT NULL DEFAULT '',
    grade text NOT NULL,
    key_field text,
    columns jsonb NOT NULL,
    action_id bigint NOT NULL REFERENCES cim.action (id),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT business_table_owner CHECK (owner <> ''),
    CONSTRAINT business_table_grade CHECK (
        grade IN ('general1', 'general2', 'general3', 'general4', 'important', 'core'))
);

CREATE TABLE cim.business_load (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_id integer NOT NULL REFERENCES cim.business_table (id) ON DELETE CASCADE,
    file text NOT NULL,
    sha256 text NOT NULL,
    encoding text NOT NULL DEFAULT '',
    mode text NOT NULL,
    read bigint NOT NULL,
    added bigint NOT NULL,
    changed bigint NOT NULL,
    removed bigint NOT NULL,
    action_id bigint NOT NULL REFERENCES cim.action (id),
    CONSTRAINT business_load_mode CHECK (mode IN ('replace', 'upsert'))
);
CREATE INDEX business_load_table ON cim.business_load (table_id, id);

CREATE TABLE cim.fusion (
    layer_id integer PRIMARY KEY REFERENCES cim.layer (id) ON DELETE CASCADE,
    base_id integer NOT NULL REFERENCES cim.layer (id),
    action_id bigint NOT NULL REFERENCES cim.action (id)
);
CREATE INDEX fusion_base ON cim.fusion (base_id);

CREATE TABLE cim.fusion_table (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layer_id integer NOT NULL REFERENCES cim.fusion (layer_id) ON DELETE CASCADE,
    table_id integer NOT NULL REFERENCES cim.business_table (id),
    ways jsonb NOT NULL,
    accept double precision NOT NULL,
    review double precision NOT NULL,
    margin double precision NOT NULL,
    several text NOT NULL,
    several_field text NOT NULL DEFAULT '',
    refreshed_at timestamptz,
    stamp bigint NOT NULL DEFAULT 0,
    action_id bigint NOT NULL REFERENCES cim.action (id),
    CONSTRAINT fusion_table_once UNIQUE (layer_id, table_id),
    CONSTRAINT fusion_table_several CHECK (several IN ('refuse', 'first', 'latest'))
);
CREATE INDEX fusion_table_of_table ON cim.fusion_table (table_id);

CREATE TABLE cim.fusion_field (
    join_id integer NOT NULL REFERENCES cim.fusion_table (id) ON DELETE CASCADE,
    position integer NOT NULL,
    column_name text NOT NULL,
    take text NOT NULL DEFAULT '',
    name text NOT NULL,
    PRIMARY KEY (join_id, position),
    CONSTRAINT fusion_field_take CHECK (take IN ('', 'sum', 'count', 'min', 'max', 'avg'))
);

CREATE TABLE cim.fusion_link (
    join_id integer NOT NULL REFERENCES cim.fusion_table (id) ON DELETE CASCADE,
    row_key text NOT NULL,
    state text NOT NULL,
    code text COLLATE "C",
    how text NOT NULL DEFAULT '',
    score double precision,
    reason text NOT NULL DEFAULT '',
    basis text NOT NULL DEFAULT '',
    candidates jsonb,
    PRIMARY KEY (join_id, row_key),
    CONSTRAINT fusion_link_state CHECK (state IN ('linked', 'review', 'unmatched')),
    CONSTRAINT fusion_link_code CHECK (state <> 'linked' OR code IS NOT NULL)
);
CREATE INDEX fusion_link_code_of ON cim.fusion_link (code, join_id);
CREATE INDEX fusion_link_left ON cim.fusion_link (join_id, state, row_key)
    WHERE state <> 'linked';

CREATE TABLE cim.fusion_decision (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    join_id integer NOT NULL REFERENCES cim.fusion_table (id) ON DELETE CASCADE,
    row_key text NOT NULL,
    basis text NOT NULL,
    code text COLLATE "C",
    rejected text[] COLLATE "C" NOT NULL DEFAULT '{}',
    action_id bigint NOT NULL REFERENCES cim.action (id)
);
CREATE INDEX fusion_decision_row ON cim.fusion_decision (join_id, row_key, id);

CREATE TABLE cim.kpi (
    day date NOT NULL,
    kind text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    title jsonb NOT NULL,
    department text,
    rows bigint NOT NULL,
    coded bigint NOT NULL,
    governed bigint NOT NULL,
    mapped bigint NOT NULL,
    governed_mapped bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (day, kind, name),
    CONSTRAINT kpi_kind CHECK (kind IN ('layer', 'table'))
);
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
