"""Source ids in the order of their bytes, as staged ones are, so that an index finds them; and
checks of entities that cost a load less.

A key between columns of different collations is found by no index: each batch that asked for codes
read all entities.
"""

from alembic import op

revision = "0016"
down_revision = "0013"

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
"""


def upgrade() -> None:
    op.execute(STATEMENTS)
