"""The database as a command finds it (命令所用数据库): reachable, with this program's tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from cim.database import migrate
from cim.database.connect import connect, reaching
from cim.settings import Settings

__all__ = ["open_database", "opened", "reading", "writing"]


def open_database(settings: Settings) -> Engine:
    """An engine on a database that ``cim up`` has prepared; DatabaseError."""
    engine = connect(settings)
    with reaching(engine), engine.connect() as connection:
        migrate.check(connection)
    return engine


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[Engine]:
    """The database of the settings, by default those of the environment, until it is done."""
    engine = open_database(settings or Settings.from_environment())
    try:
        with reaching(engine):
            yield engine
    finally:
        engine.dispose()


@contextmanager
def reading(settings: Settings | None = None) -> Iterator[Connection]:
    """A connection to read with; DatabaseUnreachable where the database goes away meanwhile."""
    with opened(settings) as engine, engine.connect() as connection:
        yield connection


@contextmanager
def writing(settings: Settings | None = None) -> Iterator[Connection]:
    """One transaction, committed at the end; DatabaseUnreachable, WrittenMeanwhile."""
    with opened(settings) as engine, engine.begin() as connection:
        yield connection
