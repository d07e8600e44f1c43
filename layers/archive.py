"""Unpacks an archive that somebody sent (压缩包解包), and refuses one that means harm.

A zip archive goes into a folder of its own. Refused are names that lead out of it (absolute ones,
`..`, drive letters), symbolic links and other files that are none, archives within the archive,
encrypted entries, two entries of one name, and bombs: more entries, more bytes or a higher ratio
of compression than data have. What an archive says of its sizes is not believed; bytes are counted
as they come out. Names of entries are in UTF-8 or, as Chinese programs write them, in GBK.
"""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from layers.errors import UploadRefused

_NESTED = {
    *(".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".tbz", ".xz", ".txz", ".zst"),
    *(".lz", ".lzma", ".lz4", ".kmz", ".cab", ".iso", ".jar"),
}
_NESTED_STARTS = (
    *(b"PK\x03\x04", b"PK\x05\x06", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x1f\x8b\x08"),
    *(b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"),
)
_DRIVE = re.compile(r"[A-Za-z]:")
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f]")
_ENCRYPTED, _UTF8 = 1, 0x800
_CHUNK = 1 << 20

# The end of a zip archive (APPNOTE 4.3.16, and 4.3.14 and 4.3.15 for its 64-bit form).
_END, _END_BYTES, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65535
_LOCATOR, _LOCATOR_BYTES, _END64 = b"PK\x06\x07", 20, b"PK\x06\x06"
_DIRECTORY_BYTES = 1000  # of an entry, at the most: far more than names have


@dataclass(frozen=True, slots=True)
class Limits:
    """How many bytes and entries may come out of an archive.

    `ratio` is that of the bytes that come out to those that are in it. Blank columns of a table are
    packed a thousand to one, so that it says nothing where no more than `harmless` bytes come out.
    """

    size: int
    entries: int = 10_000
    ratio: int = 200
    harmless: int = 64 << 20


def is_archive(path: Path) -> bool:
    return path.suffix.lower() in {".zip", ".kmz"}


def check(archive: Path, limits: Limits) -> None:
    """See what a zip archive says that it holds, which takes no time; UploadRefused."""
    with _opened(archive, limits) as opened:
        _places(archive.name, opened, limits)


def unpack(archive: Path, folder: Path, limits: Limits) -> None:
    """Put what a zip archive holds into an empty folder; UploadRefused."""
    name, left = archive.name, limits.size
    with _opened(archive, limits) as opened:
        for entry, place in _places(name, opened, limits).items():
            left -= _write(name, opened, entry, folder / place, left)


@contextmanager
def _opened(archive: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    name = archive.name
    try:
        with archive.open("rb") as file:
            _check_directory(name, file, limits)
            with zipfile.ZipFile(file) as opened:
                yield opened
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UploadRefused(name, f"it is no zip archive that can be read: {error}") from error


def _check_directory(name: str, file: BinaryIO, limits: Limits) -> None:
    """Look at the size of the list of entries before it is read into memory."""
    entries, size = _directory(name, file)
    if entries > limits.entries or size > limits.entries * _DIRECTORY_BYTES:
        raise UploadRefused(name, f"it has more than {limits.entries:,} entries")


def _directory(name: str, file: BinaryIO) -> tuple[int, int]:
    """How many entries an archive says it has, and the bytes of their list."""
    length = file.seek(0, 2)
    start = max(0, length - _END_BYTES - _LONGEST_COMMENT - _LOCATOR_BYTES)
    file.seek(start)
    tail = file.read()
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < _END_BYTES:
        raise UploadRefused(name, "it is no zip archive, or its end is missing")
    entries, size = struct.unpack_from("<HI", tail, place + 10)
    locator = place - _LOCATOR_BYTES
    if locator >= 0 and tail.startswith(_LOCATOR, locator):
        (offset,) = struct.unpack_from("<Q", tail, locator + 8)
        file.seek(min(offset, length))
        end64 = file.read(56)
        if end64.startswith(_END64) and len(end64) == 56:
            entries, size = struct.unpack_from("<32xQQ", end64)
    return entries, size


def _places(
    name: str, opened: zipfile.ZipFile, limits: Limits
) -> dict[zipfile.ZipInfo, PurePosixPath]:
    """Where the files go below the folder, once nothing speaks against any entry."""
    entries = opened.infolist()
    if len(entries) > limits.entries:
        raise UploadRefused(name, f"it has more than {limits.entries:,} entries")
    places = {entry: _place(name, entry) for entry in entries}
    files = {entry: place for entry, place in places.items() if not entry.is_dir()}
    if len({str(place).casefold() for place in files.values()}) < len(files):
        raise UploadRefused(name, "two of its entries have the same name")
    _check_size(name, entries, limits)
    return files


def _check_size(name: str, entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    out, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    if out > limits.size:
        raise UploadRefused(name, f"more than {limits.size:,} bytes come out of it")
    if out > limits.harmless and out > limits.ratio * packed:
        raise UploadRefused(name, f"it is packed more than {limits.ratio} to one, as no data are")


def _place(name: str, entry: zipfile.ZipInfo) -> PurePosixPath:
    """Where an entry goes below the folder, once nothing speaks against it."""
    told = _name(entry).replace("\\", "/")
    shown = repr(told[:100])
    parts = [part for part in told.split("/") if part not in {"", "."}]
    mode = stat.S_IFMT(entry.external_attr >> 16)
    place = PurePosixPath(*parts)
    reason = None
    if told.startswith("/") or _DRIVE.match(told) or ".." in parts or _UNPRINTED.search(told):
        reason = f"its entry {shown} leads out of it"
    elif stat.S_ISLNK(mode):
        reason = f"its entry {shown} is a symbolic link"
    elif mode not in {0, stat.S_IFREG, stat.S_IFDIR}:
        reason = f"its entry {shown} is neither a file nor a folder"
    elif not parts and not entry.is_dir():
        reason = "one of its entries has no name"
    elif entry.flag_bits & _ENCRYPTED:
        reason = f"its entry {shown} is encrypted"
    elif place.suffix.lower() in _NESTED and not entry.is_dir():
        reason = f"its entry {shown} is an archive itself"
    if reason is not None:
        raise UploadRefused(name, reason)
    return place


def _name(entry: zipfile.ZipInfo) -> str:
    """The name of an entry: where it does not say that it is UTF-8 it may be GBK all the same."""
    if entry.flag_bits & _UTF8:
        return entry.orig_filename
    raw = entry.orig_filename.encode("cp437")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.orig_filename


def _write(
    name: str, opened: zipfile.ZipFile, entry: zipfile.ZipInfo, place: Path, left: int
) -> int:
    """Write one entry of `left` bytes at the most; how many came out."""
    written = 0
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            for chunk in _chunks(opened, entry):
                if not written and chunk.startswith(_NESTED_STARTS):
                    raise UploadRefused(name, f"its entry {place.name!r} is an archive itself")
                written += len(chunk)
                if written > left or written > entry.file_size:
                    raise UploadRefused(name, "more bytes come out of it than it says")
                file.write(chunk)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise UploadRefused(name, "one of its entries is a file and a folder") from error
    return written


def _chunks(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with opened.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
