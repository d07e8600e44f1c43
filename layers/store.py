"""The raster store (影像库): COG files by their SHA-256, in a folder or a bucket.

    <store>/<first two digits>/<sha256>.tif

A file is made aside and put into its place at once, so that there is never a part of one. It
stands there before the transaction that registers it ends, goes when that rolls back, and `sweep`
takes what no scene names: replaced, removed, or left behind by a crash. The database decides: a
file that a committed row names is kept. A store belongs to one database.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, event, text

from cim.bucket import Place
from layers import places

_STORED = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}\.tif")
_CHUNK = 8 * 2**20


def path_of(sha256: str) -> str:
    """Path of a file below the store.

    >>> path_of("ab" * 32)[:8]
    'ab/ababa'
    """
    return f"{sha256[:2]}/{sha256}.tif"


def digest(made: Path) -> str:
    """SHA-256 of a file."""
    with made.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep(connection: Connection, place: Place, made: Path, sha256: str) -> str:
    """Put a draft in its place until the caller's transaction rolls back; its path in the store.

    StoreUnwritable.
    """
    sweep(connection, place)
    path = path_of(sha256)
    files = places.at(place)
    if not files.has(path):
        _unless_committed(connection, files, path)
        files.put(made, path)
    return path


def sweep(connection: Connection, place: Place) -> None:
    """Delete the files that no scene names, and drafts that a crash left a day ago.

    Other loads wait until the caller's transaction ends, so that none is between the two.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('raster store'))"))
    named = set(connection.execute(text("SELECT path FROM cim.raster_scene")).scalars())
    files = places.at(place)
    for path in files.names():
        if _STORED.fullmatch(path) and path not in named:
            files.delete(path)
    places.sweep_drafts(place)


def damaged(connection: Connection, place: Place) -> Iterator[tuple[str, str]]:
    """Names of scenes whose files are gone or are not what was stored, with the reason."""
    rows = connection.execute(text("SELECT name, path, checksum FROM cim.raster_scene ORDER BY id"))
    files = places.at(place)
    for name, path, checksum in rows:
        size = files.size(path)
        if size is None:
            yield name, "its file is gone"
        elif checksum is not None and _digest_of(files, path, size) != checksum:
            yield name, "its file is not what was stored"


def _digest_of(files: places.Files, path: str, size: int) -> str:
    whole = hashlib.sha256()
    for start in range(0, size, _CHUNK):
        whole.update(files.bytes(path, start, min(_CHUNK, size - start)))
    return whole.hexdigest()


def _unless_committed(connection: Connection, files: places.Files, path: str) -> None:
    """Delete the file when the transaction under way rolls back, and no later one."""
    placed = [path]

    def undo(_: Connection) -> None:
        while placed:
            files.delete(placed.pop())

    def forget(_: Connection) -> None:
        placed.clear()

    event.listen(connection, "rollback", undo)
    event.listen(connection, "commit", forget)
