"""Reads KML (OGC 12-007r2, KML 读取): its placemarks, folder by folder.

GDAL would hold the whole document in memory; here placemarks pass one by one. A folder is a layer:
`--source-layer` takes one with all that is below it, by its name or its path (`A/B`), and `*` all
placemarks. Fields are `Name`, `description`, `folder` (the path) and the names of ExtendedData;
those that a Schema calls numbers are numbers where all are. Links to other documents are not
followed, and one refuses the file, as a document type does, which could blow up or read other
files.
"""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

import pyarrow as pa
import shapely

from cim.assignment.rules import broken
from layers.errors import LayerAmbiguous, SourceUnreadable
from layers.reading import copies
from layers.reading.guess import Guess
from layers.reading.opened import WKB, Asked, Fault, Opened, Read
from layers.reading.placemarks import Placemark, local, read

ALL = "*"
_CRS = "OGC:CRS84"
_CHUNK = 1 << 20
_CONTAINERS = {"Document", "Folder"}
_NUMBERS = {"int", "uint", "short", "ushort", "float", "double", "long", "boolean", "bool"}
_FIRST = ("Name", "description", "folder")
_NO_SHAPE = {"what": "coordinates", "what_zh": "坐标"}
_DEEPEST = 64


@contextmanager
def open_kml(asked: Asked) -> Iterator[Opened]:
    """Open a document; SourceUnreadable, LayerAmbiguous."""
    chosen = _chosen(asked)
    names: dict[str, Guess] = {}
    numbers: set[str] = set()
    count = 0
    for found in _chunks(asked, chosen, numbers):
        count += len(found)
        for placemark in found:
            for name in placemark.values:
                names.setdefault(name, Guess())
        for name, guess in names.items():
            guess.see(_column(found, name))
    order = [*(name for name in _FIRST if name in names), *(n for n in names if n not in _FIRST)]
    guesses = {name: names[name] if name in numbers else None for name in order}
    fields = [pa.field(n, guess.type if guess else pa.string()) for n, guess in guesses.items()]
    schema = pa.schema([*fields, pa.field(WKB, pa.binary())])
    records = (_record(found, schema, guesses) for found in _chunks(asked, chosen, None))
    yield Opened(schema, records, WKB, _CRS, count)


def _chosen(asked: Asked) -> str:
    """The path of the folder that is asked for, `*` for all of them; LayerAmbiguous."""
    if asked.layer == ALL:
        return ALL
    folders: dict[str, None] = {}
    for placemark in _placemarks(asked, set()):
        folders[placemark.values["folder"]] = None
    if not folders:
        raise SourceUnreadable(asked.path, "it has no placemarks")
    if asked.layer is None:
        if len(folders) == 1:
            return ALL
        raise LayerAmbiguous(asked.path, [*folders, ALL])
    above = {path: None for folder in folders for path in _above(folder)}
    named = [path for path in above if asked.layer in {path, path.rpartition("/")[2]}]
    if len(named) != 1:
        raise LayerAmbiguous(asked.path, [*(named or above), ALL])
    return named[0]


def _above(folder: str) -> Iterator[str]:
    """The path of a folder, and of those that it is in.

    >>> list(_above("a/b/c"))
    ['a', 'a/b', 'a/b/c']
    """
    parts = folder.split("/")
    return ("/".join(parts[: n + 1]) for n in range(len(parts)))


def _chunks(asked: Asked, chosen: str, numbers: set[str] | None) -> Iterator[list[Placemark]]:
    wanted = (
        placemark
        for placemark in _placemarks(asked, numbers)
        if chosen == ALL or f"{placemark.values['folder']}/".startswith(f"{chosen}/")
    )
    while found := list(islice(wanted, asked.batch_rows)):
        yield found


def _record(found: list[Placemark], schema: pa.Schema, guesses: dict[str, Guess | None]) -> Read:
    columns = []
    for name, guess in guesses.items():
        column = _column(found, name)
        columns.append(guess.read(column) if guess else column)
    shapes = [placemark.shape for placemark in found]
    faults = [
        Fault(place, "coordinates", broken("place.unread", placemark.wrong, **_NO_SHAPE))
        for place, placemark in enumerate(found)
        if placemark.wrong is not None
    ]
    wkb = pa.array(shapely.to_wkb(shapes), pa.binary())
    return Read(pa.RecordBatch.from_arrays([*columns, wkb], schema=schema), faults)


def _column(found: list[Placemark], name: str) -> pa.Array:
    return pa.array([placemark.values.get(name) for placemark in found], pa.string())


def _placemarks(asked: Asked, numbers: set[str] | None) -> Iterator[Placemark]:
    """Placemark after placemark, with geometries; or without, and `numbers` gets the fields that a
    Schema calls so.
    """
    path = asked.path
    target = _Document(path, numbers)
    try:
        for parser, text in _pieces(asked, target):
            parser.feed(text)
            yield from target.taken()
        yield from target.taken()
    except ParseError as error:
        raise SourceUnreadable(path, f"it is no whole XML document: {error}") from error
    except (UnicodeError, LookupError) as error:
        raise SourceUnreadable(path, copies.unlike(asked.encoding or "UTF-8")) from error
    except OSError as error:
        raise SourceUnreadable(path, str(error)) from error


def _pieces(asked: Asked, target: "_Document") -> Iterator[tuple[XMLParser, str | bytes]]:
    """Pieces of the document for its parser; text where its encoding is none that XML must have."""
    with asked.path.open("rb") as file:
        head = file.read(1000)
        file.seek(0)
        encoding = _encoding(asked, head)
        parser = XMLParser(target=target, encoding="utf-8" if encoding else None)
        decoder = codecs.getincrementaldecoder(encoding)() if encoding else None
        while chunk := file.read(_CHUNK):
            yield parser, decoder.decode(chunk).encode() if decoder else chunk
        if decoder:
            yield parser, decoder.decode(b"", final=True).encode()
        parser.close()


def _encoding(asked: Asked, head: bytes) -> str | None:
    """The encoding that is told, or that the document tells, where its parser does not know it."""
    if asked.encoding:
        return copies.told_codec(asked.path, asked.encoding)
    declared = head.split(b"?>")[0].partition(b"encoding=")[2].strip(b" \"'").split(b'"')[0]
    name = declared.split(b"'")[0].decode("ascii", "replace").strip()
    if not head.lstrip().startswith(b"<?xml") or not name or name.lower() in {"utf-8", "utf-16"}:
        return None
    return copies.told_codec(asked.path, name)


def _is_number(name: str, attributes: dict[str, str]) -> bool:
    """Whether an element of a Schema calls a field a number."""
    return name == "SimpleField" and attributes.get("type") in _NUMBERS


class _Document:
    """What a parser tells its elements to; it keeps no more than the placemark that is read."""

    def __init__(self, path: Path, numbers: set[str] | None) -> None:
        self._path = path
        self._numbers = numbers
        self._open: list[str] = []  # names of the elements that are open
        self._folders: list[str] = []
        self._name: list[str] | None = None  # of the container that is read
        self._builder: TreeBuilder | None = None
        self._taken: list[Placemark] = []

    def taken(self) -> list[Placemark]:
        """The placemarks that were read since it was asked before."""
        found, self._taken = self._taken, []
        return found

    def doctype(self, _name: str, _public: str, _system: str) -> None:
        raise SourceUnreadable(self._path, "it has a document type (DOCTYPE), which is not taken")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        self._open.append(name)
        if len(self._open) > _DEEPEST:
            raise SourceUnreadable(self._path, f"its elements are more than {_DEEPEST} deep")
        if self._builder is not None:
            self._builder.start(tag, attributes)
        elif name == "Placemark":
            self._builder = TreeBuilder()
            self._builder.start(tag, attributes)
        elif name in _CONTAINERS:
            self._folders.append("")
        elif name == "NetworkLink":
            reason = "it has a NetworkLink to another document; send what it links to as a file"
            raise SourceUnreadable(self._path, reason)
        elif name == "name" and self._open[-2:-1] and self._open[-2] in _CONTAINERS:
            self._name = []
        elif self._numbers is not None and _is_number(name, attributes):
            self._numbers.add(attributes.get("name", ""))

    def data(self, text: str) -> None:
        if self._builder is not None:
            self._builder.data(text)
        elif self._name is not None:
            self._name.append(text)

    def end(self, tag: str) -> None:
        name = self._open.pop()
        if self._builder is not None:
            self._builder.end(tag)
            if name == "Placemark" and "Placemark" not in self._open:
                self._take(self._builder.close())
                self._builder = None
        elif self._name is not None and name == "name":
            self._folders[-1] = "".join(self._name).strip().replace("/", "_")
            self._name = None
        elif name in _CONTAINERS and self._folders:
            self._folders.pop()

    def _take(self, element: Element) -> None:
        found = read(element, with_shape=self._numbers is None)
        values = {"Name": "", **found.values, "folder": "/".join(filter(None, self._folders))}
        self._taken.append(found._replace(values=values))

    def close(self) -> Any:
        return None
