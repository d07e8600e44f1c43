"""The PostgreSQL programs of this machine (数据库程序): where they are, and as whom they run.

PostgreSQL refuses to run as root, so root runs them as another user: the one that owns the cluster,
or ``postgres`` for a new one. Debian keeps the programs of each version apart and off the PATH.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cim.errors import NoClusterUser, PostgisMissing, PostgresMissing

__all__ = ["Owner", "Programs"]

OLDEST = 15


@dataclass(frozen=True, slots=True)
class Programs:
    """The folder of ``initdb``, ``pg_ctl`` and ``postgres``, and their major version."""

    folder: Path
    version: int

    @classmethod
    def newest(cls) -> Programs:
        """The newest programs that have PostGIS; PostgresMissing, PostgisMissing."""
        found = sorted(_found(), key=lambda each: each.version, reverse=True)
        if not found:
            raise PostgresMissing(OLDEST)
        for each in found:
            if each.has_postgis():
                return each
        raise PostgisMissing(found[0].version)

    @classmethod
    def of_version(cls, version: int) -> Programs:
        """The programs that can open the files of ``version``; PostgresMissing."""
        for each in _found():
            if each.version == version:
                return each
        raise PostgresMissing(version)

    def has_postgis(self) -> bool:
        """Whether PostGIS stands among this version's extensions."""
        answer = subprocess.run(
            [self.folder / "pg_config", "--sharedir"], capture_output=True, text=True, check=False
        )
        return (Path(answer.stdout.strip()) / "extension" / "postgis.control").exists()


@dataclass(frozen=True, slots=True)
class Owner:
    """The user a cluster runs as; another than ours only when we are root."""

    uid: int
    gid: int
    name: str

    @classmethod
    def of(cls, data: Path) -> Owner:
        """Who runs the cluster in ``data``: its owner; for a new one ``postgres`` or ourselves."""
        if os.getuid() != 0:
            return cls._known(os.getuid())
        if data.exists() and data.stat().st_uid != 0:
            return cls._known(data.stat().st_uid)
        try:
            return cls._known(pwd.getpwnam("postgres").pw_uid)
        except KeyError:
            raise NoClusterUser("postgres") from None

    @classmethod
    def _known(cls, uid: int) -> Owner:
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            raise NoClusterUser(str(uid)) from None
        return cls(entry.pw_uid, entry.pw_gid, entry.pw_name)

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run ``command`` as this user, in a folder and an environment that any user can have."""
        other = os.getuid() == 0
        return subprocess.run(
            [str(word) for word in command],
            cwd="/",
            env=_plain_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            user=self.uid if other else None,
            group=self.gid if other else None,
            extra_groups=[] if other else None,
        )

    def make_private(self, folder: Path) -> None:
        """Make ``folder`` and let none but this user into it."""
        folder.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)


def _plain_environment() -> dict[str, str]:
    # PGDATA, PGHOST and their like would lead the programs to some other cluster.
    kept = {name: text for name, text in os.environ.items() if name in {"PATH", "TZ", "TMPDIR"}}
    return kept | {"LC_ALL": "C.UTF-8"}


def _found() -> Iterator[Programs]:
    seen: set[Path] = set()
    for folder in _folders():
        version = _version(folder)
        if version >= OLDEST and folder.resolve() not in seen:
            seen.add(folder.resolve())
            yield Programs(folder, version)


def _folders() -> Iterator[Path]:
    for root in (Path("/usr/lib/postgresql"), Path("/opt/homebrew/opt"), Path("/usr/local/opt")):
        yield from root.glob("*/bin")
    yield from Path("/usr").glob("pgsql-*/bin")
    for name in ("pg_ctl", "pg_config"):
        if program := shutil.which(name):
            yield Path(program).resolve().parent


def _version(folder: Path) -> int:
    """Major version of the server programs in ``folder``; 0 when they are not whole."""
    if not all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres", "pg_config")):
        return 0
    answer = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=False
    )
    found = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(found[1]) if found else 0
