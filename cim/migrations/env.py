"""Alembic environment: migrates the connection it is handed, in that connection's transaction."""

from alembic import context

from cim import identity_tables, ingest_tables  # noqa: F401 - both speak of one metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=identity_tables.metadata,
    version_table="schema_version",
    version_table_schema="cim",
)
context.run_migrations()
