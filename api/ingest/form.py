"""Multipart forms (多部分表单, RFC 7578), streamed to the disk: a file is never held in memory.

The parts with a file name become files of one folder under their own names, the others fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import anyio.to_thread
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from api.errors import BodyTooLarge, InvalidBody, NoRoom, UnsupportedTable

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MULTIPART = "multipart/form-data"
MOST_FIELDS = 200
MOST_FILES = 20
LONGEST_FIELD = 1 << 16
_BLOCK = 1 << 20  # bytes that are written at once
# A name that is one of a file here and now, and of none elsewhere.
_NAME = re.compile(r"[^/\\:\x00-\x1f\x7f]+")
_LONGEST_NAME = 200  # bytes


@dataclass(slots=True)
class Form:
    """What a form holds."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)


async def receive(request: Request, folder: Path, most: int) -> Form:
    """Read the body, `most` bytes of it, into the folder.

    Raises UnsupportedTable, InvalidBody, BodyTooLarge, NoRoom.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != MULTIPART.encode():
        raise UnsupportedTable(kind.decode("latin-1"), (MULTIPART,))
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        raise BodyTooLarge(most)
    receiver = _Receiver(folder)
    try:
        parser = MultipartParser(options.get(b"boundary", b""), receiver.callbacks())
        await _feed(request, parser, most)
        if not receiver.ended:
            raise InvalidBody("it ends before its last boundary")
    except FormParserError as error:
        raise InvalidBody(f"it is no multipart form: {error}") from None
    except OSError as error:
        raise NoRoom(error.strerror or str(error)) from error
    finally:
        receiver.close()
    return receiver.form


async def _feed(request: Request, parser: MultipartParser, most: int) -> None:
    size, block = 0, bytearray()
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise BodyTooLarge(most)
        block += chunk
        if len(block) >= _BLOCK:
            await anyio.to_thread.run_sync(parser.write, bytes(block))
            block.clear()
    await anyio.to_thread.run_sync(parser.write, bytes(block))


class _Receiver:
    """Takes a form piece by piece, as its parser finds them."""

    def __init__(self, folder: Path) -> None:
        self.form = Form()
        self.ended = False
        self._folder = folder
        self._header = self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._name = ""
        self._text = bytearray()
        self._file: BinaryIO | None = None

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._open,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        self._headers, self._text = {}, bytearray()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header = self._value = b""

    def _open(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = _decoded(options.get(b"name", b""))
        if b"filename" in options:
            self._open_file(_decoded(options[b"filename"]))

    def _open_file(self, name: str) -> None:
        if not name:  # a browser's field of files in which none was chosen
            self._name = ""
            return
        long = len(name.encode()) > _LONGEST_NAME
        if long or not _NAME.fullmatch(name) or name.startswith("."):
            raise InvalidBody(f"{name[:100]!r} is no name of a file")
        if len(self.form.files) == MOST_FILES:
            raise InvalidBody(f"it has more than {MOST_FILES} files")
        path = self._folder / name
        try:
            self._file = path.open("xb")
        except FileExistsError:
            raise InvalidBody(f"it has two files of the name {name!r}") from None
        self.form.files.append(path)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(memoryview(data)[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > LONGEST_FIELD:
            raise InvalidBody(f"its field {self._name!r} is longer than {LONGEST_FIELD:,} bytes")

    def _end(self) -> None:
        if self._file is not None:
            self.close()
            return
        if self._name:
            self.form.fields.setdefault(self._name, []).append(_decoded(bytes(self._text)))
        if sum(map(len, self.form.fields.values())) > MOST_FIELDS:
            raise InvalidBody(f"it has more than {MOST_FIELDS} fields")

    def _finish(self) -> None:
        self.ended = True


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise InvalidBody("a name or a field of it is not UTF-8") from None
