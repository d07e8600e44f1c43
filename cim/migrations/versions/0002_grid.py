"""SQL functions of the grids, equal to the package gridcode."""

from alembic import op

from cim.database.grid_sql import statements

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(statements().replace("%", "%%"))
