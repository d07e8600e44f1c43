"""Reads GeoJSON (RFC 7946, GeoJSON 读取): a feature collection, or a feature on each line.

Fields and their types are found from all of the file: a property that is a number here and a text
there is a text, and so are whole numbers that 64 bits do not hold; their digits stay. Objects and
lists are JSON. What is no feature, or has no coordinates where they should be, is a fault of its
row. Coordinates are degrees, longitude first, unless the collection has a member `crs`. Other
documents of JSON (TopoJSON, those of Esri) are GDAL's.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import shapely

from cim.assignment.rules import broken
from layers.reading import collection, copies
from layers.reading.collection import Collection, Text, exactly
from layers.reading.gdal import open_gdal
from layers.reading.guess import Guess
from layers.reading.opened import WKB, Asked, Fault, Opened, Read
from layers.reading.texts import column

LINES = {".geojsonl", ".geojsons", ".geojsonseq", ".ndjson", ".ndgeojson", ".jsonl"}
SUFFIXES = {".geojson", ".json", *LINES}
_CRS84 = "OGC:CRS84"
_MOST = 1 << 26  # bytes of a batch
_INT32, _INT64, _EXACT = 1 << 31, 1 << 63, 1 << 53
_JSON = pa.json_()
_NO_FEATURE = {"detail": "is no GeoJSON feature", "detail_zh": "不是 GeoJSON 要素"}
_NO_SHAPE = {"what": "a GeoJSON geometry", "what_zh": " GeoJSON 几何"}

Features = Callable[[], Iterator[Text]]


@contextmanager
def open_geojson(asked: Asked) -> Iterator[Opened]:
    """Open a file of features; SourceUnreadable, LayerAmbiguous."""
    encoding = copies.told_codec(asked.path, asked.encoding) if asked.encoding else "utf-8"
    with copies.in_utf8(asked.path, encoding) as path:
        kind = "lines" if path.suffix.lower() in LINES else collection.layout(path)
        if kind == "other":
            with open_gdal(asked) as opened:
                yield opened
            return
        whole = Collection(path) if kind == "collection" else None
        features: Features = whole.features if whole else partial(collection.lines, path)
        kinds, count = _look(features, asked.batch_rows)
        crs = whole.crs() if whole else _CRS84
        fields = [pa.field(name, kind.type) for name, kind in kinds.items()]
        schema = pa.schema([*fields, pa.field(WKB, pa.binary())])
        records = (_read(found, schema, kinds) for found in _chunks(features, asked.batch_rows))
        yield Opened(schema, records, WKB, crs, count)


def _chunks(features: Features, batch_rows: int) -> Iterator[list[Text]]:
    """Features, so many at once that memory stays small."""
    texts = features()
    while chunk := _some(texts, batch_rows):
        yield chunk


def _some(texts: Iterator[Text], most: int) -> list[Text]:
    chunk = []
    size = 0
    for found in islice(texts, most):
        chunk.append(found)
        size += len(found.text)
        if size > _MOST:
            break
    return chunk


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
            self._guess.see(column(texts, "utf-8")[0])

    @property
    def type(self) -> pa.DataType:
        kinds = self._kinds
        if kinds and kinds <= {dict, list}:
            return _JSON
        if kinds == {bool}:
            return pa.bool_()
        if kinds == {int}:
            return pa.int32() if self._is_within(_INT32) else pa.int64()
        if kinds and kinds <= {int, float} and self._is_within(_EXACT):
            return pa.float64()
        is_time = kinds == {str} and pa.types.is_temporal(self._guess.type)
        return self._guess.type if is_time else pa.string()

    def _is_within(self, bound: int) -> bool:
        return -bound <= self._low and self._high < bound

    def read(self, values: list[Any]) -> tuple[pa.Array, list[Fault]]:
        """Values of the property as a column of its type, and texts that are none."""
        kind = self.type
        is_text = pa.types.is_string(kind)
        if not is_text and kind != _JSON and self._kinds != {str}:
            return pa.array(values, kind), []
        texts, faults = column([_text(value) for value in values], "utf-8")
        if kind == _JSON:
            return pa.ExtensionArray.from_storage(kind, texts), faults
        return (texts if is_text else self._guess.read(texts)), faults


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return orjson.dumps(value, default=str).decode()


def _properties(value: Any) -> dict[str, Any] | None:
    """The properties of a feature, with its name where none of them is called so; None of what is
    no feature.
    """
    if not isinstance(value, dict) or value.get("type") != "Feature":
        return None
    told = value.get("properties") or {}
    if not isinstance(told, dict):
        return None
    own = value.get("id")
    return told if own is None or "id" in told else {"id": own, **told}


def _look(features: Features, batch_rows: int) -> tuple[dict[str, _Kind], int]:
    """The kinds of all properties, and how many features there are."""
    kinds: dict[str, _Kind] = {}
    count = 0
    for found in _chunks(features, batch_rows):
        count += len(found)
        texts: dict[str, list[str]] = {}
        for one in found:
            for name, value in (_properties(one.value) or {}).items():
                kind = kinds.get(name) or kinds.setdefault(name, _Kind())
                if value is None:
                    continue
                kind.see(value)
                if type(value) is str:
                    texts.setdefault(name, []).append(value)
        for name, seen in texts.items():
            kinds[name].see_texts(seen)
    return kinds, count


def _read(found: list[Text], schema: pa.Schema, kinds: dict[str, _Kind]) -> Read:
    rows = [_properties(one.value) for one in found]
    faults = [
        Fault(place, None, broken("row.unread", _start(found[place].text), **_NO_FEATURE))
        for place, row in enumerate(rows)
        if row is None
    ]
    columns = []
    for name, kind in kinds.items():
        values, wrong = kind.read([row.get(name) if row else None for row in rows])
        columns.append(values)
        faults += [fault._replace(field=name) for fault in wrong]
    shapes, wrong = _shapes(found, rows)
    columns.append(pa.array(shapely.to_wkb(shapes), pa.binary()))
    return Read(pa.RecordBatch.from_arrays(columns, schema=schema), [*faults, *wrong])


def _shapes(found: list[Text], rows: list[Any]) -> tuple[Any, list[Fault]]:
    """The geometries of features, and those that cannot be read."""
    told = [
        None if row is None or one.value.get("geometry") is None else one.text
        for one, row in zip(found, rows, strict=True)
    ]
    shapes = shapely.from_geojson(np.array(told, object), on_invalid="ignore")
    for place in np.flatnonzero(shapely.is_missing(shapes)):
        if told[place] is not None:  # maybe for its texts
            shapes[place] = shapely.from_geojson(_alone(found[place]), on_invalid="ignore")
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1) | shapely.is_empty(shapes)
    faults = []
    for place in np.flatnonzero(~finite):
        if told[place] is not None:
            said = broken("place.unread", _alone(found[place]), **_NO_SHAPE)
            faults.append(Fault(int(place), "geometry", said))
        shapes[place] = None
    return shapes, faults


def _alone(found: Text) -> str:
    """The text of a geometry without its feature, or that of its feature where it is no JSON."""
    try:
        return json.dumps(exactly(found.text)["geometry"])
    except ValueError:
        return _start(found.text)


def _start(text: bytes) -> str:
    return text[:1000].decode(errors="replace")
