"""Maps in pixels: what is drawn, held against geometry that Mapnik has no part in."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import rasterio.features
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.styles.colours import Colour
from tiles.errors import StyleUnfit
from tiles.maps import expressions, symbols
from tiles.maps.expressions import Seen
from tiles.maps.frame import DEGREES, Frame, Wanted, frame
from tiles.maps.painting import JPEG, PNG, Canvas, Ground, Imagery, Things, encoded, on_ground

SIDE = 128
FRAME = Frame((0.0, 0.0, SIDE, SIDE), SIDE, SIDE, 4490)
RED = {"id": "red", "type": "fill", "paint": {"fill-color": "#ff0000"}}

Pixels = NDArray[np.uint8]


def drawn(layers: Sequence[dict[str, Any]], *shapes: BaseGeometry, **more: Any) -> Pixels:
    """Shapes in pixels from the lower left corner, with properties `p`, drawn at zoom 12."""
    made = symbols.symbols(layers, 12.0)
    reads = sorted(frozenset[str]().union(*(symbol.reads for symbol in made)))
    properties = more.get("properties", [{}] * len(shapes))
    rows = [
        (shapely.to_wkb(shape), json.dumps([given.get(name) for name in reads]))
        for shape, given in zip(shapes, properties, strict=True)
    ]
    canvas = Canvas(more.get("frame", FRAME), 12.0)
    canvas.draw(Things(made, reads, rows))
    return np.array(canvas.picture)


def blots() -> list[BaseGeometry]:
    """Polygons of many corners, some with holes, some in parts, some cut by the edge."""
    rng = np.random.default_rng(7)
    made = []
    for _ in range(12):
        x, y, size = *rng.uniform(0, SIDE, 2), rng.uniform(8, 40)
        around = np.sort(rng.uniform(0, 2 * np.pi, 24))
        far = size * rng.uniform(0.5, 1, 24)
        outline = np.stack([x + far * np.cos(around), y + far * np.sin(around)], axis=1)
        made.append(shapely.Polygon(outline).buffer(0))
    return [shapely.difference(made[i], made[i - 1]) for i in range(12)]


def coverage(shape: BaseGeometry) -> NDArray[np.float64]:
    """Which share of each pixel a shape covers, row 0 at the top."""
    columns, rows = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    boxes = shapely.box(columns, SIDE - rows - 1, columns + 1, SIDE - rows)
    shares: NDArray[np.float64] = shapely.area(shapely.intersection(boxes, shape))
    return shares


def test_fills_cover_each_pixel_as_the_shape_does() -> None:
    """Within a 64th of what 8 bits can tell; the mean is exact to a thousandth."""
    for shape in blots():
        opacity = drawn([RED], shape)[..., 3] / 255
        share = coverage(shape)
        assert np.abs(opacity - share).max() < 0.05
        assert abs(opacity.mean() - share.mean()) < 1e-3


def test_pixels_whose_middle_is_inside_are_filled() -> None:
    """As GDAL burns them, but for those that an edge crosses."""
    whole = shapely.union_all(blots())
    flipped = shapely.transform(whole, lambda c: np.column_stack([c[:, 0], SIDE - c[:, 1]]))
    burnt = rasterio.features.rasterize([flipped], (SIDE, SIDE), dtype="uint8") == 1
    filled = drawn([RED], whole)[..., 3] > 127
    share = coverage(whole)
    sure = (share < 0.4) | (share > 0.6)
    assert sure.mean() > 0.9
    near = np.abs(share - burnt) < 0.5
    assert (filled == burnt)[sure & near].all()
    assert (filled != burnt).mean() < 0.005


@pytest.mark.parametrize("width", [1, 2.5, 7])
def test_lines_are_as_wide_as_they_say(width: float) -> None:
    line = shapely.LineString([(10, 12.3), (64, 100.7), (118, 20)])
    style = {
        "id": "line",
        "type": "line",
        "layout": {"line-join": "round", "line-cap": "round"},
        "paint": {"line-width": width, "line-color": "#000"},
    }
    share = coverage(line.buffer(width / 2, quad_segs=32))
    opacity = drawn([style], line)[..., 3] / 255
    assert np.abs(opacity - share).max() < 0.12
    assert opacity.sum() == pytest.approx(share.sum(), rel=0.01)


def test_dashes_count_in_widths() -> None:
    line = shapely.LineString([(4, 64), (124, 64)])
    paint = {"line-width": 4, "line-dasharray": [3, 2], "line-color": "#000"}
    row = drawn([{"id": "d", "type": "line", "paint": paint}], line)[64, :, 3] > 127
    expected = [4 <= x < 124 and (x - 4) % 20 < 12 for x in range(SIDE)]
    assert (row == expected).mean() > 0.97


def test_circles_have_their_stroke_outside() -> None:
    paint = {
        "circle-radius": 10,
        "circle-color": "#00ff00",
        "circle-stroke-width": 3,
        "circle-stroke-color": "#0000ff",
    }
    style = [{"id": "c", "type": "circle", "paint": paint}]
    pixels = drawn(style, shapely.Point(60, 60), shapely.box(0, 0, 9, 9))
    middle = shapely.Point(60, 60)
    assert pixels[..., 3].sum() / 255 == pytest.approx(middle.buffer(13).area, rel=0.01)
    green = (pixels[..., 1] > 200) & (pixels[..., 3] == 255)
    assert green.sum() == pytest.approx(middle.buffer(10).area, rel=0.1)


def test_opacity_lets_what_is_below_shine_through() -> None:
    half = {"id": "h", "type": "fill", "paint": {"fill-color": "#00f", "fill-opacity": 0.5}}
    pixels = drawn([RED, half], shapely.box(0, 0, SIDE, SIDE))
    assert pixels[64, 64].tolist() == pytest.approx([127, 0, 128, 255], abs=2)


def test_names_in_chinese_have_a_halo_and_keep_clear_of_each_other() -> None:
    style = {
        "id": "t",
        "type": "symbol",
        "layout": {"text-field": ["concat", ["get", "name"], "站"], "text-size": 20},
        "paint": {"text-color": "#000", "text-halo-color": "#ffff00", "text-halo-width": 2},
    }
    name = [{"name": "襄阳"}]
    once = drawn([style], shapely.Point(64, 64), properties=name)
    black = (once[..., :3].max(axis=2) < 60) & (once[..., 3] > 200)
    yellow = (once[..., 0] > 200) & (once[..., 2] < 60) & (once[..., 3] > 200)
    rows, columns = np.nonzero(black)
    assert 40 < np.ptp(columns) < 66  # three letters of 20 pixels
    assert 12 < np.ptp(rows) < 24
    assert (columns.mean(), rows.mean()) == pytest.approx((63.5, 63.5), abs=3)
    assert yellow.sum() > black.sum() / 2
    twice = drawn([style], shapely.Point(64, 64), shapely.Point(66, 66), properties=name * 2)
    assert (twice == once).all()
    boxes = drawn([style], shapely.Point(64, 64), properties=[{"name": "\uf8ff"}])
    assert (boxes != once).any()


def test_a_finer_display_draws_symbols_larger() -> None:
    fine = Frame((0.0, 0.0, SIDE, SIDE), SIDE, SIDE, 4490, mm=0.14)
    line = shapely.LineString([(0, 64), (SIDE, 64)])
    style = [{"id": "l", "type": "line", "paint": {"line-width": 5, "line-color": "#000"}}]
    widths = [drawn(style, line, frame=each)[:, 64, 3].sum() / 255 for each in (FRAME, fine)]
    assert widths == pytest.approx([5, 10], rel=0.02)


def test_imagery_lies_where_it_belongs_and_may_shine_through() -> None:
    data = np.zeros((3, 20, 30), np.uint8)
    data[0] = 200
    mask = np.zeros((3, 20, 30), bool)
    mask[:, :, :10] = True
    canvas = Canvas(FRAME, 12.0)
    canvas.lay(Imagery(np.ma.MaskedArray(data, mask), 0.5, column=50, row=70))
    opacity = np.array(canvas.picture)[..., 3]
    expected = np.zeros((SIDE, SIDE), np.uint8)
    expected[70:90, 60:80] = 128
    assert (opacity == expected).all()


def test_background_void_and_files() -> None:
    canvas = Canvas(FRAME, 12.0)
    ground = Ground(Colour(255, 0, 0), Colour(0, 0, 255, 0.0))
    made = on_ground(canvas.picture, ground, (10, 0, SIDE, SIDE))
    pixels = np.array(made)
    assert (pixels[:, :10] == [0, 0, 255, 0]).all()
    assert (pixels[:, 10:] == [255, 0, 0, 255]).all()
    assert encoded(made, PNG).startswith(b"\x89PNG")
    assert encoded(made, JPEG).startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ({"type": "heatmap"}, "'heatmap'"),
        ({"type": "fill", "paint": {"fill-pattern": "stripes"}}, "'fill-pattern'"),
        ({"type": "symbol", "layout": {"icon-image": "bus"}}, "'icon-image'"),
        ({"type": "fill", "paint": {"fill-color": ["within", {}]}}, "'within'"),
        ({"type": "fill", "paint": {"fill-color": "reddish"}}, "'reddish'"),
        ({"type": "fill", "paint": {"fill-color": ["match", ["get", "a"], "b"]}}, "'match'"),
        ({"type": "fill", "paint": {"fill-opacity": {"stops": [[0, 1]]}}}, "'stops'"),
        ({"type": "line", "filter": ["==", ["distance", 3], 4]}, "'distance'"),
        ({"type": "line", "layout": {"line-cap": ["get", "cap"]}}, "'line-cap'"),
    ],
)
def test_what_is_not_drawn_is_named(layer: dict[str, Any], said: str) -> None:
    with pytest.raises(StyleUnfit, match=r"style layer 'bad'") as error:
        symbols.symbols([{"id": "bad", **layer}], 12.0)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (["case", [">", ["get", "n"], 3], "many", "few"], "many"),
        (["case", ["has", "absent"], 1, ["coalesce", ["get", "absent"], ["get", "n"]]], 5),
        (["match", ["slice", ["to-string", ["get", "use"]], 0, 2], "07", "#ffe26b", "#eee"],
         "#ffe26b"),
        (["match", ["get", "absent"], "x", 1, 2], 2),
        (["step", ["zoom"], "a", 10, "b", 13, "c"], "b"),
        (["interpolate", ["linear"], ["zoom"], 10, 0, 14, 1], 0.5),
        (["interpolate", ["exponential", 2], ["zoom"], 10, 0, 14, 15], 3.0),
        (["interpolate", ["linear"], ["get", "n"], 0, "#000000", 10, "#ffffff"],
         "rgba(128, 128, 128, 1)"),
        (["in", ["get", "use"], ["literal", ["0701", "0702"]]], True),
        (["all", ["==", ["geometry-type"], "Polygon"], ["!", ["in", "x", "abc"]]], True),
        (["any", ["<", ["get", "use"], 3], ["==", ["get", "n"], 5]], True),
        (["concat", ["get", "use"], "-", ["*", ["get", "n"], 2]], "0701-10"),
    ],
)  # fmt: skip
def test_expressions(expression: Any, value: Any) -> None:
    seen = Seen({"n": 5, "use": "0701"}, "Polygon", 12.0)
    assert expressions.compile(expression)(seen) == value


def test_what_a_thing_lacks_is_drawn_as_the_property_is_without_it() -> None:
    """A colour that cannot be read is black, and not the end of the map."""
    style = [{"id": "f", "type": "fill", "paint": {"fill-color": ["get", "colour"]}}]
    shapes = [shapely.box(0, 0, 60, 128), shapely.box(64, 0, 128, 128)]
    pixels = drawn(style, *shapes, properties=[{"colour": "lime"}, {"colour": 7}])
    assert pixels[64, 30].tolist() == [0, 255, 0, 255]
    assert pixels[64, 90].tolist() == [0, 0, 0, 255]


def test_zooms_are_those_of_web_mercator() -> None:
    """At the equator a map of 512 pixels of the world has zoom 0."""
    world = frame(Wanted((-180.0, -45.0, 180.0, 45.0), width=512), DEGREES, None)
    assert world.zoom(DEGREES) == pytest.approx(0, abs=0.01)
    city = frame(Wanted((112.0, 32.0, 112.0 + 360 / 1024, 32.2), width=512), DEGREES, None)
    assert city.zoom(DEGREES) == pytest.approx(10, abs=0.01)


def test_threads_that_draw_at_once_leave_the_environment_as_it_was() -> None:
    """In a process of its own, since the library is loaded once; PROJ would find no database."""
    told = """
import os, threading
from tiles.maps import painting
before, start = dict(os.environ), threading.Barrier(8)
def load():
    start.wait()
    painting._mapnik()
threads = [threading.Thread(target=load) for _ in range(8)]
[each.start() for each in threads]
[each.join() for each in threads]
left = {name for name in os.environ if os.environ[name] != before.get(name)}
assert left <= {"ICU_DATA"}, left  # which Mapnik reads when it draws letters
"""
    subprocess.run([sys.executable, "-c", told], check=True, timeout=60)
