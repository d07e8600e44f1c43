"""The processes of a cluster (数据库进程), told by what they show to anybody in ``/proc``.

The postmaster shows its data folder in its command line, its children the name of their cluster.
Neither needs the right to trace processes, which root has not got in a container. On a machine
without ``/proc`` PostgreSQL's own pid file has to do.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["end_orphans", "is_plainly_stale", "postmaster"]

PROC = Path("/proc")


def postmaster(data: Path) -> int | None:
    """The process number of the server that runs on ``data``; None when there is none."""
    pid = _pid(data / "postmaster.pid")
    if pid is None or not _exists(pid):
        return None
    if not _has_proc():
        return pid
    words = _command(pid)
    return pid if os.fsencode(data) in words and b"postgres" in words[0] else None


def is_plainly_stale(pid_file: Path) -> bool:
    """Whether the file names a process that is gone, so that PostgreSQL will clear it by itself."""
    pid = _pid(pid_file)
    return pid is not None and not _exists(pid)


def end_orphans(cluster_name: str) -> None:
    """End the backends that outlived their postmaster: their shared memory bars the next start.

    They can neither commit nor answer any more, so that nothing is lost.
    """
    for _ in range(100):
        left = list(_children(cluster_name))
        if not left:
            return
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _children(cluster_name: str) -> Iterator[int]:
    title = f"postgres: {cluster_name}: ".encode()
    for folder in PROC.glob("[0-9]*") if _has_proc() else ():
        if b" ".join(_command(int(folder.name))).startswith(title):
            yield int(folder.name)


def _command(pid: int) -> list[bytes]:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return [b""]


def _pid(file: Path) -> int | None:
    try:
        first = file.read_text(errors="replace").partition("\n")[0].strip()
    except FileNotFoundError:
        return None
    return int(first) if first.isdigit() and int(first) > 1 else None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _has_proc() -> bool:
    return (PROC / "self" / "cmdline").exists()
