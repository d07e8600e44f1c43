"""Brings the schema of a database to the newest version (数据库迁移), all of it or nothing."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

# Any constant: it keeps two starting programs from migrating the same database at once.
_MIGRATION_LOCK = 553_2024


def upgrade(connection: Connection) -> None:
    """Apply the missing migrations within the caller's transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS cim"))
    config = Config()
    config.set_main_option("script_location", "cim:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
