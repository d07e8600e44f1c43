"""The house: registry of layers, entities, aliases, serials and raster scenes."""

from alembic import op

revision = "0001"
down_revision = None

STATEMENTS = r"""
CREATE SCHEMA layer;
CREATE SCHEMA item;

CREATE TABLE cim.registry (
    one smallint PRIMARY KEY DEFAULT 1,
    version bigint NOT NULL DEFAULT 0,
    CONSTRAINT registry_has_one_row CHECK (one = 1)
);
INSERT INTO cim.registry DEFAULT VALUES;

CREATE FUNCTION cim.tell_registry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('cim_registry', NEW.version::text);
    RETURN NULL;
END $$;
CREATE TRIGGER registry_moved AFTER UPDATE ON cim.registry
    FOR EACH ROW EXECUTE FUNCTION cim.tell_registry();

CREATE TABLE cim.layer (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    kind text NOT NULL CONSTRAINT layer_kind CHECK (kind IN ('vector', 'raster')),
    title jsonb NOT NULL,
    description jsonb NOT NULL,
    class_code text COLLATE "C",
    key_field text,
    geometry_type text,
    columns jsonb NOT NULL DEFAULT '[]',
    feature_count bigint NOT NULL DEFAULT 0,
    extent double precision[],
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE cim.entity (
    code text COLLATE "C" PRIMARY KEY CONSTRAINT entity_code_shape CHECK (code ~ '^\d{21}$'),
    layer_id integer REFERENCES cim.layer (id) ON DELETE SET NULL,
    source_system text NOT NULL,
    source_id text NOT NULL,
    state text NOT NULL DEFAULT 'active' CONSTRAINT entity_state
        CHECK (state IN ('reserved', 'active', 'retired', 'merged', 'split', 'void')),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT entity_source UNIQUE (source_system, source_id)
);
CREATE INDEX entity_layer ON cim.entity (layer_id);

CREATE TABLE cim.alias (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scheme text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL REFERENCES cim.entity (code),
    valid_from timestamptz NOT NULL DEFAULT now(),
    valid_to timestamptz
);
CREATE UNIQUE INDEX alias_live ON cim.alias (value, scheme) WHERE valid_to IS NULL;
CREATE INDEX alias_code ON cim.alias (code);

CREATE TABLE cim.serial (
    division text COLLATE "C",
    class_code text COLLATE "C",
    last bigint NOT NULL,
    PRIMARY KEY (division, class_code)
);

CREATE TABLE cim.lease (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    division text COLLATE "C" NOT NULL,
    class_code text COLLATE "C" NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    purpose text NOT NULL,
    leased_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE cim.raster_scene (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layer_id integer NOT NULL REFERENCES cim.layer (id) ON DELETE CASCADE,
    acquired_at timestamptz NOT NULL,
    sha256 text NOT NULL,
    path text NOT NULL,
    crs text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    resolution double precision NOT NULL,
    bands jsonb NOT NULL,
    footprint geometry(Polygon, 4490) NOT NULL,
    registered_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT raster_scene_moment UNIQUE (layer_id, acquired_at)
);
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
