"""The embedded PostgreSQL cluster (内嵌数据库): started on demand, stopped by ``cim down``.

It lives in ``$CIM_HOME/postgres``: ``data`` (made by initdb), ``run`` (the socket), ``server.log``
and ``lock``. It listens on a unix socket alone, in a folder that only its owner and root may enter,
and it asks the kernel who is calling (peer). Root runs it as ``postgres``; where that user cannot
enter ``$CIM_HOME`` the cluster lives in ``/var/lib/cim/<hash>``, and where the socket's path would
pass the kernel's 107 bytes the socket stands in ``/tmp/cim-<hash>``.

Every step can be cut off and done again: initdb works beside its goal and is renamed into place,
the configuration is written at each start, the extensions come before the database, and what a
crash leaves behind (pid files, sockets, orphaned backends) is cleared before the next start.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from cim.database import processes
from cim.database.configuration import ACCESS, SUPERUSER, configuration, locale, users
from cim.database.programs import Owner, Programs
from cim.errors import ClusterForeign, ClusterHomeless, ClusterNotStarted

__all__ = ["EXTENSIONS", "Cluster", "ClusterStatus"]

DATABASE = "cim"
EXTENSIONS = ("postgis", "pg_trgm", "btree_gist")
MOVED = Path("/var/lib/cim")
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET = 107
PATIENCE = 600  # seconds; recovery after a crash in a long load takes minutes
LARGEST_LOG = 16 << 20


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """What ``cim status`` tells of the cluster; ``version`` is None before the first start."""

    running: bool
    pid: int | None
    version: int | None
    data: Path
    socket: Path


class Cluster:
    """The cluster of one ``CIM_HOME``; ``durable=False`` trades safety for speed, in tests only."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home.resolve()
        self.durable = durable
        self.owner = Owner.of(self.home / "postgres" / "data")
        self.folder = self._folder()
        self.data = self.folder / "data"
        self.socket = self._socket_folder()
        self.log = self.folder / "server.log"
        self.name = f"cim-{_hash(self.data)}"

    @property
    def url(self) -> str:
        """The address of the database ``cim``, as psycopg, asyncpg and SQLAlchemy read it."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The address of any database of this cluster."""
        host = quote(str(self.socket), safe="")
        return f"postgresql://{SUPERUSER}@/{database}?host={host}&port=5432"

    def start(self) -> str:
        """Start the cluster unless it runs, and return its url; ClusterError, PostgisMissing."""
        if self._refusal(DATABASE) is None:
            return self.url
        self._make_folders()
        with self._locked():
            if self._postmaster() is None:
                self._launch()
            self._wait()
            self._make_database()
        return self.url

    def stop(self) -> bool:
        """Stop the cluster and say whether it was running; ClusterError."""
        if not self.folder.exists():
            return False
        self._check_ours(self.folder)
        with self._locked():
            if self._postmaster() is None:
                return False
            self._control("stop", "--mode=fast")
            return True

    def status(self) -> ClusterStatus:
        """Whether the cluster runs, and where; asks nothing of the server."""
        pid = self._postmaster() if self._readable() else None
        version = self._version() if self._readable() else None
        return ClusterStatus(pid is not None, pid, version, self.data, self.socket)

    # where it lives

    def _folder(self) -> Path:
        usual = self.home / "postgres"
        nearest = next(path for path in (self.home, *self.home.parents) if path.exists())
        if self.owner.uid == os.getuid() or self.owner.run("test", "-x", nearest).returncode == 0:
            return usual
        return MOVED / _hash(self.home)

    def _socket_folder(self) -> Path:
        usual = self.folder / "run"
        if len(os.fsencode(usual / SOCKET_NAME)) <= LONGEST_SOCKET:
            return usual
        return Path("/tmp") / f"cim-{_hash(self.folder)}"

    def _make_folders(self) -> None:
        for parent in (self.home, self.folder.parent):
            try:
                if not parent.is_dir():
                    parent.mkdir(parents=True)
                    parent.chmod(0o755)
            except OSError as error:
                raise ClusterHomeless(self.home, error.strerror or str(error)) from None
        for folder in (self.folder, self.socket):
            if folder.exists() or folder.is_symlink():
                self._check_ours(folder)
            elif not os.access(folder.parent, os.W_OK):
                raise ClusterForeign(folder.parent, folder.parent.owner())
            self.owner.make_private(folder)

    def _check_ours(self, folder: Path) -> None:
        # In /tmp anybody may have put a folder or a link of this name before us.
        linked = folder.is_symlink() and folder != self.folder
        if linked or folder.stat().st_uid not in {self.owner.uid, os.getuid()}:
            raise ClusterForeign(folder, folder.owner())

    def _readable(self) -> bool:
        return os.access(self.folder, os.R_OK | os.X_OK)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = os.open(self.folder / "lock", os.O_RDONLY | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    # how it starts

    def _launch(self) -> None:
        self._mend()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._configure()
        self._control("start", f"--log={self.log}", f"--timeout={PATIENCE}")

    def _mend(self) -> None:
        processes.end_orphans(self.name)
        pid_file = self.data / "postmaster.pid"
        if pid_file.exists() and not processes.is_plainly_stale(pid_file):
            # PostgreSQL itself clears the file of a dead process, but not a torn one, nor one whose
            # number some other program has got since.
            pid_file.unlink()
        for left in (self.socket / SOCKET_NAME, self.socket / f"{SOCKET_NAME}.lock"):
            left.unlink(missing_ok=True)

    def _initialise(self) -> None:
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        made = self.owner.run(
            Programs.newest().folder / "initdb",
            f"--pgdata={fresh}",
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            f"--locale={locale()}",
            "--auth=peer",
            *([] if self.durable else ["--no-sync"]),
        )
        if made.returncode != 0:
            raise ClusterNotStarted(self.folder, _last(made.stderr))
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\ninclude 'cim.conf'\n")
        fresh.rename(self.data)

    def _configure(self) -> None:
        self._write("pg_hba.conf", ACCESS)
        self._write("pg_ident.conf", users(self.owner.name))
        self._write("cim.conf", configuration(self.socket, self.name, durable=self.durable))
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".old.log"))

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)  # the folder lets nobody else in

    def _control(self, action: str, *options: str) -> None:
        program = Programs.of_version(self._version() or 0).folder / "pg_ctl"
        done = self.owner.run(
            program, action, "--wait", "--silent", f"--pgdata={self.data}", *options
        )
        if done.returncode != 0:
            raise ClusterNotStarted(self.folder, self._last_words(done.stderr))

    def _wait(self) -> None:
        """Until the server takes connections: another starter may have been cut off half way."""
        end = time.monotonic() + PATIENCE
        while refusal := self._refusal("postgres"):
            if self._postmaster() is None or time.monotonic() > end:
                raise ClusterNotStarted(self.folder, refusal)
            time.sleep(0.1)

    def _make_database(self) -> None:
        if self._refusal(DATABASE) is None:
            return
        with psycopg.connect(self.url_of("template1"), autocommit=True) as connection:
            for extension in EXTENSIONS:
                connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")

    # how it is

    def _refusal(self, database: str) -> str | None:
        """Why the server does not let us into ``database``; None when it does."""
        try:
            psycopg.connect(self.url_of(database), connect_timeout=10).close()
        except psycopg.OperationalError as error:
            return _last(str(error))
        return None

    def _postmaster(self) -> int | None:
        return processes.postmaster(self.data)

    def _version(self) -> int | None:
        path = self.data / "PG_VERSION"
        return int(path.read_text()) if path.exists() else None

    def _last_words(self, otherwise: str) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        fatal = [line for line in text.splitlines() if "FATAL:" in line or "HINT:" in line]
        return " ".join(fatal[-2:]) or _last(otherwise)


def _hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it gave no reason"
