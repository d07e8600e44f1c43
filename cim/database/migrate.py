"""Brings the schema of a database to the newest version (数据库迁移), all of it or nothing."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from cim import class_table
from cim.errors import SchemaForeign

# Any constant: it keeps two starting programs from migrating the same database at once.
_MIGRATION_LOCK = 553_2024


def upgrade(connection: Connection) -> None:
    """Apply the missing migrations, and bring the classes, within the caller's transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS cim"))
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    class_table.bring(connection)


def check(connection: Connection) -> None:
    """See that the tables are those of this program; SchemaForeign."""
    options = {"version_table": "schema_version", "version_table_schema": "cim"}
    found = MigrationContext.configure(connection, opts=options).get_current_revision()
    if found != ScriptDirectory.from_config(_config()).get_current_head():
        raise SchemaForeign(found)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "cim:migrations")
    config.set_main_option("path_separator", "os")
    return config
