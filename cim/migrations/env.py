"""Alembic environment: migrates the connection it is handed, in that connection's transaction."""

from alembic import context

from cim.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="schema_version",
    version_table_schema="cim",
)
context.run_migrations()
