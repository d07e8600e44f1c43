"""Source ids in the order of their bytes, as staged ones are, so that an index finds them; and
checks of entities that cost a load less.

A key between columns of different collations is found by no index: each batch that asked for codes
read all entities. And what is touched of a layer worked out the box of each geometry thirty times:
OFFSET 0 keeps the planner from writing the box in where it is used.
"""

from alembic import op

revision = "0018"
down_revision = "0017"

STATEMENTS = r"""
ALTER TABLE cim.entity
    ALTER source_system TYPE text COLLATE "C",
    ALTER source_id TYPE text COLLATE "C",
    DROP CONSTRAINT entity_reservation_id_fkey,
    DROP CONSTRAINT entity_code_shape,
    ADD CONSTRAINT entity_code_shape CHECK (length(code) = 21 AND code !~ '[^0-9]');
ALTER TABLE cim.same_source
    ALTER source_system TYPE text COLLATE "C", ALTER source_id TYPE text COLLATE "C";
ALTER TABLE cim.review
    ALTER source_system TYPE text COLLATE "C", ALTER source_id TYPE text COLLATE "C";

-- The query of the cells that rows with a column geom touch, of the query of the rows.
CREATE FUNCTION cim.touched_cells(rows text) RETURNS text LANGUAGE sql IMMUTABLE RETURN format($q$
    WITH boxed AS (
        SELECT ST_XMin(geom) AS west, ST_YMin(geom) AS south,
               ST_XMax(geom) AS east, ST_YMax(geom) AS north
        FROM (%s) r WHERE NOT ST_IsEmpty(geom) OFFSET 0
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
$q$, rows);

CREATE OR REPLACE FUNCTION cim.touch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rows text := CASE TG_OP
        WHEN 'INSERT' THEN 'SELECT geom FROM new_rows'
        WHEN 'DELETE' THEN 'SELECT geom FROM old_rows'
        ELSE 'SELECT geom FROM old_rows UNION ALL SELECT geom FROM new_rows' END;
BEGIN
    EXECUTE format('INSERT INTO touched.%I (level, x, y) %s', TG_TABLE_NAME,
                   cim.touched_cells(rows));
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
