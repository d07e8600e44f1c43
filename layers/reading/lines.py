"""Reads newline-delimited GeoJSON (逐行 GeoJSON): a feature of RFC 7946 on each line.

With the mark of a record (0x1E) before each it is a GeoJSON text sequence (RFC 8142). A line that
is no feature is a fault of its row, where GDAL would leave it out. Fields and their types are found
from all of the file: a property that is a number here and a text there is a text, and so are
objects, lists, and whole numbers that 64 bits do not hold; their digits stay. Coordinates are
degrees, longitude first.
"""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import shapely

from cim.assignment.rules import broken
from layers.errors import SourceUnreadable
from layers.reading import copies
from layers.reading.guess import Guess
from layers.reading.opened import WKB, Asked, Fault, Opened, Read

SUFFIXES = {".geojsonl", ".geojsons", ".geojsonseq", ".ndjson", ".ndgeojson", ".jsonl"}
_MARK = b"\x1e"
_HEAD = 1 << 20
_MOST = 1 << 26  # bytes of a batch
_CRS = "OGC:CRS84"
_EXACT = 1 << 53
_INT32, _INT64 = 1 << 31, 1 << 63
_NO_FEATURE = {"detail": "is no GeoJSON feature", "detail_zh": "不是 GeoJSON 要素"}
_NO_SHAPE = {"what": "a GeoJSON geometry", "what_zh": " GeoJSON 几何"}


def is_lines(path: Path) -> bool:
    """Whether a file that is called JSON has a feature on each line."""
    with path.open("rb") as file:
        head = file.read(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(_MARK):
        return True
    first, newline, rest = head.partition(b"\n")
    return bool(newline and rest.strip()) and _feature(first) is not None


@contextmanager
def open_lines(asked: Asked) -> Iterator[Opened]:
    """Open a file of lines; SourceUnreadable."""
    encoding = copies.told_codec(asked.path, asked.encoding) if asked.encoding else "utf-8"
    with copies.in_utf8(asked.path, encoding) as path:
        kinds: dict[str, _Kind] = {}
        count = 0
        try:
            for lines in _chunks(path, asked.batch_rows):
                count += len(lines)
                _see(lines, kinds)
        except OSError as error:
            raise SourceUnreadable(asked.path, str(error)) from error
        fields = [pa.field(name, kind.type) for name, kind in kinds.items()]
        schema = pa.schema([*fields, pa.field(WKB, pa.binary())])
        records = (_read(lines, schema, kinds) for lines in _chunks(path, asked.batch_rows))
        yield Opened(schema, records, WKB, _CRS, count)


def _chunks(path: Path, batch_rows: int) -> Iterator[list[bytes]]:
    """Lines that are not blank, so many at once that memory stays small."""
    with path.open("rb") as file:
        lines = (line.strip().lstrip(_MARK).strip() for line in _marked(file))
        full = (line.removeprefix(b"\xef\xbb\xbf") for line in lines if line)
        while chunk := _some(full, batch_rows):
            yield chunk


def _marked(file: Any) -> Iterator[bytes]:
    """Lines; of a text sequence, which may break them anywhere, what is between two marks."""
    head = file.read(_HEAD)
    file.seek(0)
    if not head.lstrip().startswith(_MARK):
        yield from file
        return
    rest = b""
    while chunk := file.read(_HEAD):
        *records, rest = (rest + chunk).split(_MARK)
        yield from records
    yield rest


def _some(lines: Iterator[bytes], most: int) -> list[bytes]:
    chunk = []
    size = 0
    for line in islice(lines, most):
        chunk.append(line)
        size += len(line)
        if size > _MOST:
            break
    return chunk


def _feature(line: bytes) -> dict[str, Any] | None:
    """The feature on a line; None of anything else."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, dict) or found.get("type") != "Feature":
        return None
    properties = found.get("properties") or {}
    if not isinstance(properties, dict):
        return None
    if any(isinstance(value, float) and abs(value) >= _EXACT for value in properties.values()):
        found["properties"] = json.loads(line)["properties"]  # which keeps all digits
    return found


def _properties(feature: dict[str, Any]) -> dict[str, Any]:
    """The properties, and the name of the feature where none of them is called so."""
    told = feature.get("properties") or {}
    own = feature.get("id")
    return told if own is None or "id" in told else {"id": own, **told}


class _Kind:
    """What the values of a property may be."""

    def __init__(self) -> None:
        self._guess = Guess()
        self._kinds: set[type] = set()
        self._low = self._high = 0

    def see(self, value: Any) -> None:
        kind = type(value)
        if kind is int and not -_INT64 <= value < _INT64:
            kind = str
        elif kind is int:
            self._low, self._high = min(self._low, value), max(self._high, value)
        self._kinds.add(kind)

    def see_texts(self, texts: list[str]) -> None:
        """Look at the texts of a property that has nothing else, of which some are times."""
        if self._kinds == {str}:
            self._guess.see(pa.array(texts, pa.string()))

    @property
    def type(self) -> pa.DataType:
        if self._kinds == {bool}:
            return pa.bool_()
        if self._kinds == {int}:
            return pa.int32() if self._is_within(_INT32) else pa.int64()
        if self._kinds and self._kinds <= {int, float} and self._is_within(_EXACT):
            return pa.float64()
        is_time = self._kinds == {str} and pa.types.is_temporal(self._guess.type)
        return self._guess.type if is_time else pa.string()

    def _is_within(self, bound: int) -> bool:
        return -bound <= self._low and self._high < bound

    def read(self, values: list[Any]) -> pa.Array:
        """Values of the property as a column of its type."""
        if not pa.types.is_string(self.type) and self._kinds != {str}:
            return pa.array(values, self.type)
        texts = pa.array([_text(value) for value in values], pa.string())
        return texts if pa.types.is_string(self.type) else self._guess.read(texts)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return orjson.dumps(value).decode()


def _see(lines: list[bytes], kinds: dict[str, _Kind]) -> None:
    texts: dict[str, list[str]] = {}
    for line in lines:
        for name, value in _properties(_feature(line) or {}).items():
            if value is None:
                kinds.setdefault(name, _Kind())
                continue
            kinds.setdefault(name, _Kind()).see(value)
            if isinstance(value, str):
                texts.setdefault(name, []).append(value)
    for name, seen in texts.items():
        kinds[name].see_texts(seen)


def _read(lines: list[bytes], schema: pa.Schema, kinds: dict[str, _Kind]) -> Read:
    features = [_feature(line) for line in lines]
    faults = [
        Fault(
            place, None, broken("row.unread", lines[place].decode(errors="replace"), **_NO_FEATURE)
        )
        for place, feature in enumerate(features)
        if feature is None
    ]
    rows = [_properties(feature or {}) for feature in features]
    columns = [kind.read([row.get(name) for row in rows]) for name, kind in kinds.items()]
    told = [(feature or {}).get("geometry") for feature in features]
    shapes = shapely.from_geojson(
        [None if shape is None else orjson.dumps(shape) for shape in told], on_invalid="ignore"
    )
    for place, shape in enumerate(told):
        if shape is not None and (shapes[place] is None or not _is_finite(shapes[place])):
            shapes[place] = None
            said = broken("geometry.unread", orjson.dumps(shape).decode(), **_NO_SHAPE)
            faults.append(Fault(place, "geometry", said))
    wkb = pa.array(shapely.to_wkb(shapes), pa.binary())
    return Read(pa.RecordBatch.from_arrays([*columns, wkb], schema=schema), faults)


def _is_finite(shape: Any) -> bool:
    return all(map(math.isfinite, shape.bounds)) or bool(shape.is_empty)
