"""The picture (绘图): things in pixels and imagery, drawn in their styles by Mapnik.

Mapnik, since its wheel needs nothing of the machine, takes WKB as PostGIS gives it, and knows
holes, joins, dashes, markers, and letters with halos that do not lie on each other. Of what was
compared in drawing 50,000 octagons of 1024 pixels, filled and outlined, with their making:
Mapnik 0.5 s, aggdraw 0.75 s, Pillow four times as large 0.75 s, skia-python 1.2 s (and it needs
libGL and libEGL); blend2d-py has no strokes, pycairo no wheel, and pymgl nothing but Web Mercator.

Mapnik is used for drawing alone: its data sources are not loaded, and the folders of PROJ and GDAL
that it would set for the whole process are unset again. Threads that look up a CRS meanwhile would
find no database, so that a service calls `load` before it answers anybody.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import orjson
import pylopdf_fonts_zh_cn
from PIL import Image

from cim.styles.colours import Colour
from tiles.formula import Masked
from tiles.maps.expressions import Seen
from tiles.maps.frame import MM, Frame
from tiles.maps.symbols import Symbol

Picture: TypeAlias = Image.Image
"""Red, green, blue and opacity, the colours not multiplied by it."""
Box: TypeAlias = tuple[int, int, int, int]
"""Pixels from the upper left corner: left, top, right, bottom, the last two outside."""

PNG, JPEG = "PNG", "JPEG"
_QUALITY = 90
_KINDS = {1: "Point", 2: "LineString", 3: "Polygon", 4: "Point", 5: "LineString", 6: "Polygon"}
_loading = threading.Lock()
_OURS = ("GDAL_DATA", "PROJ_LIB")  # which Mapnik would set to files of its own


class Things(NamedTuple):
    """Things of a layer: how they are drawn, the properties that this reads, and rows of them."""

    symbols: Sequence[Symbol]
    reads: Sequence[str]
    rows: Sequence[Any]


class Imagery(NamedTuple):
    """What a mosaic shows, from a column and a row of the picture on."""

    canvas: Masked
    opacity: float = 1.0
    column: int = 0
    row: int = 0


@dataclass(frozen=True, slots=True)
class Ground:
    """What is seen where there is nothing: the background, and what lies outside of the CRS."""

    background: Colour
    void: Colour


class Canvas:
    """A picture that is being drawn, the lowest first, on nothing; every method is blocking."""

    def __init__(self, frame: Frame, zoom: float) -> None:
        self._mapnik = _mapnik()
        self._frame, self._zoom = frame, zoom
        self.picture = Image.new("RGBA", (frame.width, frame.height))
        around = (
            -frame.margin,
            -frame.margin,
            frame.width + frame.margin,
            frame.height + frame.margin,
        )
        box = self._mapnik.Box2d(*around)
        self._letters = self._mapnik.LabelCollisionDetector(box)

    def lay(self, imagery: Imagery) -> None:
        """Imagery over what is there."""
        self.picture.alpha_composite(_shown(imagery), (imagery.column, imagery.row))

    def draw(self, things: Things) -> None:
        """Things over what is there; letters keep clear of those that are there already."""
        if not things.rows or not things.symbols:
            return
        mapnik, size = self._mapnik, self.picture.size
        layer, drawn = mapnik.Image(*size), _map(mapnik, self._frame, things, self._zoom)
        mapnik.render_with_detector(drawn, layer, self._letters, MM / self._frame.mm)
        self.picture.alpha_composite(Image.frombuffer("RGBA", size, layer.to_string()))


def _shown(imagery: Imagery) -> Picture:
    data, mask = imagery.canvas.data, np.ma.getmaskarray(imagery.canvas)
    bands = np.broadcast_to(data, (3, *data.shape[1:])) if len(data) == 1 else data[:3]
    opacity = np.where(mask.all(axis=0), 0, round(255 * imagery.opacity)).astype(np.uint8)
    return Image.fromarray(np.dstack([*bands, opacity]))


def _map(mapnik: Any, frame: Frame, things: Things, zoom: float) -> Any:
    """A map of Mapnik: a layer for each symbol, all of them over the same things."""
    made = mapnik.Map(frame.width, frame.height)
    rules = "".join(symbol.rule for symbol in things.symbols)
    mapnik.load_map_from_string(made, f"<Map>{rules}</Map>")
    made.buffer_size = frame.margin
    source = mapnik.MemoryDatasource()
    for feature in _features(mapnik, things, zoom):
        source.add_feature(feature)
    for symbol in things.symbols:
        layer = mapnik.Layer(symbol.name)
        layer.datasource = source
        layer.styles.append(symbol.name)
        made.layers.append(layer)
    made.zoom_to_box(mapnik.Box2d(0, 0, frame.width, frame.height))
    return made


def _features(mapnik: Any, things: Things, zoom: float) -> Iterator[Any]:
    context = mapnik.Context()
    for symbol in things.symbols:
        for name in (symbol.name, *(name for name, _ in symbol.values)):
            context.push(name)
    known: dict[tuple[str, int], list[tuple[str, Any]]] = {}
    for number, (shape, properties) in enumerate(things.rows):
        key = (properties, shape[1])
        values = known.get(key)
        if values is None:
            values = known[key] = _values(things, *key, zoom)
        if not values:
            continue
        feature = mapnik.Feature(context, number)
        feature.geometry = mapnik.Geometry.from_wkb(shape)
        for name, value in values:
            feature[name] = value
        yield feature


def _values(things: Things, properties: str, kind: int, zoom: float) -> list[tuple[str, Any]]:
    """The attributes of a thing, none where no symbol takes it."""
    given = dict(zip(things.reads, orjson.loads(properties), strict=True)) if things.reads else {}
    seen = Seen(given, _KINDS.get(kind, ""), zoom)
    found: list[tuple[str, Any]] = []
    for symbol in things.symbols:
        if symbol.takes is None or _holds(symbol, seen):
            found.append((symbol.name, 1))
            found += [(name, function(seen)) for name, function in symbol.values]
    return found


def _holds(symbol: Symbol, seen: Seen) -> bool:
    """A filter that cannot be worked out for a thing does not take it."""
    assert symbol.takes is not None
    try:
        return bool(symbol.takes(seen))
    except (ValueError, TypeError, ArithmeticError, AttributeError):
        return False


def on_ground(drawn: Picture, ground: Ground, inside: Box) -> Picture:
    """The picture over its background, and void where it is not `inside` of its CRS, in pixels."""
    made = Image.new("RGBA", drawn.size, _bytes(ground.background))
    # Where nothing is drawn the colour stays, also that of a background that cannot be seen.
    made.paste(Image.alpha_composite(made, drawn), mask=drawn.getchannel("A").point(_anything))
    left, top, right, bottom = inside
    for box in (
        (0, 0, left, made.height),
        (right, 0, made.width, made.height),
        (0, 0, made.width, top),
        (0, bottom, made.width, made.height),
    ):
        if box[0] < box[2] and box[1] < box[3]:
            made.paste(_bytes(ground.void), box)
    return made


def _anything(opacity: int) -> int:
    return 255 if opacity else 0


def _bytes(colour: Colour) -> tuple[int, int, int, int]:
    return colour.red, colour.green, colour.blue, round(colour.opacity * 255)


def encoded(made: Picture, form: str) -> bytes:
    """The picture as a file; JPEG has no opacity, so that there should be none."""
    opaque = made.getchannel("A").getextrema() == (255, 255)
    image, file = made.convert("RGB") if opaque or form == JPEG else made, BytesIO()
    if form == JPEG:
        image.save(file, JPEG, quality=_QUALITY, subsampling=0)  # edges of colour stay sharp
    else:
        image.save(file, PNG, compress_level=1)
    return file.getvalue()


def load() -> None:
    """Have Mapnik loaded, which takes some 20 ms once a process."""
    _mapnik()


def _mapnik() -> Any:
    """The library with its font, loaded by one thread: a second one would take the environment
    that the first is still changing for what it was before, and leave it so for good.
    """
    with _loading:
        return _loaded()


@cache
def _loaded() -> Any:
    """Its own fonts and data sources are not looked for."""
    nowhere = f"{os.devnull}/none"
    given = {"MAPNIK_INPUT_PLUGINS_DIRECTORY": nowhere, "MAPNIK_FONT_DIRECTORY": nowhere}
    before = {name: os.environ.get(name) for name in (*given, *_OURS)}
    os.environ.update(given)
    try:
        import mapnik  # noqa: PLC0415 - it reads the environment when it is imported
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    mapnik.FontEngine.register_font(str(pylopdf_fonts_zh_cn.sans_path()))
    return mapnik
