"""What tiles need to know of writes, and what is drawn at small scales; see `cim.pyramid`."""

from alembic import op

revision = "0011"
down_revision = "0010"

STATEMENTS = """
CREATE SCHEMA touched;
CREATE SCHEMA cell;
CREATE SCHEMA outline;
CREATE SEQUENCE cim.stamp;

-- Level of the grid whose cells are as large as a box of that size in degrees, or the next larger.
CREATE FUNCTION cim.grid_level(size float8, finest int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    CASE WHEN size <= 360 / 2.0::float8 ^ finest THEN finest
         ELSE greatest(0, floor(log(2, (360 / size)::numeric))::int) END;

CREATE FUNCTION cim.touch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rows text := CASE TG_OP
        WHEN 'INSERT' THEN 'SELECT geom FROM new_rows'
        WHEN 'DELETE' THEN 'SELECT geom FROM old_rows'
        ELSE 'SELECT geom FROM old_rows UNION ALL SELECT geom FROM new_rows' END;
BEGIN
    EXECUTE format($q$
        INSERT INTO touched.%I (level, x, y)
        WITH boxed AS (
            SELECT ST_XMin(geom) AS west, ST_YMin(geom) AS south,
                   ST_XMax(geom) AS east, ST_YMax(geom) AS north
            FROM (%s) r WHERE NOT ST_IsEmpty(geom)
        ), placed AS (
            SELECT DISTINCT level,
                   floor((west + 180) / 360 * 2 ^ level)::int AS x0,
                   floor((east + 180) / 360 * 2 ^ level)::int AS x1,
                   floor((90 - north) / 360 * 2 ^ level)::int AS y0,
                   floor((90 - south) / 360 * 2 ^ level)::int AS y1,
                   floor(((west + east) / 2 + 180) / 360 * 2 ^ 14)::int AS cx,
                   floor((90 - (south + north) / 2) / 360 * 2 ^ 14)::int AS cy
            FROM (SELECT *, cim.grid_level(greatest(east - west, north - south), 14) AS level
                  FROM boxed) b
        )
        SELECT level, x, y
        FROM placed, generate_series(x0, x1) AS x, generate_series(y0, y1) AS y
        UNION SELECT 14, cx, cy FROM placed
    $q$, TG_TABLE_NAME, rows);
    RETURN NULL;
END $$;

CREATE FUNCTION cim.follow(layer text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format($q$
        CREATE TABLE touched.%1$I (
            level smallint NOT NULL,
            x int NOT NULL,
            y int NOT NULL,
            stamp bigint NOT NULL DEFAULT nextval('cim.stamp'),
            fresh boolean NOT NULL DEFAULT true,
            place box NOT NULL GENERATED ALWAYS AS (
                box(point(x * (360 / 2.0::float8 ^ level) - 180,
                          90 - y * (360 / 2.0::float8 ^ level)),
                    point((x + 1) * (360 / 2.0::float8 ^ level) - 180,
                          90 - (y + 1) * (360 / 2.0::float8 ^ level)))) STORED
        );
        CREATE INDEX ON touched.%1$I USING gist (place);
        CREATE INDEX ON touched.%1$I (level, x, y);
        CREATE TABLE cell.%1$I (
            level smallint NOT NULL,
            x int NOT NULL,
            y int NOT NULL,
            code text COLLATE "C" NOT NULL,
            size float8 NOT NULL,
            features bigint NOT NULL,
            geom geometry NOT NULL,
            PRIMARY KEY (level, x, y)
        );
        CREATE INDEX ON cell.%1$I USING gist (geom, level);
        CREATE TABLE outline.%1$I (
            level smallint NOT NULL,
            own_level smallint NOT NULL,
            x int NOT NULL,
            y int NOT NULL,
            code text COLLATE "C" NOT NULL,
            size float8 NOT NULL,
            geom geometry NOT NULL,
            PRIMARY KEY (level, code)
        );
        CREATE INDEX ON outline.%1$I USING gist (geom, level);
        CREATE INDEX ON outline.%1$I (x, y);
        CREATE TRIGGER touch_new AFTER INSERT ON layer.%1$I REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION cim.touch();
        CREATE TRIGGER touch_changed AFTER UPDATE ON layer.%1$I
            REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION cim.touch();
        CREATE TRIGGER touch_gone AFTER DELETE ON layer.%1$I REFERENCING OLD TABLE AS old_rows
            FOR EACH STATEMENT EXECUTE FUNCTION cim.touch();
    $q$, layer);
END $$;

DO $$
DECLARE
    layer text;
BEGIN
    FOR layer IN SELECT name FROM cim.layer WHERE kind = 'vector' LOOP
        PERFORM cim.follow(layer);
        EXECUTE format('INSERT INTO touched.%I (level, x, y) '
                       'SELECT DISTINCT 14, floor(((ST_XMin(geom) + ST_XMax(geom)) / 2 + 180) '
                       '/ 360 * 2 ^ 14)::int, floor((90 - (ST_YMin(geom) + ST_YMax(geom)) / 2) '
                       '/ 360 * 2 ^ 14)::int FROM layer.%I', layer, layer);
    END LOOP;
END $$;
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
