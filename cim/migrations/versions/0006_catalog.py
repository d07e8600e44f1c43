"""The data element catalog: versions of it, code lists, and which layer is what of it."""

from alembic import op

revision = "0006"
down_revision = "0005"

_GRADES = "('general1', 'general2', 'general3', 'general4', 'important', 'core')"
_CERTAINTIES = "('H', 'M', 'L', 'T', 'G')"

STATEMENTS = rf"""
-- Every version stands whole, so that two of them are compared as they were.
CREATE TABLE cim.catalog_version (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    catalog text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    source text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',
    sha256 text NOT NULL,
    current boolean NOT NULL DEFAULT false,
    action_id bigint NOT NULL REFERENCES cim.action (id),
    CONSTRAINT catalog_version_name UNIQUE (catalog, version)
);
CREATE UNIQUE INDEX catalog_version_current ON cim.catalog_version (catalog) WHERE current;

CREATE TABLE cim.catalog_domain (
    version_id integer REFERENCES cim.catalog_version (id),
    position integer NOT NULL,
    code text COLLATE "C",
    name_zh text NOT NULL,
    name_en text NOT NULL,
    source text NOT NULL,
    certainty text NOT NULL CONSTRAINT catalog_domain_certainty
        CHECK (certainty IN {_CERTAINTIES}),
    PRIMARY KEY (version_id, code)
);

CREATE TABLE cim.catalog_category (
    version_id integer,
    position integer NOT NULL,
    code text COLLATE "C",
    domain text COLLATE "C" NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    source text NOT NULL,
    certainty text NOT NULL CONSTRAINT catalog_category_certainty
        CHECK (certainty IN {_CERTAINTIES}),
    PRIMARY KEY (version_id, code),
    CONSTRAINT catalog_category_domain FOREIGN KEY (version_id, domain)
        REFERENCES cim.catalog_domain (version_id, code)
);

CREATE TABLE cim.catalog_element (
    version_id integer,
    position integer NOT NULL,
    code text COLLATE "C",
    category text COLLATE "C" NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    definition text NOT NULL DEFAULT '',
    aliases text[] NOT NULL DEFAULT '{{}}',
    class_code text COLLATE "C" NOT NULL DEFAULT '',
    standard text NOT NULL DEFAULT '',
    clause text NOT NULL DEFAULT '',
    owner text NOT NULL DEFAULT '',
    authority text NOT NULL DEFAULT '',
    update_cycle text NOT NULL DEFAULT '',
    sharing text NOT NULL DEFAULT '',
    sharing_condition text NOT NULL DEFAULT '',
    opening text NOT NULL DEFAULT '',
    grade text NOT NULL CONSTRAINT catalog_element_grade CHECK (grade IN {_GRADES}),
    source text NOT NULL,
    certainty text NOT NULL CONSTRAINT catalog_element_certainty
        CHECK (certainty IN {_CERTAINTIES}),
    PRIMARY KEY (version_id, code),
    CONSTRAINT catalog_element_category FOREIGN KEY (version_id, category)
        REFERENCES cim.catalog_category (version_id, code)
);

CREATE TABLE cim.code_list (
    version_id integer REFERENCES cim.catalog_version (id),
    position integer NOT NULL,
    code text COLLATE "C",
    name_zh text NOT NULL,
    name_en text NOT NULL,
    standard text NOT NULL DEFAULT '',
    source text NOT NULL,
    certainty text NOT NULL CONSTRAINT code_list_certainty
        CHECK (certainty IN {_CERTAINTIES}),
    PRIMARY KEY (version_id, code)
);

CREATE TABLE cim.code_list_entry (
    version_id integer,
    position integer NOT NULL,
    list text COLLATE "C",
    code text COLLATE "C",
    name_zh text NOT NULL,
    name_en text NOT NULL DEFAULT '',
    parent text COLLATE "C" NOT NULL DEFAULT '',
    certainty text NOT NULL CONSTRAINT code_list_entry_certainty
        CHECK (certainty IN {_CERTAINTIES}),
    PRIMARY KEY (version_id, list, code),
    CONSTRAINT code_list_entry_list FOREIGN KEY (version_id, list)
        REFERENCES cim.code_list (version_id, code)
);

-- An empty owner, authority, cycle, sharing, opening or grade is that of the element.
CREATE TABLE cim.catalog_field (
    version_id integer,
    position integer NOT NULL,
    code text COLLATE "C",
    element text COLLATE "C" NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    definition text NOT NULL DEFAULT '',
    aliases text[] NOT NULL DEFAULT '{{}}',
    standard text NOT NULL DEFAULT '',
    clause text NOT NULL DEFAULT '',
    type text NOT NULL CONSTRAINT catalog_field_type CHECK (type IN (
        'text', 'integer', 'number', 'boolean', 'date', 'datetime', 'code', 'code_name')),
    unit text NOT NULL DEFAULT '',
    length integer,
    code_list text COLLATE "C",
    mandatory text NOT NULL CONSTRAINT catalog_field_mandatory
        CHECK (mandatory IN ('M', 'C', 'O')),
    condition text NOT NULL DEFAULT '',
    minimum text NOT NULL DEFAULT '',
    maximum text NOT NULL DEFAULT '',
    pattern text NOT NULL DEFAULT '',
    owner text NOT NULL DEFAULT '',
    authority text NOT NULL DEFAULT '',
    update_cycle text NOT NULL DEFAULT '',
    sharing text NOT NULL DEFAULT '',
    sharing_condition text NOT NULL DEFAULT '',
    opening text NOT NULL DEFAULT '',
    grade text NOT NULL DEFAULT '' CONSTRAINT catalog_field_grade
        CHECK (grade = '' OR grade IN {_GRADES}),
    source text NOT NULL,
    certainty text NOT NULL CONSTRAINT catalog_field_certainty
        CHECK (certainty IN {_CERTAINTIES}),
    PRIMARY KEY (version_id, code),
    CONSTRAINT catalog_field_element FOREIGN KEY (version_id, element)
        REFERENCES cim.catalog_element (version_id, code),
    CONSTRAINT catalog_field_list FOREIGN KEY (version_id, code_list)
        REFERENCES cim.code_list (version_id, code)
);
CREATE INDEX catalog_field_of_element ON cim.catalog_field (version_id, element, position);

-- What a layer is in the catalog now. It goes with its layer.
CREATE TABLE cim.layer_binding (
    layer_id integer PRIMARY KEY REFERENCES cim.layer (id) ON DELETE CASCADE,
    element text COLLATE "C" NOT NULL,
    department text NOT NULL CONSTRAINT layer_binding_department CHECK (department <> ''),
    authoritative boolean NOT NULL DEFAULT false,
    grade text NOT NULL CONSTRAINT layer_binding_grade CHECK (grade IN {_GRADES}),
    action_id bigint NOT NULL REFERENCES cim.action (id)
);
CREATE INDEX layer_binding_element ON cim.layer_binding (element);

CREATE TABLE cim.field_binding (
    layer_id integer REFERENCES cim.layer_binding (layer_id) ON DELETE CASCADE,
    column_name text,
    field text COLLATE "C" NOT NULL,
    unit text NOT NULL DEFAULT '',
    authoritative boolean NOT NULL DEFAULT false,
    PRIMARY KEY (layer_id, column_name),
    CONSTRAINT field_binding_once UNIQUE (layer_id, field)
);
CREATE UNIQUE INDEX field_binding_authority ON cim.field_binding (field) WHERE authoritative;

-- What became of versions and bindings, each change with the whole of what it left behind.
CREATE TABLE cim.catalog_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject text COLLATE "C" NOT NULL,
    kind text NOT NULL CONSTRAINT catalog_change_kind
        CHECK (kind IN ('loaded', 'used', 'bound', 'changed', 'unbound')),
    row jsonb NOT NULL,
    action_id bigint NOT NULL REFERENCES cim.action (id)
);
CREATE INDEX catalog_change_subject ON cim.catalog_change (subject, id);

-- Who loaded a layer first; it is private to that one as long as it is bound to no element.
ALTER TABLE cim.layer ADD owner text NOT NULL DEFAULT 'anonymous';
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
