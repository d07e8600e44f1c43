"""The tables as SQLAlchemy describes them are those that the migrations make."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from cim.schema import metadata


def test_tables_are_as_described(engine: Engine) -> None:
    def ours(name: str | None, kind: str, _: object) -> bool:
        if kind == "schema":
            return name == "cim"
        return name != "schema_version"

    options = {"include_schemas": True, "include_name": ours, "compare_server_default": False}
    with engine.connect() as connection:
        connection.dialect.default_schema_name = "public"  # not that of a role named cim
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
