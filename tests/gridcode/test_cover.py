"""Covers against shapely, cell by cell, and their own laws."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_cover import GRIDS, SIZES, UNIT, places, polygons, turned, walked

from gridcode import beidou, geosot
from gridcode.cover import cover, uncompact
from gridcode.cover import polygons as polygons_module
from gridcode.errors import (
    CoordinateError,
    GridCodeError,
    LevelError,
    MixedSystemsError,
    PolarError,
    TooManyCellsError,
)
from gridcode.geosot import grid as geosot_grid

MODES = ("intersects", "center", "within")


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


def test_what_touches_a_polar_cap_from_below_is_not_in_it() -> None:
    cell = geosot.decode(geosot.encode(10.0, 87.99999, 23))
    assert cell.bounds.north == 88
    assert cover(cell.polygon(), 23, system="geosot") == [cell.code]
    with pytest.raises(PolarError):
        cover(shapely.Point(10, 88), 23, system="geosot")
    for lon, lat in ((10, 88), (180, -88), (-64, 89), (200, 90)):
        code = geosot.encode((lon + 180) % 360 - 180, lat, 10)
        assert cover(shapely.Point(lon, lat), 10, system="geosot") == [code]
    line = shapely.LineString([(10, 87.9), (150, 89.9)])
    found = cover(line, 9, system="geosot")
    assert {"G002022000", "G002022001", "G002022002"} >= {code for code in found if "2022" in code}
    assert geosot.encode(150, 89.9, 9) in found


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


@pytest.mark.parametrize(("level", "step"), [(12, 3 * 122880), (15, 61440), (17, 10240), (23, 256)])
def test_edges_along_sides_and_through_corners_of_cells(level: int, step: int) -> None:
    """Corners on whole units, where shapely's areas tell a touch from an overlap."""
    rng = np.random.default_rng(level)
    lon, lat = axes = geosot_grid.axes(level)
    for place in ([0, 0], [180 / UNIT, 0], [-112 / UNIT + 17 * step, -3 * step]):
        for _ in range(12):
            shape = shapely.Polygon(rng.integers(-6, 7, (rng.integers(3, 7), 2)) * step + place)
            if not shape.is_valid or not shape.area:
                continue
            ring = shapely.get_coordinates(shape)
            none = np.zeros(len(ring) - 1, np.int64)
            edges = polygons_module.Edges.of(none, none, ring[:-1], ring[1:])
            west, south, east, north = (np.array([side]) for side in shape.bounds)
            columns = np.arange(lon.above(west)[0] - 1, lon.below(east)[0] + 2)
            rows = np.arange(lat.above(south)[0] - 1, lat.below(north)[0] + 2)
            x, y = (number.ravel() for number in np.meshgrid(columns, rows))
            boxes = shapely.box(lon.edge(x), lat.edge(y), lon.edge(x + 1), lat.edge(y + 1))
            part = shapely.area(shapely.intersection(boxes, shape)) / shapely.area(boxes)
            for mode, wanted in (("intersects", part > 1e-9), ("within", part > 1 - 1e-9)):
                found = polygons_module.scanned(edges, axes, mode, 10**6)
                pairs = zip(found.column.tolist(), found.row.tolist(), strict=True)
                assert set(pairs) == set(zip(x[wanted].tolist(), y[wanted].tolist(), strict=True))


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


@pytest.mark.parametrize("system", ["beidou", "geosot", "h3"])
def test_no_geometry(system: str) -> None:
    for none in (None, shapely.Polygon()):
        assert cover(none, 4, system=system) == []
    assert cover([], 4, system=system).offsets.tolist() == [0]
    for bad in ("POINT (1 1)", 5, ["POINT (1 1)"]):
        with pytest.raises(GridCodeError, match="no geometry"):
            cover(bad, 4, system=system)
    with pytest.raises(CoordinateError):
        cover(shapely.Point(np.nan, 1), 4, system=system)
