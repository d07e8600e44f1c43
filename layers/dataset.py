"""Finds the one data set in a folder that somebody sent files into (上传数据识别).

Only kinds of files are taken that hold their data themselves. GDAL knows others, which name files
or addresses elsewhere to be read instead, or programs to be run; that a file of such a kind bears
the name of another one is seen by its first bytes.
"""

from collections.abc import Callable
from pathlib import Path

from layers.errors import UploadRefused

_HEAD = 1 << 16
# GDAL takes a text with one of these for a list of other places to read.
_ELSEWHERE = (b"<OGR", b"<VRT", b"<GDAL", b"gdal_streamed_alg")


def _starts(*starts: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(starts)


def _is_geopackage(head: bytes) -> bool:
    """OGC 12-128r19, requirements 1 and 2: a SQLite file with its application id."""
    return head.startswith(b"SQLite format 3\0") and head[68:70] == b"GP"


def _is_json(head: bytes) -> bool:
    return _text(head).startswith((b"{", b"\x1e{")) and _holds_itself(head)


def _is_csv(head: bytes) -> bool:
    return (
        not _text(head).startswith((b"<", b"{", b"[")) and b"\0" not in head and _holds_itself(head)
    )


def _text(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()


def _holds_itself(head: bytes) -> bool:
    return not any(mark in head for mark in _ELSEWHERE)


# What may be sent, and how its first bytes look.
KINDS: dict[str, Callable[[bytes], bool]] = {
    ".gpkg": _is_geopackage,
    ".shp": _starts(b"\0\0\x27\x0a"),
    ".geojson": _is_json,
    ".json": _is_json,
    ".fgb": _starts(b"fgb"),
    ".parquet": _starts(b"PAR1"),
    ".geoparquet": _starts(b"PAR1"),
    ".csv": _is_csv,
}
GEODATABASE = ".gdb"  # a folder


def find(folder: Path, name: str) -> Path:
    """The data set below the folder; `name` is that of what was sent. UploadRefused."""
    found = sorted(_all(folder))
    if len(found) != 1:
        names = ", ".join(path.relative_to(folder).as_posix() for path in found[:5])
        kinds = ", ".join(sorted({*KINDS, GEODATABASE}))
        there = f"it has {names}" if found else "it has none"
        raise UploadRefused(name, f"there must be one data set ({kinds}) in it: {there}")
    check(found[0])
    return found[0]


def check(path: Path) -> None:
    """See that a data set is what its name says; UploadRefused."""
    if path.is_dir():
        if not any(part.suffix.lower() == ".gdbtable" for part in path.iterdir()):
            raise UploadRefused(path.name, "it is no file geodatabase")
        return
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not KINDS[path.suffix.lower()](head):
        raise UploadRefused(path.name, f"it is no {path.suffix.lower()[1:]} file")


def _all(folder: Path) -> list[Path]:
    found: list[Path] = []
    for path in folder.iterdir():
        if path.name == "__MACOSX":
            continue
        if path.is_dir():
            found += [path] if path.suffix.lower() == GEODATABASE else _all(path)
        elif path.suffix.lower() in KINDS:
            found.append(path)
    return found
