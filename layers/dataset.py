"""Finds the one data set in a folder that somebody sent files into (上传数据识别).

Only kinds of files are taken that hold their data themselves. GDAL knows others, which name files
or addresses elsewhere to be read instead, or programs to be run; that a file of such a kind bears
the name of another one is seen by its first bytes. Of several data sets one is taken by its name,
as the Shapefiles in a zip are layers of it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from layers.errors import LayerAmbiguous, UploadRefused
from layers.reading.geojson import LINES

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


def _is_kml(head: bytes) -> bool:
    text = head if head.startswith((b"\xff\xfe", b"\xfe\xff")) else _text(head)
    return text.startswith((b"<", b"\xff\xfe", b"\xfe\xff")) and _holds_itself(head)


def _is_dxf(head: bytes) -> bool:
    """Pairs of a number and a value, of which the first is a comment or opens a section."""
    lines = [line.strip() for line in _text(head).splitlines()[:2]]
    return lines in ([b"0", b"SECTION"], [b"999", *lines[1:]]) and _holds_itself(head)


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
    ".tsv": _is_csv,
    ".kml": _is_kml,
    ".dxf": _is_dxf,
    **dict.fromkeys(LINES, _is_json),
}
GEODATABASE = ".gdb"  # a folder


class Found(NamedTuple):
    """A data set, and which of its layers is asked for."""

    path: Path
    layer: str | None = None


def find(folder: Path, name: str, layer: str | None = None) -> Found:
    """The data set below the folder; `name` is that of what was sent.

    `layer` names one of several data sets, or a layer of the only one. UploadRefused,
    LayerAmbiguous.
    """
    found = sorted(_all(folder))
    if not found:
        kinds = ", ".join(sorted({*KINDS, GEODATABASE}))
        raise UploadRefused(name, f"there must be one data set ({kinds}) in it: it has none")
    if Path(name).suffix.lower() == ".kmz":
        found = _documents(folder, found)
    if len(found) > 1:
        found, layer = [_named(folder, found, name, layer)], None
    check(found[0])
    return Found(found[0], layer)


def _documents(folder: Path, found: list[Path]) -> list[Path]:
    """The documents of a KMZ: its first one, or those beside it that it links to."""
    first = folder / "doc.kml"
    others = [path for path in found if path != first]
    if first not in found or not others:
        return found
    with first.open("rb") as file:
        return others if b"<NetworkLink" in file.read(_HEAD) else [first]


def _named(folder: Path, found: list[Path], name: str, layer: str | None) -> Path:
    """The data set of a name, with its folders and its suffix or without."""
    names = {path.relative_to(folder).as_posix(): path for path in found}
    same = [path for told, path in names.items() if layer in {told, path.name, path.stem}]
    if len(same) != 1:
        raise LayerAmbiguous(Path(name), list(names))
    return same[0]


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
