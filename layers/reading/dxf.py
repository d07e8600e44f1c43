"""Reads DXF (AutoCAD DXF 读取): the lines or the polygons of a drawing.

A drawing has entities of all kinds, and a layer here has one: `--source-layer` says `lines`,
`polygons`, `points` or `texts`, or one of them on a layer of the drawing (`polygons:房屋`). Without
it a drawing of lines alone or of polygons alone is taken. Polygons are hatches, faces, and closed
lines, which otherwise are lines. Blocks come as their parts, and arcs as lines of 1°. What is of
another kind, or in paper space, is left out and counted. Fields are `Layer`, `Linetype`,
`EntityHandle` and `Text`. A drawing names no CRS.

Text is in UTF-8 since AutoCAD 2007 (`$ACADVER` AC1021), before in `$DWGCODEPAGE`, of which ANSI_936
is GBK; where it is not, what it is in is found from its bytes.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyogrio
import shapely
from numpy.typing import NDArray

from layers.errors import LayerAmbiguous, SourceUnreadable
from layers.reading import copies, encodings
from layers.reading.encodings import ASCII, GB18030, UTF8
from layers.reading.gdal import Stream, open_stream
from layers.reading.opened import WKB, Asked, Note, Opened, Read

KINDS = {"lines": "线", "polygons": "面", "points": "点", "texts": "注记"}
_OTHER, _PAPER = "others", "entities in paper space"
_ZH = {**KINDS, _OTHER: "其他", _PAPER: "图纸空间实体"}
_FIELDS = ("Layer", "Linetype", "EntityHandle", "Text")
_TOLD = 20  # layers of a drawing that an error names
_HEAD_LINES = 2000
_TAIL_BYTES = 1024
_ESCAPED = re.compile(r"\\U\+([0-9A-Fa-f]{4})")
# GDAL decodes nothing, since it drops what it cannot; and of an arc it makes lines of 4° else.
_OPTIONS = {"DXF_ENCODING": "UTF-8", "OGR_ARC_STEPSIZE": "1"}
_BINARY = {b"AutoCAD Binary DXF": "binary DXF", b"AC10": "DWG"}

Shapes = NDArray[Any]


class _Chosen(NamedTuple):
    """A kind of entities, on one layer of the drawing or on all."""

    kind: str
    layer: str | None


class _Entities(NamedTuple):
    """Entities of a record: their columns, shapes, kinds, and which of their lines are rings."""

    record: pa.RecordBatch
    shapes: Shapes
    kinds: NDArray[np.str_]
    rings: NDArray[np.bool_]
    layers: list[str | None]


@contextmanager
def open_dxf(asked: Asked) -> Iterator[Opened]:
    """Open a drawing; SourceUnreadable, LayerAmbiguous."""
    encoding, note = _encoding(asked)
    pyogrio.set_gdal_config_options(_OPTIONS)
    wanted = replace(asked, layer="entities", only=None)
    with copies.in_utf8(asked.path, encoding) as path:
        _check_end(asked.path, path)
        with open_stream(wanted, path) as stream:
            counted = _count(stream)
        chosen = _choose(asked, counted)
        with open_stream(wanted, path) as stream:
            fields = [pa.field(name, pa.string()) for name in _FIELDS]
            schema = pa.schema([*fields, pa.field(WKB, pa.binary())])
            records = _records(stream, schema, chosen)
            taken = _taken(counted, chosen)
            notes = [note, *_left_out(counted, chosen, taken)]
            yield Opened(schema, records, WKB, None, taken, notes)


def _check_end(file: Path, path: Path) -> None:
    """A drawing ends in EOF; GDAL takes what is there of one that is cut off."""
    with path.open("rb") as drawing:
        drawing.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        if drawing.read().split()[-1:] != [b"EOF"]:
            raise SourceUnreadable(file, "it is cut off: it does not end in EOF")


_Counted = Mapping[tuple[str, str | None, bool], int]


def _count(stream: Stream) -> _Counted:
    """How many entities of each kind there are on each layer; rings apart."""
    counted: Counter[tuple[str, str | None, bool]] = Counter()
    for entities in _entities(stream):
        kinds, rings = entities.kinds.tolist(), entities.rings.tolist()
        counted.update(zip(kinds, entities.layers, rings, strict=True))
    return counted


def _choose(asked: Asked, counted: _Counted) -> _Chosen:
    kinds = {kind for kind, _, _ in counted} & {"lines", "polygons"}
    if asked.layer is None:
        if len(kinds) != 1:
            raise LayerAmbiguous(asked.path, _offered(counted))
        return _Chosen(kinds.pop(), None)
    kind, colon, layer = asked.layer.partition(":")
    chosen = _Chosen(kind, layer if colon else None)
    if kind not in KINDS or not _taken(counted, chosen):
        raise LayerAmbiguous(asked.path, _offered(counted))
    return chosen


def _offered(counted: _Counted) -> list[str]:
    """What may be chosen: kinds, and those of layers."""
    pairs = [(kind, layer) for kind, layer, _ in counted if kind in KINDS]
    pairs += [("polygons", layer) for _, layer, is_ring in counted if is_ring]
    kinds = [kind for kind in KINDS if any(kind == found for found, _ in pairs)]
    layers = sorted({f"{kind}:{layer}" for kind, layer in pairs})
    return [*kinds, *layers[:_TOLD], *(["…"] if len(layers) > _TOLD else [])]


def _is_taken(kind: str, layer: str | None, is_ring: bool, chosen: _Chosen) -> bool:
    if chosen.layer is not None and layer != chosen.layer:
        return False
    return kind == chosen.kind or (is_ring and chosen.kind == "polygons")


def _taken(counted: _Counted, chosen: _Chosen) -> int:
    return sum(number for key, number in counted.items() if _is_taken(*key, chosen))


def _left_out(counted: _Counted, chosen: _Chosen, taken: int) -> list[Note]:
    left: Counter[str] = Counter()
    for key, number in counted.items():
        if not _is_taken(*key, chosen):
            left[key[0]] += number
    if not left:
        return []
    order = [kind for kind in _ZH if left[kind]]
    en = ", ".join(f"{left[kind]:,} {kind}" for kind in order)
    zh = "、".join(f"{_ZH[kind]} {left[kind]:,}" for kind in order)
    said = f"{taken:,} {chosen.kind} are taken and {en} left out"
    return [Note("entities.left", en, f"取{_ZH[chosen.kind]} {taken:,}，略去{zh}", said)]


def _entities(stream: Stream) -> Iterator[_Entities]:
    for record in stream.reader:
        shapes = shapely.from_wkb(record.column(WKB).to_numpy(zero_copy_only=False), "ignore")
        texts = record.column("Text").is_valid().to_numpy(zero_copy_only=False)
        paper = record.column("PaperSpace").fill_null(fill_value=False)
        dimensions = shapely.get_dimensions(shapes)
        kinds = np.array([_OTHER, "points", "lines", "polygons"], dtype="<U30")[dimensions + 1]
        kinds[(dimensions == 0) & texts] = "texts"
        kinds[shapely.is_empty(shapes)] = _OTHER
        kinds[paper.to_numpy(zero_copy_only=False)] = _PAPER
        rings = (kinds == "lines") & shapely.is_closed(shapes)
        rings &= (shapely.get_type_id(shapes) == 1) & (shapely.get_num_coordinates(shapes) > 3)
        layers = [_plain(layer) for layer in _safe(record.column("Layer"))]
        yield _Entities(record, shapes, kinds, rings, layers)


def _records(stream: Stream, schema: pa.Schema, chosen: _Chosen) -> Iterator[Read]:
    for entities in _entities(stream):
        keys = zip(entities.kinds.tolist(), entities.layers, entities.rings.tolist(), strict=True)
        taken = np.array([_is_taken(*key, chosen) for key in keys], bool)
        if not taken.any():
            continue
        shapes = entities.shapes[taken]
        if chosen.kind == "polygons":
            for place in np.flatnonzero(entities.rings[taken]):
                shapes[place] = shapely.Polygon(shapes[place].coords)
        rows = pa.array(np.flatnonzero(taken))
        columns = [_unescaped(entities.record.column(name).take(rows)) for name in _FIELDS]
        wkb = pa.array(shapely.to_wkb(_of_kind(shapes, chosen.kind)), pa.binary())
        yield Read(pa.RecordBatch.from_arrays([*columns, wkb], schema=schema))


def _of_kind(shapes: Shapes, kind: str) -> Shapes:
    """Collections as their parts of the kind."""
    result = shapes.copy()
    dimension = {"lines": 1, "polygons": 2}.get(kind, 0)
    for place in np.flatnonzero(shapely.get_type_id(shapes) == 7):
        parts = shapely.get_parts(shapely.get_parts(shapes[place]))
        same = parts[shapely.get_dimensions(parts) == dimension]
        collect = (shapely.multipoints, shapely.multilinestrings, shapely.multipolygons)
        result[place] = collect[dimension](same)
    return result


def _unescaped(texts: pa.Array) -> pa.Array:
    """Texts with the characters that are written as `\\U+4E2D`; bytes that are none stay."""
    try:
        values = texts.to_pylist()
    except UnicodeDecodeError:
        return texts
    return pa.array([_plain(value) for value in values], pa.string())


def _plain(text: str | None) -> str | None:
    return text and _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _safe(texts: pa.Array) -> list[str | None]:
    raw = texts.cast(pa.binary()).to_pylist()
    return [None if text is None else text.decode(errors="replace") for text in raw]


def _encoding(asked: Asked) -> tuple[str, Note]:
    """The encoding, and how it was known; SourceUnreadable of what is no DXF of text."""
    path = asked.path
    with path.open("rb") as file:
        head = [line.strip() for line in islice(file, _HEAD_LINES)]
    for mark, name in _BINARY.items():
        if head and head[0].startswith(mark):
            raise SourceUnreadable(path, f"it is {name}; save it as DXF of text (ASCII)")
    if asked.encoding:
        encoding = copies.told_codec(path, asked.encoding)
        return encoding, copies.note(encoding, "told")
    told = _told(head)
    detected = encodings.detect(_lines(path))
    if detected.encoding == ASCII:
        return UTF8, copies.note(ASCII, "detected")
    is_utf8 = detected.encoding == UTF8 and not detected.broken
    if told not in {None, UTF8, GB18030} and not told.startswith("cp125") and not is_utf8:
        return told, copies.note(told, "head")
    how = "head" if told == detected.encoding else "detected"
    return detected.encoding, copies.note(detected.encoding, how)


def _told(head: list[bytes]) -> str | None:
    """The encoding that the head of a drawing tells."""
    after = dict(zip(head, head[2:], strict=False))
    if after.get(b"$ACADVER", b"") >= b"AC1021":
        return UTF8
    return encodings.codec(after.get(b"$DWGCODEPAGE", b"").decode("ascii", "replace"))


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file
