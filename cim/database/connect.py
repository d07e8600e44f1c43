"""The way to the database (连接数据库): its address, and an engine that was checked before use.

``CIM_DATABASE_URL`` names a server; without it the embedded cluster is started on demand. The
server must be PostgreSQL 15+ and the database must have PostGIS 3.3+, pg_trgm and btree_gist, and a
locale under which Chinese text has trigrams. Missing extensions are made where the role may.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import sqlalchemy
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    OperationalError,
    ProgrammingError,
)

from cim.database.cluster import EXTENSIONS, Cluster
from cim.errors import (
    DatabaseTooOld,
    DatabaseUnreachable,
    ExtensionMissing,
    LocaleUnfit,
    PostgisMissing,
    PostgisTooOld,
    SettingInvalid,
    WrittenMeanwhile,
)
from cim.settings import Settings

__all__ = ["connect", "database_url", "engine_of", "reaching", "snapshot"]

# What libpq adds to say little more.
_WORDS = ("Is the server running", "This probably means", "before or while processing")

_OVERTAKEN = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)

OLDEST_SERVER = 15
OLDEST_POSTGIS = (3, 3)


def connect(settings: Settings, *, start: bool = True) -> Engine:
    """An engine on a database that has all our SQL needs; DatabaseError.

    ``start=False`` leaves an embedded cluster that is down as it is: then DatabaseUnreachable.
    """
    engine = engine_of(database_url(settings, start=start))
    check(engine)
    return engine


def database_url(settings: Settings, *, start: bool = True) -> str:
    """The address as psycopg and asyncpg read it; starts the embedded cluster.

    Raises SettingInvalid, ClusterError.
    """
    if settings.database_url is None:
        cluster = Cluster(settings.home)
        return cluster.start() if start else cluster.url
    scheme, separator, rest = settings.database_url.partition("://")
    if not separator or scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise SettingInvalid("CIM_DATABASE_URL", f"{scheme}{separator}…", "a postgresql:// address")
    return f"postgresql://{rest}"


def engine_of(url: str) -> Engine:
    """An engine over psycopg for ``url``; connects at its first use."""
    try:
        address = make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):
        raise SettingInvalid("CIM_DATABASE_URL", _place(url), "a postgresql:// address") from None
    return sqlalchemy.create_engine(address, pool_pre_ping=True)


@contextmanager
def reaching(engine: Engine) -> Iterator[None]:
    """Turns what the driver says into errors of ours: DatabaseUnreachable, WrittenMeanwhile."""
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:
        below = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(below, _OVERTAKEN):
            raise WrittenMeanwhile(_reason(below)) from error
        if isinstance(below, psycopg.OperationalError):
            raise DatabaseUnreachable(_place(str(engine.url)), _reason(below)) from None
        raise


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection whose statements all see the database as it is at the first; it only reads."""
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect() as connection:
        yield connection.execution_options(**options)


def check(engine: Engine) -> None:
    """Make missing extensions; DatabaseError when the database lacks what our SQL needs."""
    try:
        connection = engine.connect()
    except OperationalError as error:
        raise DatabaseUnreachable(_place(str(engine.url)), _reason(error.orig)) from None
    with connection:
        _check_server(connection)
        for extension in sorted(set(EXTENSIONS) - _extensions(connection).keys()):
            _make(connection, extension)
        connection.commit()
        _check_postgis(_extensions(connection)["postgis"])
        _check_locale(connection)


def _check_server(connection: Connection) -> None:
    version = connection.scalar(text("SHOW server_version"))
    if _major(connection) < OLDEST_SERVER:
        raise DatabaseTooOld(str(version), OLDEST_SERVER)


def _major(connection: Connection) -> int:
    return int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10000


def _extensions(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text("SELECT extname, extversion FROM pg_extension"))
    return {row.extname: row.extversion for row in rows}


def _make(connection: Connection, extension: str) -> None:
    database = str(connection.engine.url.database)
    known = connection.scalar(
        text("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = :name)"),
        {"name": extension},
    )
    if not known and extension == "postgis":
        raise PostgisMissing(_major(connection))
    try:
        # Two starters at once would collide in the catalogue without the lock.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('cim.extension'))"))
        connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))
    except (ProgrammingError, OperationalError):
        raise ExtensionMissing(extension, database) from None


def _check_postgis(version: str) -> None:
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_POSTGIS:
        raise PostgisTooOld(version, ".".join(map(str, OLDEST_POSTGIS)))


def _check_locale(connection: Connection) -> None:
    fit, name, locale = connection.execute(
        text(
            "SELECT cardinality(show_trgm('襄阳')) > 0, datname, datctype"
            " FROM pg_database WHERE datname = current_database()"
        )
    ).one()
    if not fit:
        raise LocaleUnfit(name, locale)


def _place(url: str) -> str:
    """Where ``url`` leads, without the password in it."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'on the local socket'}{parts.path}"


def _reason(error: BaseException | None) -> str:
    lines = [line.strip() for line in str(error).splitlines()]
    telling = [line for line in lines if line and not line.startswith(_WORDS)]
    return telling[-1].rpartition(" failed: ")[2] if telling else "it gave no reason"
