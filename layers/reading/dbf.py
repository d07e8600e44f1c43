"""The table of a Shapefile (.dbf 属性表) as bytes: its fields, how many rows, and its texts.

A table of dBase has a head of 32 bytes, one of 32 bytes for each field up to a byte 0x0D, and rows
of fixed width. Byte 29 of the head, the LDID, may tell the code page of the text.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_HEAD, _DESCRIPTOR, _END = 32, 32, 0x0D
_BLOCK = 1 << 22
# LDIDs of code pages of characters that are more than a byte. Others are what a program writes
# whatever the text is in, and say nothing.
_CODE_PAGES = {
    **dict.fromkeys((0x4D, 0x7A), "gb18030"),
    **dict.fromkeys((0x4F, 0x78), "cp950"),
    **dict.fromkeys((0x4E, 0x79), "cp949"),
    **dict.fromkeys((0x13, 0x7B), "cp932"),
}


class Field(NamedTuple):
    """A field: its name as bytes, its kind (`C` is text), and where it is in a row."""

    name: bytes
    kind: str
    offset: int
    width: int


class Table(NamedTuple):
    """What the head of a table says."""

    path: Path
    fields: tuple[Field, ...]
    rows: int
    head_bytes: int
    row_bytes: int
    code_page: str | None

    @property
    def is_whole(self) -> bool:
        """Whether the file is as long as its head says, but for the byte at its end."""
        return self.path.stat().st_size >= self.head_bytes + self.rows * self.row_bytes


def read_head(path: Path) -> Table | None:
    """The head of a table; None where the file is none."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if len(head) < _HEAD:
            return None
        rows, head_bytes, row_bytes = struct.unpack_from("<IHH", head, 4)
        described = file.read(max(0, head_bytes - _HEAD))
    fields = tuple(_fields(described))
    if not row_bytes or sum(field.width for field in fields) + 1 > row_bytes:
        return None
    return Table(path, fields, rows, head_bytes, row_bytes, _CODE_PAGES.get(head[29]))


def _fields(described: bytes) -> Iterator[Field]:
    offset = 1  # after the byte that marks a deleted row
    for at in range(0, len(described) - _DESCRIPTOR + 1, _DESCRIPTOR):
        one = described[at : at + _DESCRIPTOR]
        if one[0] == _END:
            return
        yield Field(one[:11].split(b"\0")[0], chr(one[11]), offset, one[16])
        offset += one[16]


def texts(table: Table) -> Iterator[bytes]:
    """The names of fields, and the texts of the rows that have more than ASCII."""
    yield from (field.name for field in table.fields)
    fields = [field for field in table.fields if field.kind == "C"]
    at_once = max(1, _BLOCK // table.row_bytes)
    with table.path.open("rb") as file:
        file.seek(table.head_bytes)
        left = table.rows
        while left > 0 and (block := file.read(min(left, at_once) * table.row_bytes)):
            whole = len(block) // table.row_bytes
            rows = np.frombuffer(block, np.uint8, whole * table.row_bytes)
            yield from _beyond_ascii(rows.reshape(whole, table.row_bytes), fields)
            left -= at_once


def _beyond_ascii(rows: NDArray[np.uint8], fields: list[Field]) -> Iterator[bytes]:
    beyond = rows >= 0x80
    for field in fields:
        place = slice(field.offset, field.offset + field.width)
        for row in np.flatnonzero(beyond[:, place].any(axis=1)):
            yield rows[row, place].tobytes().strip(b" \0")
