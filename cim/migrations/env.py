"""Alembic environment: migrates the connection it is handed, in that connection's transaction."""

from alembic import context

from cim import identity_tables, observation_tables

assert identity_tables.metadata is observation_tables.metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=identity_tables.metadata,
    version_table="schema_version",
    version_table_schema="cim",
)
context.run_migrations()
