"""Brings the schema of a database to the newest version (数据库迁移), all of it or nothing."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from cim import class_table
from cim.catalog import versions
from cim.errors import SchemaForeign

# Any constant: it keeps two starting programs from migrating the same database at once.
_MIGRATION_LOCK = 553_2024


def upgrade(connection: Connection) -> None:
    """Apply the missing migrations, bring classes and catalog, in the caller's transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS cim"))
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    _keep_order(connection)
    class_table.bring(connection)
    versions.bring(connection)


def _keep_order(connection: Connection) -> None:
    """Keep the feed of changes in order on a server that counts transactions from lower down.

    A dump that is restored elsewhere has events of turns that this server has not reached yet.
    """
    connection.execute(
        text("""
            UPDATE cim.turn_offset SET value = value + ahead.turns
            FROM (SELECT max(turn) - value + 1
                         - pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS turns
                  FROM cim.event, cim.turn_offset GROUP BY value) ahead
            WHERE ahead.turns > 0
        """)
    )


def check(connection: Connection) -> None:
    """See that the tables are those of this program; SchemaForeign."""
    options = {"version_table": "schema_version", "version_table_schema": "cim"}
    found = MigrationContext.configure(connection, opts=options).get_current_revision()
    if found != ScriptDirectory.from_config(configuration()).get_current_head():
        raise SchemaForeign(found)


def configuration() -> Config:
    """How Alembic finds our migrations."""
    config = Config()
    config.set_main_option("script_location", "cim:migrations")
    config.set_main_option("path_separator", "os")
    return config
