"""The raster store (影像库): COG files by the SHA-256 of what they were made of.

    <store>/<first two digits>/<sha256>.tif

A file is made aside and renamed into its place, so that there is never a part of one. It stands
there before the transaction that registers it ends, goes when that rolls back, and `sweep` takes
what no scene names: replaced, removed, or left behind by a crash. The database decides: a file
that a committed row names is kept.
"""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, event, text

from layers.errors import StoreUnwritable

_DRAFTS = ".draft-"
_ABANDONED_SECONDS = 86_400.0
_STORED = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}\.tif")


def path_of(sha256: str) -> str:
    """Path of a file below the store.

    >>> path_of("ab" * 32)[:8]
    'ab/ababa'
    """
    return f"{sha256[:2]}/{sha256}.tif"


@contextmanager
def draft(store: Path) -> Iterator[Path]:
    """A path to make a file at; it and what else is made beside it are gone at the end.

    StoreUnwritable.
    """
    try:
        store.mkdir(parents=True, exist_ok=True)
        made = tempfile.TemporaryDirectory(prefix=_DRAFTS, dir=store)
    except OSError as error:
        raise StoreUnwritable(store, error.strerror or str(error)) from error
    with made as folder:
        yield Path(folder) / "scene.tif"


def keep(connection: Connection, store: Path, made: Path, sha256: str) -> str:
    """Put a draft in its place until the caller's transaction rolls back; its path in the store."""
    sweep(connection, store)
    path = path_of(sha256)
    place = store / path
    if not place.exists():
        place.parent.mkdir(exist_ok=True)
        _flush(made)
        made.rename(place)
        _flush(place.parent)
        _unless_committed(connection, place)
    return path


def sweep(connection: Connection, store: Path) -> None:
    """Delete the files that no scene names, and drafts that a crash left a day ago.

    Other loads wait until the caller's transaction ends, so that none is between the two.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('raster store'))"))
    named = set(connection.execute(text("SELECT path FROM cim.raster_scene")).scalars())
    for place in store.glob("??/*.tif"):
        path = place.relative_to(store).as_posix()
        if _STORED.fullmatch(path) and path not in named:
            place.unlink(missing_ok=True)
    for folder in store.glob(f"{_DRAFTS}*"):
        if time.time() - folder.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _unless_committed(connection: Connection, place: Path) -> None:
    """Delete the file when the transaction under way rolls back, and no later one."""
    placed = [place]

    def undo(_: Connection) -> None:
        while placed:
            placed.pop().unlink(missing_ok=True)

    def forget(_: Connection) -> None:
        placed.clear()

    event.listen(connection, "rollback", undo)
    event.listen(connection, "commit", forget)


def _flush(path: Path) -> None:
    """See that what was written is on the disk before the database says so."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
