"""Parts of scenes: every pixel that is touched and no other, with the values of the file."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from cim.item_query import BBox
from cim.scenes import Band, Scene
from tiles.coverage import Part, axes, coverage_json, geotiff, read
from tiles.errors import NothingThere, PartTooLarge

LEFT, TOP, STEP = 603_600.0, 3_550_540.0, 10.0
WIDTH, HEIGHT = 61, 47
TO_DEGREES = Transformer.from_crs(4546, 4490, always_xy=True)

EASTING = st.floats(LEFT - 200, LEFT + STEP * WIDTH + 200)
NORTHING = st.floats(TOP - STEP * HEIGHT - 200, TOP + 200)
OVER = 6 * STEP / 94_000  # degrees of longitude, and a little more of latitude
LONGITUDE, LATITUDE = st.floats(112.093, 112.105), st.floats(32.066, 32.074)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, write_geotiff: Callable[..., Path]) -> Scene:
    """Three bands in Gauss-Kruger, each pixel with a value of its own, a hole in the middle."""
    values = np.arange(1, 3 * HEIGHT * WIDTH + 1, dtype="int32").reshape(3, HEIGHT, WIDTH)
    values[:, 20:25, 30:36] = 0
    path = write_geotiff(
        tmp_path_factory.mktemp("store") / "a.tif", values, ("red", "green", "nir"), nodata=0
    )
    bands = tuple(Band(name, "int32", 0, 1) for name in ("red", "green", "nir"))
    ring = [TO_DEGREES.transform(LEFT + STEP * x, TOP - STEP * y) for x, y in _outline()]
    footprint = {"type": "Polygon", "coordinates": [[list(corner) for corner in ring]]}
    moment = datetime(2024, 5, 1, 3, 5, tzinfo=UTC)
    return Scene(1, moment, str(path), "EPSG:4546", WIDTH, HEIGHT, STEP, bands, footprint)


def _outline() -> list[tuple[int, int]]:
    return [(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT), (0, 0)]


def touched(low: float, high: float, edges: np.ndarray) -> np.ndarray:
    """Cells between neighbouring edges that a range overlaps, or that hold it when it is a point;
    None where it comes within a hundredth of a cell of an edge and either answer is right."""
    if np.abs(edges - low).min() < STEP / 100 or np.abs(edges - high).min() < STEP / 100:
        return np.array([])
    return np.flatnonzero((edges[1:] > low) & (edges[:-1] < high))


@given(x=st.tuples(EASTING, EASTING), y=st.tuples(NORTHING, NORTHING))
def test_a_part_is_what_its_ranges_touch(
    scene: Scene, x: tuple[float, float], y: tuple[float, float]
) -> None:
    part = Part(("nir",), None, (min(x), max(x)), (min(y), max(y)))
    columns = touched(*part.x, LEFT + STEP * np.arange(WIDTH + 1))
    rows = touched(*part.y, TOP - STEP * HEIGHT + STEP * np.arange(HEIGHT + 1))
    rows = HEIGHT - 1 - rows[::-1]
    if not len(columns) or not len(rows):
        return
    values = read([scene], part, Path())
    with rasterio.open(scene.path) as file:
        whole = file.read(3, masked=True)
    expected = whole[int(rows[0]) : int(rows[-1]) + 1, columns[0] : columns[-1] + 1]
    np.testing.assert_array_equal(values.array[0].data, expected.data)
    np.testing.assert_array_equal(np.ma.getmaskarray(values.array[0]), expected.mask)
    corner = values.transform @ (0, 0)
    assert corner == (LEFT + STEP * columns[0], TOP - STEP * rows[0])


@given(x=st.tuples(LONGITUDE, LONGITUDE), y=st.tuples(LATITUDE, LATITUDE))
def test_a_box_in_degrees_has_every_pixel_whose_centre_is_in_it(
    scene: Scene, x: tuple[float, float], y: tuple[float, float]
) -> None:
    box = BBox(min(x), min(y), max(x), max(y))
    columns, rows = np.meshgrid(np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5)
    longitude, latitude = TO_DEGREES.transform(LEFT + STEP * columns, TOP - STEP * rows)
    inside = (longitude > box.west) & (longitude < box.east)
    inside &= (latitude > box.south) & (latitude < box.north)
    try:
        values = read([scene], Part(("red",), box), Path())
    except NothingThere:
        assert not inside.any()
        return
    with rasterio.open(scene.path) as file:
        whole = file.read(1)
    assert np.isin(whole[inside], values.array.data).all()
    # The grid is turned by half a degree here and 600 m wide: it reaches over by 3 pixels at most.
    found = np.isin(whole, values.array.data) & (whole > 0)  # but the hole, all zeros
    assert not found.any() or np.ptp(longitude[found]) < box.east - box.west + OVER
    assert not found.any() or np.ptp(latitude[found]) < box.north - box.south + OVER


@pytest.mark.parametrize(
    "box",
    [BBox(-180, -90, 180, 90), BBox(170, -90, 130, 90), BBox(112, 32, 112.2, 32.2)],
)
def test_a_box_around_the_scene_is_the_scene(scene: Scene, box: BBox) -> None:
    assert read([scene], Part((), box), Path()).array.shape == (3, HEIGHT, WIDTH)


def test_exact_edges_and_points(scene: Scene) -> None:
    exact = Part((), None, (LEFT + 10, LEFT + 30), (TOP - 50, TOP - 20))
    assert read([scene], exact, Path()).array.shape == (3, 3, 2)
    point = Part((), None, (LEFT + 15, LEFT + 15), (TOP - 25, TOP - 25))
    assert read([scene], point, Path()).array.ravel().tolist() == [
        2 * WIDTH + 2 + band * HEIGHT * WIDTH for band in range(3)
    ]
    one_axis = read([scene], Part((), None, (LEFT + 10, LEFT + 30)), Path())
    assert one_axis.array.shape == (3, HEIGHT, 2)


@pytest.mark.parametrize(
    "part",
    [
        Part((), BBox(113, 32, 114, 33)),
        Part((), None, (-math.inf, LEFT)),
        Part((), None, (LEFT + STEP * WIDTH, math.inf)),
        Part((), None, (-math.inf, math.inf), (TOP + 1, TOP + 9)),
        Part((), BBox(112, 32, 112.2, 32.2), (LEFT - 90, LEFT - 80)),
    ],
)
def test_nothing_there(scene: Scene, part: Part) -> None:
    with pytest.raises(NothingThere):
        read([scene], part, Path())


def test_too_much(scene: Scene) -> None:
    with pytest.raises(PartTooLarge, match="8,601 values"):
        read([scene], Part(), Path(), 8600)


def test_a_geotiff_says_what_the_scene_says(scene: Scene) -> None:
    part = Part(("nir", "red"), None, (LEFT + 250, LEFT + 400))
    content = geotiff(read([scene], part, Path()))
    with rasterio.MemoryFile(content) as m, m.open() as made, rasterio.open(scene.path) as file:
        window = file.window(LEFT + 250, TOP - STEP * HEIGHT, LEFT + 400, TOP)
        np.testing.assert_array_equal(made.read(), file.read([3, 1], window=window))
        assert made.descriptions == ("nir", "red")
        assert (made.crs, made.nodata, made.dtypes[0]) == (file.crs, 0, "int32")
        assert made.transform == file.window_transform(window)


def test_coverage_json_places_values_where_they_are(scene: Scene) -> None:
    part = Part(("green", "nir"), None, (LEFT + 250, LEFT + 400), (TOP - 260, TOP - 180))
    document = json.loads(json.dumps(coverage_json(read([scene], part, Path())), allow_nan=False))
    x, y, t = (document["domain"]["axes"][name] for name in "xyt")
    assert t == {"values": ["2024-05-01T03:05:00Z"]}
    eastings = np.linspace(x["start"], x["stop"], x["num"])
    northings = np.linspace(y["start"], y["stop"], y["num"])
    assert set(document["ranges"]) == set(document["parameters"]) == {"green", "nir"}
    with rasterio.open(scene.path) as file:
        for index, name in ((2, "green"), (3, "nir")):
            ranged = document["ranges"][name]
            assert ranged["axisNames"] == ["t", "y", "x"]
            assert ranged["shape"] == [1, y["num"], x["num"]]
            places = [(e, n) for n in northings for e in eastings]
            there = [int(value[0]) or None for value in file.sample(places, index)]
            assert ranged["values"] == there
            assert None in there
    spatial, _ = document["domain"]["referencing"]
    assert spatial["coordinates"] == ["y", "x"]  # EPSG:4546 is northing, easting
    assert spatial["system"] == {
        "type": "ProjectedCRS",
        "id": "http://www.opengis.net/def/crs/EPSG/0/4546",
    }


def test_axes_are_named_by_the_kind_of_grid(scene: Scene) -> None:
    assert axes(scene) == ("x", "y")
    assert axes(replace(scene, crs="EPSG:4490")) == ("Long", "Lat")
