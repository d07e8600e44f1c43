"""The database as a command finds it (命令所用数据库): reachable, with this program's tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from cim.database import migrate
from cim.database.connect import connect
from cim.settings import Settings

__all__ = ["open_database", "reading", "writing"]


def open_database(settings: Settings) -> Engine:
    """An engine on a database that ``cim up`` has prepared; DatabaseError."""
    engine = connect(settings)
    with engine.connect() as connection:
        migrate.check(connection)
    return engine


@contextmanager
def reading() -> Iterator[Connection]:
    """A connection to the database of the environment."""
    engine = open_database(Settings.from_environment())
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@contextmanager
def writing() -> Iterator[Connection]:
    """As `reading`, in a transaction that is committed where nothing is raised."""
    engine = open_database(Settings.from_environment())
    with engine.begin() as connection:
        yield connection
    engine.dispose()
