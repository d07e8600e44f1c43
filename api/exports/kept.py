"""The files that exports made (导出文件): kept for a day, or until there is no room for them.

They lie in one folder that all processes of the service share, each called by the number of its
job. One that is being made has another name, so that what is there is whole.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection
from pathlib import Path

from cim.settings import Settings

__all__ = ["KIND", "digest", "drop", "path_of", "room", "sweep", "unfinished"]

KIND = "export"
KEPT_SECONDS = 86_400.0
_NEW = "new-"
_BLOCK = 1 << 20


def path_of(settings: Settings, job_id: int, suffix: str, *, new: bool = False) -> Path:
    """Where the file of a job is, or is while it is being made."""
    return settings.exports / f"{_NEW if new else ''}job-{job_id}{suffix}"


def drop(settings: Settings, job_id: int) -> None:
    """Delete what there is of a job: a database that is made anew counts its jobs from 1 again."""
    for name in (f"job-{job_id}.*", f"{_NEW}job-{job_id}.*"):
        for path in settings.exports.glob(name):
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
    """The files that are being made, or were by a process that is gone."""
    return list(settings.exports.glob(f"{_NEW}job-*"))


def sweep(settings: Settings, unfinished: Collection[Path], living: Collection[int]) -> None:
    """Delete files whose day is over, and those that were unfinished before the jobs that somebody
    works on were looked up, and are of none of these.
    """
    for path, moment, _ in _files(settings):
        if time.time() - moment > KEPT_SECONDS:
            path.unlink(missing_ok=True)
    for path in unfinished:
        number = path.name.removeprefix(f"{_NEW}job-").partition(".")[0]
        if not number.isdigit() or int(number) not in living:
            path.unlink(missing_ok=True)
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
