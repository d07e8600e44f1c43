"""The database as a command finds it (命令所用数据库): reachable, with this program's tables."""

from __future__ import annotations

from sqlalchemy import Engine

from cim.database import migrate
from cim.database.connect import connect
from cim.settings import Settings

__all__ = ["open_database"]


def open_database(settings: Settings) -> Engine:
    """An engine on a database that ``cim up`` has prepared; DatabaseError."""
    engine = connect(settings)
    with engine.connect() as connection:
        migrate.check(connection)
    return engine
