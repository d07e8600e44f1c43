"""Covers against shapely, cell by cell, and their own laws."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import translate

from gridcode import beidou, cell, geosot
from gridcode.cover import Cover, compact, cover, uncompact
from gridcode.cover import polygons as polygons_module
from gridcode.errors import (
    CoordinateError,
    GridCodeError,
    LevelError,
    MixedSystemsError,
    PolarError,
    TooManyCellsError,
)

UNIT = 1 / 7372800
SIZES = {"beidou": {3: 0.2, 4: 1 / 60, 7: 1 / 14400}, "geosot": {7: 4, 10: 32 / 60, 16: 32 / 3600}}
GRIDS = [(system, level) for system, sizes in SIZES.items() for level in sizes]
MODES = ("intersects", "center", "within")

places = st.sampled_from(
    [(112.1, 32.0), (0.0, 0.0), (-0.001, 45.0), (6.0, -40.0), (-71.5, -33.4), (179.999, 0.0)]
)
turns = st.lists(st.floats(0, 0.95), min_size=5, max_size=9)
reaches = st.lists(st.floats(0.4, 4), min_size=9, max_size=9)


@st.composite
def polygons(draw: st.DrawFn, size: float) -> shapely.Geometry:
    """Star-shaped, a few cells across, some with a hole; anywhere, also over the seams."""
    x, y = draw(places)
    turn = np.array(draw(turns))
    angles = (np.arange(len(turn)) + turn) * (2 * np.pi / len(turn))
    reach = np.array(draw(reaches))[: len(angles)] * size
    ring = np.column_stack([x + reach * np.cos(angles), y + reach * np.sin(angles)])
    star = shapely.Polygon(ring)
    if draw(st.booleans()):
        star = star.difference(shapely.Point(x, y).buffer(size * 0.9, quad_segs=2))
    return star


def walked(geometry: shapely.Geometry, system: str, level: int) -> Iterator[cell.Cell]:
    """All cells of a box around a geometry, from corner to corner, not by the cover."""
    grid = {"beidou": beidou, "geosot": geosot}[system]
    west, south, east, north = geometry.bounds
    pad = 2 * SIZES[system][level]
    y = south - pad
    while y < north + pad:
        x = west - pad
        while x < east + pad:
            found = grid.decode(grid.encode((x + 180) % 360 - 180, y, level))
            yield found
            step = found.bounds.east - ((x + 180) % 360 - 180)
            x += step % 360 + UNIT / 2
        y = found.bounds.north + UNIT / 2


def turned(geometry: shapely.Geometry, to: float) -> shapely.Geometry:
    """The cell's outline on the same turn of the earth as a place."""
    shape = geometry
    return translate(shape, 360 * round((to - shape.centroid.x) / 360))


@pytest.mark.parametrize(("system", "level"), GRIDS)
@given(data=st.data())
@settings(max_examples=25)
def test_polygons_are_covered_completely_and_by_no_more(
    system: str, level: int, data: st.DataObject
) -> None:
    shape = data.draw(polygons(SIZES[system][level]))
    found = {mode: cover(shape, level, mode, system=system) for mode in MODES}
    for mode in MODES:
        assert len(set(found[mode])) == len(found[mode])
    for candidate in walked(shape, system, level):
        box = turned(candidate.polygon(), shape.centroid.x)
        part = shapely.intersection(box, shape).area / box.area
        if not 0 < part < 1e-8:
            assert (candidate.code in found["intersects"]) == (part > 0)
        if not 1 - 1e-8 < part < 1:
            assert (candidate.code in found["within"]) == (part >= 1)
        if shape.boundary.distance(box.centroid) > UNIT:
            assert (candidate.code in found["center"]) == shape.contains(box.centroid)
    assert set(found["within"]) <= set(found["center"]) <= set(found["intersects"])


@pytest.mark.parametrize(("system", "level"), GRIDS)
@given(place=places, ends=st.lists(st.tuples(*[st.floats(-4, 4)] * 2), min_size=2, max_size=5))
@settings(max_examples=25)
def test_lines_are_covered(
    system: str, level: int, place: tuple[float, float], ends: list[tuple[float, float]]
) -> None:
    size = SIZES[system][level]
    line = shapely.LineString(np.array(place) + np.array(ends) * size)
    found = cover(line, level, system=system)
    grid = {"beidou": beidou, "geosot": geosot}[system]
    vertices = [grid.encode((x + 180) % 360 - 180, y, level) for x, y in line.coords]
    for candidate in walked(line, system, level):
        box = turned(candidate.polygon(), place[0])
        length = shapely.intersection(box.buffer(-size * 1e-7), line).length
        if length > 0:
            assert candidate.code in found
        elif candidate.code in found and candidate.code not in vertices:
            assert box.distance(line) < size * 1e-6
    for vertex in np.array(line.coords)[:, 0]:
        if -180 <= vertex < 180:
            break
    else:
        return
    inside = [grid.encode(x, y, level) for x, y in line.coords if -180 <= x <= 180]
    assert set(inside) <= set(found)


@pytest.mark.parametrize(("system", "level"), GRIDS)
def test_the_cover_of_a_cell_is_the_cell(system: str, level: int) -> None:
    grid = {"beidou": beidou, "geosot": geosot}[system]
    rng = np.random.default_rng(7)
    for x, y in zip(rng.uniform(-180, 180, 40), rng.uniform(-87, 87, 40), strict=True):
        code = grid.encode(x, y, level)
        outline = grid.decode(code).polygon()
        for mode in MODES:
            assert cover(outline, level, mode, system=system) == [code]


@pytest.mark.parametrize(("system", "level"), GRIDS)
def test_tiles_of_a_mosaic_share_the_centres(system: str, level: int) -> None:
    size = SIZES[system][level]
    rng = np.random.default_rng(8)
    points = shapely.MultiPoint(np.array([112.0, 32.0]) + rng.uniform(-6, 6, (30, 2)) * size)
    tiles = np.array(shapely.delaunay_triangles(points).geoms)
    whole = cover(shapely.box(*points.bounds), level, "center", system=system)
    parts = cover(tiles, level, "center", system=system).cells.tolist()
    assert len(parts) == len(set(parts))
    assert {code.decode() for code in parts} <= set(whole)


def test_points_are_encoded() -> None:
    rng = np.random.default_rng(9)
    lon = np.concatenate([rng.uniform(-180, 180, 500), [180, -180, 0, -0.0, 6, -6]])
    lat = np.concatenate([rng.uniform(-87, 87, 500), [0, 0, 0, -0.0, 4, -4]])
    found = cover(shapely.points(lon, lat), 7)
    assert (found.offsets == np.arange(507)).all()
    assert (found.cells == beidou.encode(lon, lat, 7)).all()
    assert cover(shapely.Point(112.1, 32.0), 23, system="geosot") == [
        geosot.encode(112.1, 32.0, 23)
    ]


def test_arrays_give_offsets_and_cells() -> None:
    shapes = [
        shapely.box(112.0, 32.0, 112.03, 32.02),
        None,
        shapely.Polygon(),
        shapely.GeometryCollection(
            [
                shapely.Point(1, 1),
                shapely.LineString([(1, 1), (1.02, 1)]),
                shapely.MultiPolygon(
                    [shapely.box(1, 1, 1.01, 1.01), shapely.box(3, 3, 3.01, 3.01)]
                ),
            ]
        ),
        shapely.Point(-0.5, 0.5),
    ]
    found = cover(shapes, 4)
    assert found.offsets[0] == 0
    assert found.offsets[-1] == len(found.cells)
    for row, shape in enumerate(shapes):
        codes = [code.decode() for code in found.cells[found.offsets[row] : found.offsets[row + 1]]]
        assert len(codes) == len(set(codes))
        assert set(codes) == set(cover(shape, 4) if shape is not None else [])
    numbers = cover(shapes, 4, form="int")
    assert (beidou.from_integer(numbers.cells) == found.cells).all()


def test_over_the_antimeridian_both_ways_of_writing_it() -> None:
    beyond = shapely.box(179.9, -0.1, 180.1, 0.1)
    cut = shapely.MultiPolygon(
        [shapely.box(179.9, -0.1, 180, 0.1), shapely.box(-180, -0.1, -179.9, 0.1)]
    )
    for system, level in GRIDS[:2] + GRIDS[3:5]:
        for mode in MODES:
            there = cover(beyond, level, mode, system=system)
            assert set(there) == set(cover(cut, level, mode, system=system))
    assert len(cover(beyond, 4)) == 12 * 12
    assert set(cover(shapely.LineString([(179.99, 1.001), (180.01, 1.001)]), 4)) == {
        beidou.encode(179.995, 1.001, 4),
        beidou.encode(-179.995, 1.001, 4),
    }


def test_polar_caps_where_the_standards_give_them() -> None:
    around = shapely.box(-180, 87, 180, 90)
    codes = cover(around, 2)
    assert len([code for code in codes if code.startswith("N000")]) == 16
    assert len(codes) == 16 + 720 * 2
    with pytest.raises(PolarError):
        cover(around, 3)
    assert cover(shapely.Point(10, 89.9), 1) == ["N000"]
    found = cover(around, 9, system="geosot")
    assert len(found) == 360 + 4
    assert "G002022001" in cover(shapely.box(-179, 88.2, -178, 88.4), 9, system="geosot")
    with pytest.raises(PolarError):
        cover(around, 11, system="geosot")


def test_too_many_cells_are_refused_before_they_are_made() -> None:
    china = shapely.box(73, 18, 135, 54)
    for system, level in (("beidou", 10), ("geosot", 32), ("h3", 15)):
        for mode in MODES:
            with pytest.raises(TooManyCellsError):
                cover(china, level, mode, system=system)
    with pytest.raises(TooManyCellsError):
        cover(shapely.LineString([(73, 18), (135, 54)]), 10)
    assert len(cover(shapely.box(0, 0, 1, 1), 4, limit=3600)) == 3600
    with pytest.raises(TooManyCellsError):
        cover(shapely.box(0, 0, 1, 1), 4, limit=3599)
    with pytest.raises(TooManyCellsError):
        uncompact(["N31A"], 9)


def test_bands_of_rows_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(12)
    shapes = shapely.buffer(shapely.points(rng.uniform(112, 112.2, (5, 2)) - [0, 80]), 0.1)
    whole = [cover(shapes, 4, mode, form="int") for mode in MODES]
    monkeypatch.setattr(polygons_module, "_PIECES", 40)
    for mode, wanted in zip(MODES, whole, strict=True):
        found = cover(shapes, 4, mode, form="int")
        assert (found.offsets == wanted.offsets).all()
        assert (found.cells == wanted.cells).all()


def test_what_cannot_be_covered() -> None:
    with pytest.raises(CoordinateError):
        cover(shapely.Point(1, 91), 4)
    with pytest.raises(CoordinateError):
        cover([shapely.box(0, 0, 1, 1), shapely.box(600, 0, 601, 1)], 1)
    with pytest.raises(LevelError):
        cover(shapely.Point(1, 1), 0)
    with pytest.raises(GridCodeError):
        cover(shapely.Point(1, 1), 4, "touches")  # type: ignore[call-overload]
    with pytest.raises(MixedSystemsError):
        cover(shapely.Point(1, 1), 4, system="geohash")


@pytest.mark.parametrize(("system", "level"), GRIDS)
@given(data=st.data())
@settings(max_examples=25)
def test_compact_and_back(system: str, level: int, data: st.DataObject) -> None:
    shape = data.draw(polygons(2 * SIZES[system][level]))
    cells = cover(shape, level, system=system)
    small = compact(cells, system=system)
    assert len(small) <= len(cells)
    assert set(uncompact(small, level, system=system)) == set(cells)
    assert sorted(compact(uncompact(small, level, system=system), system=system)) == sorted(small)
    few = compact(cells, 8, system=system)
    assert len(few) <= 8
    assert set(cells) <= set(uncompact(few, level, system=system))
    assert sorted(compact(few, system=system)) == sorted(few)


def test_compact_takes_all_children_for_the_parent() -> None:
    for code in ("N50J47", "S29C15", "N31A"):
        children = [child.code for child in beidou.decode(code).children()]
        assert compact(children) == [code]
        assert len(compact(children[1:])) == len(children) - 1
        assert compact([*children[1:], code]) == [code]
    clipped = geosot.decode("G001310322-22")
    for below in (12, 14, 17):
        codes = [child.code for child in clipped.children(below)]
        assert compact(codes, system="geosot") == [clipped.code]


def test_compact_of_many_geometries_keeps_them_apart() -> None:
    children = [child.code for child in beidou.decode("N50J475").children()]
    column = np.array([*children, *children[:9]], np.bytes_)
    found = compact(Cover(np.array([0, 150, 150, 159]), column), 8)
    assert found.offsets.tolist() == [0, 1, 1, 2]
    assert found.cells[0] == b"N50J475"


def test_a_bound_that_cannot_be_kept() -> None:
    across = cover(shapely.box(-0.01, -0.01, 0.01, 0.01), 4)
    assert len(compact(across, 2)) == 2
    with pytest.raises(TooManyCellsError):
        compact(across, 1)
    assert compact(cover(shapely.box(-1, -1, 1, 1), 9, system="geosot"), 1, system="geosot") == [
        "G"
    ]


def test_uncompact_of_what_holds_the_caps() -> None:
    assert set(uncompact(["N"], 2)) == {cell.code for cell in beidou.decode("N").children(2)}
    assert set(uncompact(["S000", "S31A"], 2)) == {
        cell.code for code in ("S000", "S31A") for cell in beidou.decode(code).children(2)
    }
    assert compact(uncompact(["N"], 2)) == ["N"]
    whole = uncompact(["G"], 8, system="geosot")
    assert len(whole) == len(set(whole)) == 90 * 2 * 88 + 2
    assert uncompact(["G0020220"], 7, system="geosot") == ["G0020220"]
    assert uncompact(["G0020220"], 9, system="geosot") == []
    caps = uncompact(["G00202200"], 10, system="geosot")
    assert len(caps) == 16
    assert compact(caps, system="geosot") == ["G00202200"]


def test_uncompact_refuses_to_go_up() -> None:
    with pytest.raises(LevelError):
        uncompact(["N50J475"], 2)
