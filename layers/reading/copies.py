"""Text files as their readers want them: in UTF-8 (转为 UTF-8), and what is said of encodings.

Bytes that are no text of the encoding go into the copy as they are, where they are no UTF-8 either,
so that they are found in their rows.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from layers.errors import SourceUnreadable
from layers.reading.encodings import codec, shown
from layers.reading.opened import Note

_HOW = {
    "told": ("由用户指定", "as told"),
    "cpg": ("据 .cpg 文件", "as its .cpg says"),
    "ldid": ("据 .dbf 文件头", "as the head of its .dbf says"),
    "bom": ("据文件开头的标记", "as its first bytes say"),
    "head": ("据文件头", "as its head says"),
    "detected": ("由字节识别", "found by its bytes"),
}


def told_codec(path: Path, encoding: str) -> str:
    """Python's name of the encoding that somebody told; SourceUnreadable where there is none."""
    found = codec(encoding)
    if found is None:
        raise SourceUnreadable(path, unlike(encoding, "there is no such encoding"))
    return found


def unlike(encoding: str, reason: str = "") -> str:
    """What is said of a file that is not in an encoding."""
    why = reason and f" ({reason})"
    advice = "name its encoding with encoding (--encoding), such as GBK"
    return f"its text is not {encoding}{why}; {advice}"


def note(encoding: str, how: str) -> Note:
    """Tells which encoding a file was read in, and how that was known."""
    zh, en = _HOW[how]
    name = shown(encoding)
    return Note(f"encoding.{how}", name, f"文字编码 {name}（{zh}）", f"text in {name}, {en}")


@contextmanager
def in_utf8(path: Path, encoding: str) -> Iterator[Path]:
    """A text file, or its copy where it is in another encoding; SourceUnreadable."""
    if encoding in {"utf-8", "ascii"}:
        yield path
        return
    with TemporaryDirectory(prefix="cim-") as folder:
        copy = Path(folder) / path.name
        try:
            with (
                path.open(encoding=encoding, errors="surrogateescape", newline="") as read,
                copy.open("w", encoding="utf-8", errors="surrogateescape", newline="") as write,
            ):
                shutil.copyfileobj(read, write, 1 << 20)
        except UnicodeError as error:
            raise SourceUnreadable(path, unlike(encoding)) from error
        yield copy
