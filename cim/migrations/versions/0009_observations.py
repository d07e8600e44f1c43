"""Observations: series of stations, their values by year, what was replaced, the latest of each.

The views of layers that are there show the latest readings of their features.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

STATEMENTS = r"""
CREATE TABLE cim.datastream (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    station text COLLATE "C" NOT NULL REFERENCES cim.entity (code),
    parameter text COLLATE "C" NOT NULL,
    datum text NOT NULL DEFAULT '',
    datum_offset double precision,
    unit text NOT NULL,
    first_at timestamptz,
    last_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT datastream_series UNIQUE (station, parameter, datum),
    CONSTRAINT datastream_datum CHECK (datum <> '' OR datum_offset IS NULL)
);

CREATE TABLE cim.observation (
    datastream_id integer NOT NULL,
    time timestamptz NOT NULL,
    value double precision NOT NULL,
    raw double precision NOT NULL,
    flags smallint NOT NULL DEFAULT 0,
    given_unit text,
    given_flag text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (datastream_id, time)
) PARTITION BY RANGE (time);
CREATE INDEX observation_doubtful ON cim.observation (datastream_id, time) WHERE flags <> 0;

CREATE TABLE cim.observation_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    datastream_id integer NOT NULL,
    time timestamptz NOT NULL,
    value double precision NOT NULL,
    raw double precision NOT NULL,
    flags smallint NOT NULL,
    given_unit text,
    given_flag text,
    recorded_at timestamptz NOT NULL,
    replaced_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX observation_history_series ON cim.observation_history (datastream_id, time);

CREATE TABLE cim.latest (
    station text COLLATE "C" PRIMARY KEY,
    readings jsonb NOT NULL
);

DO $$
DECLARE
    layer record;
    kept text := 't.code, substr(t.code, 1, 6) AS region_code, substr(t.code, 7, 6) AS type_code, '
        't.beidou_code, t.cim_version, t.cim_recorded_at, t.cim_valid_from, t.geom';
BEGIN
    FOR layer IN
        SELECT l.name, (SELECT coalesce(string_agg(', t.' || quote_ident(c ->> 'name'), ''), '')
                        FROM jsonb_array_elements(l.columns) c) AS own
        FROM cim.layer l WHERE kind = 'vector'
    LOOP
        EXECUTE format('CREATE OR REPLACE VIEW item.%1$I AS SELECT %2$s%3$s, '
                       's.readings AS cim_latest '
                       'FROM layer.%1$I t LEFT JOIN cim.latest s ON s.station = t.code',
                       layer.name, kept, layer.own);
    END LOOP;
END $$;
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
