"""What is done to geometries before they are stored, and what is told of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from cim import metres
from cim.assignment import repair
from cim.assignment.geometry import STORED, Frame, GeometryCheck, GeometryRules, turned
from cim.assignment.problems import Level, Problem, Problems

BACK = Transformer.from_crs(4547, 4490, always_xy=True)
GAUSS_KRUGER = Frame(
    "CGCS2000 / 3-degree Gauss-Kruger CM 114E",
    lambda xy: np.stack(BACK.transform(xy[:, 0], xy[:, 1]), 1),
    degrees=False,
)


def checked(
    shapes: list[Any], rules: GeometryRules | None = None, frame: Frame = STORED
) -> tuple[Any, list[tuple[Level, Problem]], Problems]:
    found: list[tuple[Level, Problem]] = []
    problems = Problems(sink=lambda problem, level: found.append((level, problem)))
    check = GeometryCheck(frame, problems, rules)
    return check(np.array(shapes, object), 1), found, problems


def test_what_comes_of_another_crs_is_stored_as_it_is_shown() -> None:
    """8 decimals, so that what is shown is equal to it; but where that would make it invalid."""
    to_metres = Transformer.from_crs(4490, 4547, always_xy=True)
    edge = [(112.107, 32.0015), (112.108, 32.0015), (112.108, 32.002), (112.107, 32.002)]
    box, spike = (
        shapely.Polygon(np.stack(to_metres.transform(*np.array(ring).T), 1))
        for ring in (edge, [(112.1, 32), (112.100000001, 32.000000002), (112.100000002, 32)])
    )
    line = shapely.LineString([(500000, 3540000), (500000.0001, 3540000)])
    moved, found, _ = checked([box, spike, line], frame=GAUSS_KRUGER)
    assert shapely.get_coordinates(moved[0]).tolist() == [list(c) for c in (*edge, edge[0])]
    assert moved[0].equals(shapely.from_geojson(shapely.to_geojson(moved[0])))
    assert shapely.is_valid(moved).all()
    assert found == []
    for kept, came in ((moved[1], spike), (moved[2], line)):  # unrounded
        there = np.stack(BACK.transform(*shapely.get_coordinates(came).T), 1)
        assert (shapely.get_coordinates(kept) == there).all()
    finer = shapely.Point(112.123456789012, 32.1)
    assert checked([finer])[0][0].equals_exact(finer, 0)  # it is in CGCS2000: as it came
    turned_axes = Frame("latitude first", lambda xy: xy[:, ::-1], exact=True)
    other = shapely.Point(32.1, 112.123456789012)
    assert checked([other], frame=turned_axes)[0][0].equals_exact(finer, 0)


ROUNDED = 1e-14  # square degrees: a square of a hundredth of a metre

places = st.tuples(st.integers(0, 12), st.integers(0, 12))


@st.composite
def areas(draw: st.DrawFn) -> Any:
    """Polygons of any rings, multipolygons of any polygons, on a grid of 20 m: mostly invalid."""

    def ring() -> Any:
        corners = draw(st.lists(places, min_size=3, max_size=9))
        xy = np.array([*corners, corners[0]], float) * 2e-4 + [112.0, 32.0]
        return shapely.linearrings(xy)

    def polygon() -> Any:
        return shapely.Polygon(ring(), [ring() for _ in range(draw(st.integers(0, 2)))])

    return shapely.multipolygons([polygon() for _ in range(draw(st.integers(1, 3)))])


@given(shape=areas())
def test_a_repair_is_valid_and_loses_no_ground_but_holes(shape: Any) -> None:
    """What it makes is what is inside of outer rings and not of holes, but for lines."""
    made = repair.mended(shape)
    solids = [_solid(shapely.get_exterior_ring(part)) for part in shapely.get_parts(shape)]
    holes = _holes(shape)
    solid = shapely.union_all(solids)
    sure = shapely.difference(solid, shapely.union_all(holes))
    if made is None:
        assert sure.area < ROUNDED or _is_beyond_geos(shape)
        return
    assert shapely.is_valid(made.geometry)
    assert made.geometry.geom_type in {"Polygon", "MultiPolygon"}
    assert _without(sure, made.geometry).area < ROUNDED
    possible = shapely.union_all([solid, *holes])
    assert _without(made.geometry, possible).area < ROUNDED
    did = repair.measure(shape, shape, made.geometry, made.dropped)
    latitude = metres.latitudes(shape)
    old, new = (metres.in_metres(each, latitude) for each in (shape, made.geometry))
    assert (did.before, did.after) == pytest.approx((old.area, new.area), abs=1e-6)
    moved = shapely.hausdorff_distance(shapely.boundary(old), shapely.boundary(new))
    assert did.moved == pytest.approx(moved, abs=1e-6)


def _without(one: Any, other: Any) -> Any:
    """What is left of the areas of one; without a grid GEOS leaves triangles where lines nearly
    coincide."""
    parts = shapely.get_parts(one)
    areas = shapely.union_all(parts[shapely.get_dimensions(parts) == 2], grid_size=1e-13)
    return shapely.difference(areas, other, grid_size=1e-13)


def _is_beyond_geos(shape: Any) -> bool:
    try:
        shapely.make_valid(shape, method="structure", keep_collapsed=True)
    except shapely.GEOSException:
        return True
    return False


def _holes(shape: Any) -> list[Any]:
    """Holes may lie outside of their shells, and become areas then."""
    rings = [ring for part in shapely.get_parts(shape) for ring in shapely.get_rings(part)[1:]]
    return [_solid(ring) for ring in rings]


def _solid(ring: Any) -> Any:
    return shapely.make_valid(shapely.Polygon(ring), method="structure", keep_collapsed=False)


BOW = "POLYGON ((500000 3543000, 500020 3543020, 500020 3543000, 500000 3543020, 500000 3543000))"
LAPPED = """MULTIPOLYGON (((500000 3543000, 500020 3543000, 500020 3543020, 500000 3543020,
    500000 3543000)), ((500010 3543010, 500030 3543010, 500030 3543030, 500010 3543030,
    500010 3543010)), ((500100 3543000, 500110 3543000, 500120 3543000, 500100 3543000)))"""


def test_an_invalid_one_is_refused_with_its_place_in_the_file() -> None:
    stored, found, _ = checked([shapely.from_wkt(BOW)], GeometryRules(repair=False), GAUSS_KRUGER)
    assert stored[0] is None
    ((level, problem),) = found
    assert (level, problem.rule) == ("refused", "geometry.invalid")
    assert problem.value == "(500010.0000, 3543010.0000)"
    place = problem.value
    assert problem.zh == f"几何无效：自相交，位于 {place}；可用 repair（--repair）试行修复"
    assert problem.shape is not None
    point = shapely.from_wkb(problem.shape)
    assert (point.x, point.y) == pytest.approx((114.000106, 32.010439), abs=1e-6), "for a map"


def test_parts_that_overlap_are_one_and_what_moved_is_told() -> None:
    stored, found, _ = checked(
        [shapely.from_wkt(LAPPED)], GeometryRules(repair=True), frame=GAUSS_KRUGER
    )
    ((level, problem),) = found
    assert (level, problem.rule) == ("repaired", "geometry.repaired")
    assert problem.details is not None
    told = {name: problem.details[name] for name in problem.details if name[0] in "amp"}
    assert told == {
        "moved": pytest.approx(np.hypot(90, 10), abs=0.1),
        "area_before": pytest.approx(800, abs=0.5),
        "area_after": pytest.approx(700, abs=0.5),
        "parts_dropped": 2,
    }
    assert stored[0].geom_type == "Polygon"
    assert "舍去退化部分 2 个" in problem.zh
    assert "its boundary moved by" in problem.reason


def test_what_the_change_of_crs_breaks_is_mended_and_no_fault() -> None:
    """A hole that touches a straight border of 4 km lies across it once both are in degrees."""
    shell = [(500_000, 3_543_000), (504_000, 3_543_000), (504_000, 3_547_000), (500_000, 3_547_000)]
    for y, inside in ((3_543_000, 10), (3_547_000, -10)):
        hole = [(501_900, y + inside), (502_000, y), (502_100, y + inside)]
        shape = shapely.Polygon(shell, [hole])
        assert shapely.is_valid(shape)
        stored, found, problems = checked([shape], frame=GAUSS_KRUGER)
        assert shapely.is_valid(stored[0])
        assert problems.count == 0
        if found:
            ((level, problem),) = found
            assert (level, problem.rule) == ("repaired", "geometry.moved")
            return
    pytest.fail("neither of them was bent")


def test_what_is_thin_turned_or_repeated_is_told_and_taken() -> None:
    square = shapely.box(112, 32, 112.001, 32.001)
    strip = shapely.box(112, 32, 112.001, 32 + 5e-7)
    both = shapely.multipolygons([square, shapely.box(112.1, 32, 112.1 + 5e-7, 32.001)])
    clockwise = shapely.reverse(square)
    again = shapely.Polygon([(112, 32), (112.001, 32), (112.001, 32), (112, 32.001)])
    hole = [(112, 32), (112.0005, 32.0001), (112.0001, 32.0005)]  # counter-clockwise
    touching = shapely.Polygon(square.exterior, [hole])
    shapes = [square, strip, both, clockwise, again, touching, None]
    stored, found, problems = checked(shapes, GeometryRules(sliver_width=0.1))
    told = [(level, one.row, one.rule, one.value) for level, one in found]
    assert told == [
        ("refused", 7, "geometry.missing", None),
        ("told", 2, "geometry.sliver", "0.0554"),
        ("told", 3, "geometry.sliver", "0.0472"),
    ]
    made = turned(stored, problems)
    assert problems.noted == {"geometry.repeated": 1, "geometry.turned": 2}
    for shape in made[:6]:
        assert all(part.exterior.is_ccw for part in shapely.get_parts(shape))
    assert made[6] is None
