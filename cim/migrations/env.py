"""Alembic environment: migrates the connection it is handed, in that connection's transaction."""

from alembic import context

from cim import catalog_tables, fusion_tables, ingest_tables, observation_tables  # noqa: F401

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=catalog_tables.metadata,
    version_table="schema_version",
    version_table_schema="cim",
)
context.run_migrations()
