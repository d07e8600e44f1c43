"""What identifies the file that was loaded (文件指纹): its SHA-256 and its size.

A Shapefile is several files and a geodatabase a folder. Their hash is that of what `sha256sum`
prints of the parts in the order of their names, so that it can be worked out again by hand.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


class Fingerprint(NamedTuple):
    """`size` is in bytes, of all parts."""

    sha256: str
    size: int


def fingerprint(path: Path) -> Fingerprint | None:
    """The fingerprint of a file or folder as it is on the disk; None where it cannot be read."""
    try:
        parts = _parts(path)
        hashes = [_hash(part) for part in parts]
        size = sum(part.stat().st_size for part in parts)
    except OSError:
        return None
    if parts == [path]:
        return Fingerprint(hashes[0], size)
    base = path if path.is_dir() else path.parent
    names = [part.relative_to(base).as_posix() for part in parts]
    lines = "".join(f"{digest}  {name}\n" for digest, name in zip(hashes, names, strict=True))
    return Fingerprint(hashlib.sha256(lines.encode()).hexdigest(), size)


def _parts(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(part for part in path.rglob("*") if part.is_file())
    if path.suffix.lower() != ".shp":
        return [path]
    beside = path.parent.glob(f"{_literal(path.stem)}.*")
    return sorted(part for part in beside if part.suffix.lower() in _SHAPEFILE_PARTS)


def _literal(stem: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in stem)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
