"""The files that exports made (导出文件): kept for a day, or until there is no room for them.

They lie in one folder that all processes of the service share, each called by the number of its
job. One that is being made is in a folder of its own, with all that is needed for it, so that what
is there is whole.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Collection
from pathlib import Path

from cim.settings import Settings

__all__ = ["KIND", "digest", "drop", "folder_of", "path_of", "room", "sweep", "unfinished"]

KIND = "export"
KEPT_SECONDS = 86_400.0
_NEW = "new-"
_BLOCK = 1 << 20


def path_of(settings: Settings, job_id: int, suffix: str) -> Path:
    """Where the file of a job is."""
    return settings.exports / f"job-{job_id}{suffix}"


def folder_of(settings: Settings, job_id: int) -> Path:
    """Where it is while it is being made."""
    return settings.exports / f"{_NEW}job-{job_id}"


def drop(settings: Settings, job_id: int) -> None:
    """Delete what there is of a job: a database that is made anew counts its jobs from 1 again."""
    shutil.rmtree(folder_of(settings, job_id), ignore_errors=True)
    for path in settings.exports.glob(f"job-{job_id}.*"):
        path.unlink(missing_ok=True)


def room(settings: Settings) -> None:
    """Delete the oldest files until those that are left have no more bytes than may be kept."""
    files = sorted(_files(settings), key=lambda each: -each[1])
    size = 0
    for path, _, bytes_ in files:
        size += bytes_
        if size > settings.export_bytes:
            path.unlink(missing_ok=True)


def unfinished(settings: Settings) -> list[Path]:
    """The folders of what is being made, or was by a process that is gone."""
    return list(settings.exports.glob(f"{_NEW}job-*"))


def sweep(settings: Settings, unfinished: Collection[Path], living: Collection[int]) -> None:
    """Delete files whose day is over, and what was unfinished before the jobs that somebody works
    on were looked up, and is of none of these.
    """
    for path, moment, _ in _files(settings):
        if time.time() - moment > KEPT_SECONDS:
            path.unlink(missing_ok=True)
    for path in unfinished:
        number = path.name.removeprefix(f"{_NEW}job-")
        if not number.isdigit() or int(number) not in living:
            shutil.rmtree(path, ignore_errors=True)
    room(settings)


def _files(settings: Settings) -> list[tuple[Path, float, int]]:
    """Each file with when it was made and how many bytes it has."""
    found = []
    for path in settings.exports.glob("job-*"):
        try:
            told = path.stat()
        except FileNotFoundError:
            continue
        found.append((path, told.st_mtime, told.st_size))
    return found


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
