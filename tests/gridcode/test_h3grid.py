"""The verbs over h3 against h3 itself, and its covers against shapely."""

from __future__ import annotations

import h3
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcode import h3grid
from gridcode.cover import Cover, compact, cover, uncompact
from gridcode.errors import CodeError, CoordinateError, LevelError, TooManyCellsError

lons, lats, levels = st.floats(-180, 180), st.floats(-90, 90), st.integers(0, 15)


@given(lons, lats, levels)
def test_codes_are_those_of_h3(lon: float, lat: float, level: int) -> None:
    code = h3grid.encode(lon, lat, level)
    assert code == h3.latlng_to_cell(lat, lon, level)
    assert h3grid.validate(code.upper()) == code == h3grid.format(f" {code}")
    assert h3grid.from_integer(h3grid.to_integer(code)) == code
    fields = h3grid.parse(code)
    assert (fields.level, len(fields.digits)) == (level, level)
    cell = h3grid.decode(code)
    assert cell.center == pytest.approx(h3.cell_to_latlng(code)[::-1])


@given(lons, lats, levels)
@settings(max_examples=50)
def test_outlines_are_on_the_map_and_hold_the_centre(lon: float, lat: float, level: int) -> None:
    cell = h3grid.decode(h3grid.encode(lon, lat, level))
    shape = cell.polygon()
    west, south, east, north = shape.bounds
    assert shape.is_valid
    assert west >= -180
    assert east <= 180
    assert shape.distance(shapely.Point(cell.center)) < 1e-9
    assert cell.bounds.south == pytest.approx(south)
    assert cell.bounds.north == pytest.approx(north)
    if cell.bounds.west <= cell.bounds.east:
        assert (cell.bounds.west, cell.bounds.east) == pytest.approx((west, east))
    else:
        assert (west, east) == pytest.approx((-180, 180))


@pytest.mark.parametrize("level", [0, 1, 2, 6])
def test_the_earth_is_tiled(level: int) -> None:
    if level > 3:
        near = h3.grid_disk(h3.latlng_to_cell(90, 0, level), 2)
        outlines = [h3grid.decode(code).polygon() for code in near]
        left = shapely.box(-180, 89.98, 180, 90).difference(shapely.union_all(outlines))
        assert left.area < 1e-9
        return
    cells = [code for base in h3.get_res0_cells() for code in h3.cell_to_children(base, level)]
    outlines = [h3grid.decode(code).polygon() for code in cells]
    assert shapely.area(outlines).sum() == pytest.approx(360 * 180, rel=0.03)
    assert shapely.union_all(outlines).area == pytest.approx(360 * 180, rel=0.03)


@given(lons, lats, st.integers(1, 14))
@settings(max_examples=50)
def test_kin(lon: float, lat: float, level: int) -> None:
    cell = h3grid.decode(h3grid.encode(lon, lat, level))
    assert cell in cell.parent().children()
    assert all(child.parent() == cell for child in cell.children())
    assert cell.contains(cell.children()[0])
    assert not cell.children()[0].contains(cell)
    neighbours = cell.neighbours()
    assert len(neighbours) in (5, 6)
    assert all(cell in other.neighbours() for other in neighbours)


def test_columns_are_as_points() -> None:
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(-180, 180, 100), rng.uniform(-90, 90, 100)
    codes = h3grid.encode(lon, lat, 9)
    single = [h3grid.encode(x, y, 9) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    assert [code.decode() for code in codes.tolist()] == single
    assert (h3grid.from_integer(h3grid.to_integer(codes)) == codes).all()
    assert h3grid.decode(codes).level.tolist() == [9] * 100


def test_what_is_no_cell() -> None:
    for text in ("", "xyz", "8940a37aa9bfff", "0x8940a37aa9bffff"):
        assert not h3grid.is_valid(text)
    with pytest.raises(CodeError):
        h3grid.validate("8940a37aa9bfff")
    with pytest.raises(CodeError, match="row 1 "):
        h3grid.to_integer(np.array(["8940a37aa9bffff", "no"]))
    with pytest.raises(LevelError):
        h3grid.encode(1, 1, 16)
    with pytest.raises(CoordinateError):
        h3grid.encode(np.array([1.0]), np.array([91.0]), 5)


def test_lines_and_polygons_are_covered() -> None:
    rng = np.random.default_rng(11)
    near = h3.grid_disk(h3.latlng_to_cell(32.0, 112.1, 10), 16)
    cells = [h3grid.decode(code) for code in near]
    outlines = [(cell.code, cell.polygon(), shapely.Point(cell.center)) for cell in cells]
    for _ in range(20):
        ring = np.array([112.1, 32.0]) + rng.uniform(-0.01, 0.01, (6, 2))
        line = shapely.LineString(ring)
        area = line.convex_hull
        passed = set(cover(line, 10, system="h3"))
        touched = set(cover(area, 10, system="h3"))
        inside = set(cover(area, 10, "within", system="h3"))
        middles = set(cover(area, 10, "center", system="h3"))
        assert passed | touched | inside | middles <= set(near)
        for code, shape, middle in outlines:
            assert (code in passed) == shape.intersects(line)
            assert (code in touched) == shape.intersects(area)
            assert (code in inside) == area.covers(shape)
            assert (code in middles) == area.contains(middle)


def test_the_antimeridian() -> None:
    beyond = shapely.box(179.9, -0.1, 180.1, 0.1)
    cut = shapely.MultiPolygon(
        [shapely.box(179.9, -0.1, 180, 0.1), shapely.box(-180, -0.1, -179.9, 0.1)]
    )
    assert set(cover(beyond, 6, system="h3")) == set(cover(cut, 6, system="h3"))
    line = shapely.LineString([(179.9, 0.0), (180.1, 0.0)])
    cells = set(h3grid.cover(line, 6))
    assert {h3grid.encode(179.95, 0, 6), h3grid.encode(-179.95, 0, 6)} <= cells


def test_compact_and_back() -> None:
    cells = cover(shapely.box(112.0, 32.0, 112.1, 32.1), 9, "center", system="h3")
    small = compact(cells, system="h3")
    assert sorted(small) == sorted(h3.compact_cells(cells))
    assert sorted(uncompact(small, 9, system="h3")) == sorted(cells)
    few = compact(cells, 8, system="h3")
    assert len(few) <= 8
    assert set(cells) <= set(uncompact(few, 9, system="h3"))
    pentagon = h3.get_pentagons(2)[0]
    assert compact(sorted(h3.cell_to_children(pentagon, 4)), system="h3") == [pentagon]
    many = cover([shapely.Point(1, 1), None], 5, system="h3")
    assert isinstance(compact(many, system="h3"), Cover)
    with pytest.raises(LevelError):
        uncompact(cells, 8, system="h3")


def test_columns_of_text_and_their_errors() -> None:
    text = np.array(["116d18'45.37\"E"]), np.array(["39d59'35.38\"N"])
    assert h3grid.encode(*text, 9)[0].decode() == h3grid.encode(*(one[0] for one in text), 9)
    with pytest.raises(CoordinateError, match="latitude of row 1 is off the earth"):
        h3grid.encode(np.array([1.0, 1.0]), np.array([1.0, np.nan]), 9)


def test_a_line_that_is_too_long_is_refused_before_it_is_walked() -> None:
    for line in ([(-179, -80), (179, 80)], [(-179, 0), (179, 0)]):
        with pytest.raises(TooManyCellsError):
            cover(shapely.LineString(line), 15, system="h3", limit=1_000_000)
    with pytest.raises(TooManyCellsError):
        cover(shapely.LineString([(112, 32), (112.001, 32)]), 15, system="h3", limit=100)
