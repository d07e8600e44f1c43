"""Scenes by name, with what STAC tells of them.

A scene that was there before is called by its moment, as nothing else told it from others.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

STATEMENTS = """
ALTER TABLE cim.raster_scene
    ADD name text COLLATE "C",
    ADD whole boolean NOT NULL DEFAULT false,
    ADD checksum text,
    ADD size bigint,
    ADD transform double precision[],
    ADD details jsonb NOT NULL DEFAULT '[]',
    ADD properties jsonb NOT NULL DEFAULT '{}';
UPDATE cim.raster_scene
    SET name = to_char(acquired_at AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MISSMS"Z"');
ALTER TABLE cim.raster_scene
    ALTER name SET NOT NULL,
    DROP CONSTRAINT raster_scene_moment,
    ADD CONSTRAINT raster_scene_name UNIQUE (layer_id, name);
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
