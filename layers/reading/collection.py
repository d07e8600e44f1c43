"""Splits the text of a GeoJSON file into features (GeoJSON 要素拆分), in constant memory.

A file is a feature collection, or has a feature on each line, or behind each mark of a record
(0x1E, RFC 8142). GDAL would keep something of each feature of a collection. The end of a feature in
a collection is looked for where a brace is followed by a comma and a brace, or by the end of the
list; where that is not the end, its text is parsed to find it.

>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder:
...     path = Path(folder) / "a.geojson"
...     _ = path.write_text('{"type":"FeatureCollection","features":[{"a":[{}, {}]} , {"a":2}]}')
...     layout(path), [found.value for found in Collection(path).features()]
('collection', [{'a': [{}, {}]}, {'a': 2}])
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from layers.errors import SourceUnreadable

_BOM, _MARK = b"\xef\xbb\xbf", b"\x1e"
_HEAD = _CHUNK = 1 << 20
_EXACT = float(1 << 53)
_COLLECTION = re.compile(rb'"type"\s*:\s*"FeatureCollection"')
# GeoJSON-like documents that GDAL knows better.
_OTHERS = re.compile(rb'"(coordRefSys|conformsTo|spatialReference)"\s*:')
_LIST = re.compile(rb'"features"\s*:\s*\[')
_NEXT = re.compile(rb"[\s,]*")
_END = re.compile(rb"\}\s*(?:,\s*\{|\])")
_COORDINATES = b'"coordinates"'
_NUMBERS = re.compile(rb'("coordinates"\s*:\s*)\[[-+\d\s\[\],.eE]*\]')
_LONGEST = 1 << 30  # bytes of a feature
_MOST_AFTER = 1 << 26  # bytes after the last one
_WINDOW, _NEAR = 1 << 16, 64
_DECODER = json.JSONDecoder()


class Text(NamedTuple):
    """The text of a feature, and its value, maybe without coordinates; None where it is no JSON."""

    text: bytes
    value: Any


def layout(path: Path) -> str:
    """`collection`, `lines`, `sequence`, or `other` for what is none of them."""
    head = _head(path)
    if head.lstrip().startswith(_MARK):
        return "sequence"
    first, newline, rest = head.strip().partition(b"\n")
    value = _parsed(first) if newline and rest.strip() else None
    if isinstance(value, dict) and value.get("type") == "Feature":
        return "lines"
    is_ours = _COLLECTION.search(head) and _LIST.search(head) and not _OTHERS.search(head)
    return "collection" if is_ours else "other"


def lines(path: Path) -> Iterator[Text]:
    """The lines that are not blank, or what is behind each mark."""
    split = _records(path) if layout(path) == "sequence" else _lines(path)
    texts = (text.strip() for text in split)
    return (Text(text, _parsed(text)) for text in texts if text)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD).removeprefix(_BOM)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield file.readline().removeprefix(_BOM)
        yield from file


def _records(path: Path) -> Iterator[bytes]:
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            *records, rest = (rest + chunk).split(_MARK)
            yield from records
    yield rest


def _parsed(text: bytes) -> Any:
    """The value of a JSON text; None of any other text."""
    try:
        return _parse(text)
    except ValueError:
        return None


def _parse(text: bytes) -> Any:
    """The value of a JSON text, with all digits of its properties; ValueError.

    Bytes that are no UTF-8 come as surrogates, so that they are found in their field.
    """
    try:
        value = _quickly(text)
    except orjson.JSONDecodeError as error:
        if _is_cut(error):
            raise
        return exactly(text)
    properties = value.get("properties") if isinstance(value, dict) else None
    if isinstance(properties, dict) and any(
        isinstance(each, float) and abs(each) >= _EXACT for each in properties.values()
    ):
        value["properties"] = exactly(text)["properties"]
    return value


def _quickly(text: bytes) -> Any:
    """The value of a JSON text, where it is sure without the coordinates of its geometry.

    Whoever wants them reads the text; as Python numbers they would take longer than all else.
    """
    if text.count(_COORDINATES) == 1:
        value = orjson.loads(_NUMBERS.sub(rb"\1[]", text, count=1))
        shape = value.get("geometry") if isinstance(value, dict) else None
        if isinstance(shape, dict) and shape.get("coordinates") == []:
            return value
    return orjson.loads(text)


def exactly(text: bytes) -> Any:
    """The value of a JSON text with all that it says; ValueError."""
    try:
        return json.loads(text.decode(errors="surrogateescape"))
    except RecursionError as error:
        raise json.JSONDecodeError("it is nested too deep", "", 0) from error


def _is_cut(error: json.JSONDecodeError) -> bool:
    """Whether it is the end of a text that is missing."""
    said = error.msg.lower()
    if said.startswith(("unexpected end", "unterminated")):
        return True
    return bool(error.doc) and error.pos >= len(error.doc.rstrip())


class Collection:
    """A feature collection, with a window on its text while it is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._text = b""
        self._count = 0
        self._around = b"{}"  # what stands before and after the features

    def features(self) -> Iterator[Text]:
        """Feature after feature; SourceUnreadable where the file is not whole."""
        self._text, self._count = b"", 0
        with self._path.open("rb") as self._file:
            while (begin := _LIST.search(self._text)) is None:
                self._more()
            head, self._text = self._text[: begin.end()], self._text[begin.end() :]
            at = 0
            while not self._ends(at := self._begin(at)):
                found, at = self._feature(at)
                yield found
                self._count += 1
                if at > _CHUNK:
                    self._text, at = self._text[at:], 0
            self._around = head.removeprefix(_BOM) + self._text[at:] + self._file.read(_MOST_AFTER)

    def crs(self) -> str | None:
        """What the member `crs` names, as GeoJSON had it before RFC 7946, after a pass.

        CRS84 where there is none; None where it says that there is none. SourceUnreadable.
        """
        try:
            members = json.loads(self._around.decode(errors="replace"))
        except (ValueError, RecursionError) as error:
            raise self._broken(f"after the features: {error}") from error
        if "crs" not in members:
            return "OGC:CRS84"
        told = members["crs"]
        try:
            if told is None:
                return None
            named = told["properties"]
            return str(named["name"]) if told["type"] == "name" else f"EPSG:{int(named['code'])}"
        except (KeyError, TypeError, ValueError) as error:
            raise SourceUnreadable(self._path, "its member crs names no CRS") from error

    def _begin(self, at: int) -> int:
        """Where the next feature or the end of the list is."""
        while (at := _NEXT.match(self._text, at).end()) == len(self._text):  # type: ignore[union-attr]
            self._more()
        return at

    def _ends(self, at: int) -> bool:
        return self._text[at : at + 1] == b"]"

    def _feature(self, begin: int) -> tuple[Text, int]:
        """The feature that begins at a place, and where it ends."""
        look = begin
        while (found := _END.search(self._text, look)) is None:
            look = max(look, self._text.rfind(b"}"))
            self._text, begin, look = self._text[begin:], 0, look - begin
            self._more()
        text = self._text[begin : found.start() + 1]
        try:
            return Text(text, _parse(text)), found.start() + 1
        except json.JSONDecodeError as error:
            if not _is_cut(error):
                raise self._broken(f"feature {self._count + 1:,}: {error}") from error
        return self._long(begin)

    def _long(self, begin: int) -> tuple[Text, int]:
        """The same of a feature that has lists of objects, in windows twice as long each time."""
        size = _WINDOW
        while True:
            window = self._text[begin : begin + size]
            text = window.decode(errors="surrogateescape")
            try:
                _, end = _DECODER.raw_decode(text)
            except RecursionError as error:
                raise self._broken(f"feature {self._count + 1:,} is nested too deep") from error
            except json.JSONDecodeError as error:
                if not _is_cut(error) and error.pos < len(text) - _NEAR:
                    raise self._broken(f"feature {self._count + 1:,}: {error}") from error
                if begin + size >= len(self._text):
                    self._text, begin = self._text[begin:], 0
                    self._more()
                size *= 2
                continue
            found = text[:end].encode(errors="surrogateescape")
            return Text(found, _parse(found)), begin + len(found)

    def _more(self) -> None:
        chunk = self._file.read(max(_CHUNK, len(self._text)))
        if not chunk or len(self._text) > _LONGEST:
            raise self._broken(f"its end is missing after {self._count:,} features")
        self._text += chunk

    def _broken(self, reason: str) -> SourceUnreadable:
        return SourceUnreadable(self._path, f"it is no whole GeoJSON: {reason}")
