"""Where files of the raster store are (影像存储位置): a folder, or a bucket of an S3 store.

Names are relative (`ab/abcd….tif`); what stands under a name never changes. GDAL reads a bucket
by ranges through /vsis3. Uploads go through obstore: whole objects appear at once or not at all,
in parts where they are large, each with its SHA-256, which the store checks.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import obstore
import rasterio
from obstore.exceptions import BaseError
from obstore.store import S3Store
from rasterio.session import Session

from cim.bucket import Bucket, Place
from layers.errors import StoreUnwritable

_DRAFTS = ".draft-"
_ABANDONED_SECONDS = 86_400.0
_PART_BYTES = 16 * 2**20
_CACHE_BYTES = 128 * 2**20  # of unpacked blocks in a process, whatever the machine has
_RANGES: dict[str, Any] = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_MAX_RETRY": 3,
    "GDAL_INGESTED_BYTES_AT_OPEN": 32_768,  # the head of a COG in one range
    "VSI_CACHE": True,
}


class Files(Protocol):
    """Files by name at a place."""

    def address(self, name: str) -> str:
        """As GDAL opens it, under `reading`."""

    def reading(self) -> rasterio.Env:
        """What GDAL must know while a file is open."""

    def has(self, name: str) -> bool: ...

    def size(self, name: str) -> int | None:
        """In bytes; None where there is no such file. StoreUnwritable where the store is away."""

    def stamp(self, name: str) -> object:
        """What is another once a file was changed from outside, or is gone."""

    def bytes(self, name: str, start: int, length: int) -> bytes: ...

    def put(self, made: Path, name: str) -> None:
        """Move a file here, at once or not at all; StoreUnwritable."""

    def delete(self, name: str) -> None:
        """Also where there is none."""

    def names(self) -> Iterator[str]: ...

    def drafts(self) -> Path:
        """A folder to make files in."""


def at(place: Place) -> Files:
    """What keeps files at a place."""
    return _bucket(place) if isinstance(place, Bucket) else Folder(place)


@contextlib.contextmanager
def draft(place: Place) -> Iterator[Path]:
    """A path to make a file at; it and what else is made beside it are gone at the end.

    StoreUnwritable.
    """
    folder = at(place).drafts()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        made = tempfile.TemporaryDirectory(prefix=_DRAFTS, dir=folder)
    except OSError as error:
        raise StoreUnwritable(place, error.strerror or str(error)) from error
    with made as inner:
        yield Path(inner) / "scene.tif"


def sweep_drafts(place: Place) -> None:
    """Delete the drafts that a crash left a day ago."""
    for folder in at(place).drafts().glob(f"{_DRAFTS}*"):
        if time.time() - folder.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


class Folder:
    """Files of a folder; a file is renamed into its place."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def address(self, name: str) -> str:
        return str(self._folder / name)

    def reading(self) -> rasterio.Env:
        return rasterio.Env(GDAL_CACHEMAX=_CACHE_BYTES)

    def has(self, name: str) -> bool:
        return (self._folder / name).is_file()

    def size(self, name: str) -> int | None:
        return (self._folder / name).stat().st_size if self.has(name) else None

    def stamp(self, name: str) -> object:
        try:
            found = (self._folder / name).stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def bytes(self, name: str, start: int, length: int) -> bytes:
        with (self._folder / name).open("rb") as file:
            file.seek(start)
            return file.read(length)

    def put(self, made: Path, name: str) -> None:
        place = self._folder / name
        try:
            place.parent.mkdir(exist_ok=True)
            _flush(made)
            made.rename(place)
            _flush(place.parent)
        except OSError as error:
            raise StoreUnwritable(self._folder, error.strerror or str(error)) from error

    def delete(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        for path in list(self._folder.glob("??/*.tif")):
            yield path.relative_to(self._folder).as_posix()

    def drafts(self) -> Path:
        return self._folder


class Objects:
    """Objects of a bucket below its prefix."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        options: dict[str, Any] = {
            "endpoint": bucket.endpoint,
            "region": bucket.region,
            "access_key_id": bucket.key,
            "secret_access_key": bucket.secret,
            "session_token": bucket.token,
            "checksum_algorithm": "SHA256",
        }
        self._store = S3Store(
            bucket.name,
            prefix=bucket.prefix or None,
            client_options={"allow_http": True},
            **{name: value for name, value in options.items() if value is not None},
        )

    def address(self, name: str) -> str:
        return "/".join(p for p in ("/vsis3", self._bucket.name, self._bucket.prefix, name) if p)

    def reading(self) -> rasterio.Env:
        keys = _Keys(self._bucket)
        return rasterio.Env(session=keys, GDAL_CACHEMAX=_CACHE_BYTES, **_RANGES)

    def has(self, name: str) -> bool:
        return self.size(name) is not None

    def size(self, name: str) -> int | None:
        with self._told(), contextlib.suppress(FileNotFoundError):
            return int(obstore.head(self._store, name)["size"])
        return None

    def stamp(self, name: str) -> object:  # noqa: ARG002
        return None  # to ask would take as long as to read

    def bytes(self, name: str, start: int, length: int) -> bytes:
        with self._told():
            return bytes(obstore.get_range(self._store, name, start=start, length=length))

    def put(self, made: Path, name: str) -> None:
        with self._told():
            obstore.put(self._store, name, made, chunk_size=_PART_BYTES)
        if self.size(name) != made.stat().st_size:
            raise StoreUnwritable(self._bucket, f"{name} did not arrive whole")

    def delete(self, name: str) -> None:
        with self._told(), contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store, name)

    def names(self) -> Iterator[str]:
        with self._told():
            for page in obstore.list(self._store):
                yield from (str(found["path"]) for found in page)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """What the store says, as ours."""
        try:
            yield
        except BaseError as error:
            raise StoreUnwritable(self._bucket, _first_line(error)) from error

    def drafts(self) -> Path:
        return self._bucket.drafts


class _Keys(Session):  # type: ignore[misc]
    """What GDAL must know of a bucket; rasterio's own session wants boto3 for it."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self.credentials = self.get_credential_options()

    def get_credential_options(self) -> dict[str, Any]:
        bucket = self._bucket
        address = urlsplit(bucket.endpoint or "")
        options = {
            "AWS_REGION": bucket.region,
            "AWS_ACCESS_KEY_ID": bucket.key,
            "AWS_SECRET_ACCESS_KEY": bucket.secret,
            "AWS_SESSION_TOKEN": bucket.token,
        }
        if bucket.endpoint:
            options |= {
                "AWS_S3_ENDPOINT": address.netloc + address.path,
                "AWS_HTTPS": "YES" if address.scheme == "https" else "NO",
                "AWS_VIRTUAL_HOSTING": "FALSE",
            }
        return {name: value for name, value in options.items() if value is not None}


@cache
def _bucket(bucket: Bucket) -> Objects:
    """One client for each bucket: it keeps its connections."""
    return Objects(bucket)


def _first_line(error: BaseError) -> str:
    return str(error).strip().partition("\n")[0]


def _flush(path: Path) -> None:
    """See that what was written is on the disk before the database says so."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
