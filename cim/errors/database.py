"""Errors of settings and of the database (设置与数据库错误)."""

from __future__ import annotations

from pathlib import Path

from cim.errors.root import CimError


class SettingInvalid(CimError, ValueError):
    """An environment variable holds a text that it may not hold."""

    def __init__(self, name: str, text: str, wanted: str) -> None:
        super().__init__(f"{name} must be {wanted}, not {text!r}")


class DatabaseError(CimError):
    """The database cannot be used as it is."""


class DatabaseUnreachable(DatabaseError):
    """Nothing answers at the address, or it turns us away."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"the database {address} is unreachable: {reason}")


class DatabaseTooOld(DatabaseError):
    """The server is older than what our SQL needs."""

    def __init__(self, version: str, oldest: int) -> None:
        super().__init__(
            f"the server has PostgreSQL {version}; version {oldest} or newer is needed"
        )


class PostgisMissing(DatabaseError):
    """The server has no PostGIS to make the extension from."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"PostgreSQL {version} has no PostGIS here; "
            f"install it on its machine (Debian: apt-get install postgresql-{version}-postgis-3)"
        )


class PostgisTooOld(PostgisMissing):
    """PostGIS is there but older than what our SQL needs."""

    def __init__(self, version: str, oldest: str) -> None:
        DatabaseError.__init__(
            self, f"the database has PostGIS {version}; version {oldest} or newer is needed"
        )


class ExtensionMissing(DatabaseError):
    """The role may not make the extension; an administrator must."""

    def __init__(self, extension: str, database: str) -> None:
        super().__init__(
            f"the database lacks the extension {extension} and this role may not make it; "
            f'an administrator must run, in "{database}": CREATE EXTENSION {extension};'
        )


class LocaleUnfit(DatabaseError):
    """Text search finds no Chinese letters under the database's locale."""

    def __init__(self, database: str, locale: str) -> None:
        super().__init__(
            f'the database "{database}" has the locale {locale}, under which Chinese text has no '
            f"trigrams; make it again with ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0"
        )


class SchemaForeign(DatabaseError):
    """The tables are missing, older or newer than this program's."""

    def __init__(self, found: str | None) -> None:
        held = f"tables of version {found}, not this program's" if found else "no tables yet"
        super().__init__(f"the database has {held}; run: cim up --no-serve")


class ClusterError(DatabaseError):
    """The embedded cluster cannot be used as it is."""


class PostgresMissing(ClusterError):
    """This machine has no PostgreSQL programs of the version."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"no PostgreSQL {version} server programs on this machine; install them (Debian: "
            f"apt-get install postgresql-{version}-postgis-3) or name a server in CIM_DATABASE_URL"
        )


class NoClusterUser(ClusterError):
    """The machine does not know the user whom the cluster should run as."""

    def __init__(self, user: str) -> None:
        super().__init__(
            f"the embedded cluster cannot run as {user!r}, a user unknown to this machine; "
            "name a server in CIM_DATABASE_URL"
        )


class ClusterForeign(ClusterError):
    """The cluster's files belong to another user."""

    def __init__(self, path: Path, owner: str) -> None:
        super().__init__(
            f"{path} belongs to the user {owner!r}; work as that user or as root, "
            "or choose another CIM_HOME"
        )


class ClusterHomeless(ClusterError):
    """The folder that is to hold the cluster cannot be made."""

    def __init__(self, home: Path, reason: str) -> None:
        super().__init__(f"CIM_HOME {home} cannot be used: {reason.lower()}; choose another")


class ClusterNotStarted(ClusterError):
    """PostgreSQL would not start."""

    def __init__(self, path: Path, words: str) -> None:
        super().__init__(f"the embedded cluster in {path} did not start: {words}")
