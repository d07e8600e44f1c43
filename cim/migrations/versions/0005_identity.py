"""Identity of entities: classes, actions and events, successors, reservations, reviews, history.

Layers that were there before get a history that begins with their rows as they are.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = r"""
CREATE TABLE cim.entity_class (
    code text COLLATE "C" PRIMARY KEY CONSTRAINT entity_class_code CHECK (code ~ '^\d{6}$'),
    name_zh text NOT NULL,
    name_en text NOT NULL,
    geometry text NOT NULL CONSTRAINT entity_class_geometry
        CHECK (geometry IN ('point', 'line', 'polygon', 'any')),
    gbt13923 text NOT NULL DEFAULT '',
    cim_big text NOT NULL DEFAULT '',
    cim_middle text NOT NULL DEFAULT '',
    cim_small text NOT NULL DEFAULT '',
    key_scheme text NOT NULL DEFAULT '',
    tolerance double precision,
    source text NOT NULL,
    conf text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    state text NOT NULL DEFAULT 'active' CONSTRAINT entity_class_state
        CHECK (state IN ('active', 'deprecated')),
    replaced_by text COLLATE "C" REFERENCES cim.entity_class (code)
);

CREATE TABLE cim.entity_class_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text COLLATE "C" NOT NULL,
    kind text NOT NULL CONSTRAINT entity_class_change_kind
        CHECK (kind IN ('brought', 'added', 'changed', 'deprecated', 'restored', 'removed')),
    row jsonb NOT NULL,
    who text NOT NULL,
    why text,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX entity_class_change_code ON cim.entity_class_change (code, id);

-- The order in which another system hears of changes. A transaction's number is given early and
-- shown late; what is below cim.turns_done() can no longer be joined by a straggler. The offset
-- keeps the order when a dump is restored to a server whose numbers are smaller.
CREATE TABLE cim.turn_offset (
    one smallint PRIMARY KEY DEFAULT 1 CHECK (one = 1),
    value bigint NOT NULL DEFAULT 0
);
INSERT INTO cim.turn_offset DEFAULT VALUES;
CREATE FUNCTION cim.turn() RETURNS bigint STABLE LANGUAGE sql AS
    'SELECT pg_current_xact_id()::text::bigint + value FROM cim.turn_offset';
CREATE FUNCTION cim.turns_done() RETURNS bigint STABLE LANGUAGE sql AS
    'SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint + value FROM cim.turn_offset';

-- Who did something, why, and the document it rests on: one row for all that was done together.
CREATE TABLE cim.action (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    who text NOT NULL,
    why text,
    document text,
    recorded_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE cim.event (
    turn bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    code text COLLATE "C" NOT NULL,
    kind text NOT NULL CONSTRAINT event_kind CHECK (kind IN (
        'reserved', 'assigned', 'changed', 'reinstated', 'retired', 'merged', 'split', 'void')),
    valid_at timestamptz NOT NULL,
    action_id bigint NOT NULL,
    PRIMARY KEY (turn, id)
);
CREATE INDEX event_code ON cim.event (code, id);

CREATE TABLE cim.succession (
    predecessor text COLLATE "C" REFERENCES cim.entity (code),
    successor text COLLATE "C" REFERENCES cim.entity (code),
    valid_at timestamptz NOT NULL,
    action_id bigint NOT NULL REFERENCES cim.action (id),
    PRIMARY KEY (predecessor, successor)
);
CREATE INDEX succession_successor ON cim.succession (successor);

CREATE TABLE cim.quota (
    department text,
    class_code text COLLATE "C" DEFAULT '',
    codes bigint NOT NULL CONSTRAINT quota_codes CHECK (codes >= 0),
    used bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (department, class_code)
);

CREATE TABLE cim.reservation (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project text NOT NULL,
    department text,
    division text COLLATE "C" NOT NULL,
    class_code text COLLATE "C" NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    action_id bigint NOT NULL REFERENCES cim.action (id),
    reserved_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz
);

ALTER TABLE cim.lease ADD department text;

ALTER TABLE cim.entity ALTER source_system DROP NOT NULL, ALTER source_id DROP NOT NULL,
    ADD reservation_id bigint REFERENCES cim.reservation (id),
    ADD CONSTRAINT entity_source_known CHECK (
        (source_system IS NULL) = (source_id IS NULL)
        AND (source_id IS NOT NULL OR state IN ('reserved', 'void')));
-- A foreign key from each of a million new rows to one row of another table costs their tenth.
ALTER TABLE cim.entity DROP CONSTRAINT entity_layer_id_fkey;
DROP INDEX cim.entity_layer;
CREATE INDEX entity_reservation ON cim.entity (reservation_id, state, code)
    WHERE reservation_id IS NOT NULL;

-- Another name under which a source asked for an entity that was there already.
CREATE TABLE cim.same_source (
    source_system text,
    source_id text,
    code text COLLATE "C" NOT NULL REFERENCES cim.entity (code),
    action_id bigint NOT NULL REFERENCES cim.action (id),
    PRIMARY KEY (source_system, source_id)
);

CREATE TABLE cim.review (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_system text NOT NULL,
    source_id text NOT NULL,
    class_code text COLLATE "C" NOT NULL,
    request jsonb NOT NULL,
    candidate text COLLATE "C" NOT NULL REFERENCES cim.entity (code),
    measure double precision NOT NULL,
    decision text CONSTRAINT review_decision CHECK (decision IN ('same', 'different')),
    action_id bigint REFERENCES cim.action (id),
    asked_at timestamptz NOT NULL DEFAULT now(),
    decided_at timestamptz,
    UNIQUE (source_system, source_id, candidate)
);
CREATE INDEX review_open ON cim.review (id) WHERE decision IS NULL;

-- Names of entities across all layers, for search.
CREATE TABLE cim.name (
    code text COLLATE "C" PRIMARY KEY,
    name text NOT NULL
);
CREATE INDEX name_trigrams ON cim.name USING gin (name gin_trgm_ops);

-- A growing layer is assigned to piece by piece; its count is not kept.
ALTER TABLE cim.layer ADD name_field text, ADD growing boolean NOT NULL DEFAULT false;

INSERT INTO cim.action (who, why) VALUES ('cim', 'known before history was kept');
INSERT INTO cim.event (turn, code, kind, valid_at, action_id)
SELECT cim.turn(), code, 'assigned', created_at, (SELECT max(id) FROM cim.action)
FROM cim.entity ORDER BY created_at, code;
INSERT INTO cim.event (turn, code, kind, valid_at, action_id)
SELECT cim.turn(), code, 'retired', changed_at, (SELECT max(id) FROM cim.action)
FROM cim.entity WHERE state <> 'active' ORDER BY changed_at, code;

CREATE SCHEMA history;
CREATE SCHEMA version;

DO $$
DECLARE
    layer record;
    kept text := 'code, beidou_code, cim_version, cim_recorded_at, cim_valid_from';
    parts text := 'substr(code, 1, 6) AS region_code, substr(code, 7, 6) AS type_code';
BEGIN
    FOR layer IN
        SELECT l.name, (SELECT coalesce(string_agg(', ' || quote_ident(c ->> 'name'), ''), '')
                        FROM jsonb_array_elements(l.columns) c) AS own
        FROM cim.layer l WHERE kind = 'vector'
    LOOP
        EXECUTE format('ALTER TABLE layer.%I ADD cim_valid_from timestamptz', layer.name);
        EXECUTE format('UPDATE layer.%I SET cim_valid_from = cim_recorded_at', layer.name);
        EXECUTE format('ALTER TABLE layer.%I ALTER cim_valid_from SET NOT NULL, '
                       'ALTER cim_valid_from SET DEFAULT now()', layer.name);
        EXECUTE format('CREATE TABLE history.%1$I (LIKE layer.%1$I, '
                       'cim_valid_to timestamptz NOT NULL, '
                       'cim_replaced_at timestamptz NOT NULL DEFAULT now())', layer.name);
        EXECUTE format('CREATE INDEX ON history.%I (code, cim_valid_from)', layer.name);
        EXECUTE format('CREATE INDEX ON history.%I USING gist (geom)', layer.name);
        EXECUTE format('DROP VIEW item.%I', layer.name);
        EXECUTE format('CREATE VIEW item.%I AS SELECT code, %s, beidou_code, cim_version, '
                       'cim_recorded_at, cim_valid_from, geom%s FROM layer.%I',
                       layer.name, parts, layer.own, layer.name);
        EXECUTE format('CREATE VIEW version.%I AS SELECT %s, %s, ''infinity''::timestamptz '
                       'AS cim_valid_to, geom%s FROM layer.%I UNION ALL '
                       'SELECT %s, %s, cim_valid_to, geom%s FROM history.%I',
                       layer.name, kept, parts, layer.own, layer.name,
                       kept, parts, layer.own, layer.name);
    END LOOP;
END $$;
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
