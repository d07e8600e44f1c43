"""Layers that are coverages: overlaps and gaps, against every pair and the union of all."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from cim import metres
from cim.access import ANONYMOUS
from cim.actions import Action
from cim.database.sql import run
from cim.layer import Coverage, Text
from cim.registry import read
from layers import definition
from layers.coverage import check
from layers.crs.declared import declare
from layers.errors import CoverageUndeclared, RowsRefused
from layers.load import VectorFile, load
from layers.refused import write_refused
from layers.report import LoadReport
from layers.rollback import rollback
from layers.vector_file import Shaping
from layers.watch import Watch

Load = Callable[[VectorFile], LoadReport]
WIDE = 1.0  # metres, of gaps


def cells(side: int, seed: int = 0) -> Any:
    """Areas of about 20 m that fit together, from 112.01 E, 32.01 N."""
    random = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(side + 1.0), np.arange(side + 1.0))
    x, y = x + random.uniform(-0.3, 0.3, x.shape), y + random.uniform(-0.3, 0.3, y.shape)
    place = np.stack([112.01 + x * 2e-4, 32.01 + y * 2e-4], -1)
    corners = [place[:-1, :-1], place[:-1, 1:], place[1:, 1:], place[1:, :-1], place[:-1, :-1]]
    return shapely.polygons(np.stack(corners, 2).reshape(-1, 5, 2))


def parcels(path: Path, shapes: Any, keys: list[str] | None = None, epsg: int = 4490) -> VectorFile:
    keys = keys or [f"k{i}" for i in range(len(shapes))]
    frame = gpd.GeoDataFrame({"number": keys}, geometry=list(shapes), crs=4490)
    frame.to_crs(epsg).to_file(path)
    return VectorFile(
        path,
        "plots",
        Text("地块", "Plots"),
        key="number",
        class_code="990101",
        division="420602",
        shaping=Shaping(coverage=True),
    )


def found_in(engine: Engine, file: VectorFile) -> tuple[Watch, LoadReport | None]:
    """What a load finds; it is rolled back."""
    watch = Watch()
    with engine.connect() as connection:
        try:
            return watch, load(connection, engine, file, watch)
        except RowsRefused:
            return watch, None


def overlapping(watch: Watch) -> set[tuple[int, str]]:
    found = (one for one in watch.findings.each() if one.rule == "coverage.overlap")
    return {(one.row, (one.details or {})["with"]) for one in found}


def pairs_of(shapes: Any) -> set[tuple[int, str]]:
    """The oracle: each with each."""
    pairs = set()
    for (i, one), (j, other) in itertools.combinations(enumerate(shapes), 2):
        common = shapely.get_parts(shapely.intersection(one, other))
        if (metres.widths(metres.in_metres(common)) > definition.TOLERANCE).any():
            pairs |= {(i + 1, f"k{j}"), (j + 1, f"k{i}")}
    return pairs


def gaps_of(shapes: Any) -> list[float]:
    """The oracle: what the union of all leaves free and is not around it; areas in m².

    What is open to the outside in a point alone, where two corners meet, is enclosed.
    """
    whole = shapely.union_all(shapes)
    ground = shapely.envelope(shapely.buffer(whole, 1e-3))
    free = shapely.get_parts(shapely.difference(ground, whole))
    holes = list(free[~shapely.intersects(free, shapely.boundary(ground))])
    flat = metres.in_metres(np.array(holes, object)) if holes else np.empty(0, object)
    wide = metres.widths(flat)
    kept = (wide > definition.TOLERANCE) & (wide <= WIDE)
    return sorted(np.round(shapely.area(flat[kept]), 3).tolist())


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """A coverage of 25 areas of which some were moved, shrunk, grown, doubled or left out."""
    shapes = list(cells(5, draw(st.integers(0, 20))))
    for _ in range(draw(st.integers(1, 4))):
        i = draw(st.integers(0, len(shapes) - 1))
        how = draw(st.sampled_from(["move", "shrink", "grow", "nest", "drop", "vertex"]))
        by = draw(st.floats(2e-7, 2e-5))  # degrees: 2 cm to 2 m
        if how == "move":
            shapes[i] = shapely.transform(shapes[i], lambda xy, by=by: xy + by)
        elif how in {"shrink", "grow"}:
            shapes[i] = shapes[i].buffer(by if how == "grow" else -by, join_style="mitre")
        elif how == "nest":
            shapes.append(shapes[i].buffer(-4e-5))
        elif how == "drop" and len(shapes) > 4:
            del shapes[i]
        else:
            shapes[i] = shapely.segmentize(shapes[i], 1.1e-4)
    return [shape for shape in shapes if not shape.is_empty]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shapes=spoilt(), tile=st.sampled_from([30, 70, 60_000]))
def test_what_is_found_is_what_every_pair_and_the_union_say(
    module_engine: Engine,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    shapes: Any,
    tile: int,
) -> None:
    monkeypatch.setattr(check, "TILE_VERTICES", tile)
    path = tmp_path_factory.mktemp("spoilt") / "p.gpkg"
    watch, _ = found_in(module_engine, parcels(path, shapes))
    doubled = {one.row for one in watch.findings.each() if one.rule == "geometry.doubled"}
    expected = pairs_of(shapes)
    assert {pair for pair in overlapping(watch) if pair[0] not in doubled} == {
        (row, key)
        for row, key in expected
        if row not in doubled and int(key[1:]) + 1 not in doubled
    }
    gaps = [one for one in watch.findings.each("told") if one.rule == "coverage.gap"]
    areas = sorted((one.details or {})["area"] for one in gaps)
    np.testing.assert_allclose(areas, gaps_of(shapes), atol=2e-3)


def test_borders_that_lack_a_vertex_are_none(engine: Engine, tmp_path: Path) -> None:
    """A straight border of a kilometre is bent by a centimetre in degrees, not in its file."""
    west = shapely.box(500_000, 3_543_000, 501_000, 3_544_000)
    east = shapely.Polygon(
        [(501_000, 3_543_000), (502_000, 3_543_000), (502_000, 3_544_000), (501_000, 3_544_000)]
        + [(501_000, 3_543_000 + 1000 - 130 * i) for i in range(1, 7)]
    )
    north = shapely.segmentize(shapely.box(500_000, 3_544_000, 502_000, 3_544_500), 170)
    frame = gpd.GeoDataFrame({"number": ["w", "e", "n"]}, geometry=[west, east, north], crs=4547)
    frame.to_file(tmp_path / "p.gpkg")
    file = replace(parcels(tmp_path / "q.gpkg", [west], ["x"], 4490), path=tmp_path / "p.gpkg")
    watch, report = found_in(engine, file)
    assert report is not None, list(watch.findings.each())
    assert list(watch.findings.each("told")) == []
    flat = list(frame.to_crs(4490).geometry)
    whole = shapely.union_all(flat)
    free = shapely.get_parts(shapely.difference(shapely.box(*whole.bounds), whole))
    bent = metres.widths(metres.in_metres(free)).min()
    assert definition.TOLERANCE < bent < 0.01, "in degrees there is a gap"


def test_widths_are_those_of_the_plane_of_the_file() -> None:
    """Places on one line of a plane are on none in degrees, nor in the plane of a city."""
    line = [(600_000, 3_543_000), (600_400, 3_543_000), (601_000, 3_543_000)]
    places = gpd.GeoSeries([shapely.LineString(line)], crs=4546).to_crs(4490)
    thin = np.array([shapely.Polygon(places[0].coords)], object)
    (bent,) = check.Plane(declare("EPSG:4490").crs).widths(thin)
    assert bent > definition.TOLERANCE
    for name in ("EPSG:4546", "LOCAL"):
        (straight,) = check.Plane(declare(name).crs).widths(thin)
        assert straight < definition.TOLERANCE / 2


def test_an_overlap_refuses_both_rows(bring: Load, engine: Engine, tmp_path: Path) -> None:
    shapes = cells(4)
    shapes[5] = shapes[5].buffer(2e-6)
    file = parcels(tmp_path / "p.gpkg", shapes)
    watch, report = found_in(engine, file)
    assert report is None
    first = next(one for one in watch.findings.each() if one.row == 6)
    assert first.details is not None
    place = first.reason[first.reason.index("(112") :]
    assert first.zh == f"与第 2 行（k1）重叠 {first.value} 平方米，位于 {place}"
    assert first.reason == f"it overlaps row 2 (k1) by {first.value} m², at {place}"
    write_refused(file, watch.findings, tmp_path / "r.gpkg")
    faults = gpd.read_file(tmp_path / "r.gpkg", layer="faults")
    assert set(gpd.read_file(tmp_path / "r.gpkg", layer="refused")["number"]) == {
        f"k{i}" for i in (0, 1, 2, 4, 5, 6, 8, 9, 10)
    }
    assert len(faults) == 8, "each overlap once"
    shapes_of = np.array(faults.geometry.values, object)
    np.testing.assert_allclose(faults["area"], shapely.area(metres.in_metres(shapes_of)), atol=1e-4)
    report = bring(replace(file, skip_refused=True))
    assert (report.added, report.refused) == (7, 9)


def test_later_files_are_held_to_it(bring: Load, engine: Engine, tmp_path: Path) -> None:
    shapes = cells(4)
    bring(parcels(tmp_path / "p.gpkg", shapes[:8]))
    plain = Shaping()
    more = replace(parcels(tmp_path / "q.gpkg", shapes[8:], list("abcdefgh")), shaping=plain)
    bring(replace(more, mode="append"))
    with engine.connect() as connection:
        layer = read(connection).layer("plots", ANONYMOUS)
        (there,) = run(connection, "SELECT code FROM layer.plots WHERE number = 'k4'")
    assert layer.coverage == Coverage(definition.TOLERANCE, definition.GAP_WIDTH)
    lying = replace(parcels(tmp_path / "r.gpkg", [shapes[4].buffer(-2e-5)], ["x"]), shaping=plain)
    with pytest.raises(RowsRefused, match=rf"row 1: it overlaps {there.code} of the layer by"):
        bring(replace(lying, mode="append"))
    changed = parcels(tmp_path / "s.gpkg", [shapes[5].buffer(-2e-6)], ["k5"])
    watch, report = found_in(engine, replace(changed, shaping=plain, mode="upsert"))
    assert report is not None
    (gap,) = watch.findings.each("told")
    assert (gap.row, gap.rule) == (1, "coverage.gap")
    assert len((gap.details or {})["between"]) == 9
    free = replace(lying, shaping=Shaping(coverage=False))
    undeclared = bring(replace(free, mode="append"))
    with engine.connect() as connection:
        assert read(connection).layer("plots", ANONYMOUS).coverage is None
    with pytest.raises(RowsRefused, match=r"of the layer overlap by .* it is no coverage"):
        bring(replace(parcels(tmp_path / "t.gpkg", [shapes[0]], ["k0"]), mode="upsert"))
    with pytest.raises(CoverageUndeclared):
        bring(replace(more, shaping=Shaping(tolerance=0.1)))
    with engine.begin() as connection:
        rollback(connection, undeclared.run, Action("tester"))
        assert read(connection).layer("plots", ANONYMOUS).coverage is not None


def test_what_stays_of_a_refused_row_counts(bring: Load, engine: Engine, tmp_path: Path) -> None:
    """A row that is left out leaves its feature as it was, where its neighbour has come by now."""
    shapes = cells(3)
    bring(parcels(tmp_path / "p.gpkg", shapes))
    moved = list(shapes)
    moved[4] = shapely.Polygon([(112.0, 32.0), (112.1, 32.1), (112.1, 32.0), (112.0, 32.1)])
    moved[3] = shapely.union(shapes[3], shapes[4])
    file = replace(parcels(tmp_path / "q.gpkg", moved), skip_refused=True)
    watch, report = found_in(engine, file)
    assert report is not None
    assert {one.row: one.rule for one in watch.findings.each()} == {
        5: "geometry.invalid",
        4: "coverage.overlap",
    }


def test_a_coverage_has_areas_alone_and_none_twice(
    bring: Load, engine: Engine, tmp_path: Path
) -> None:
    shapes = cells(2)
    given = [*shapes, shapes[0], shapely.Point(112.01, 32.01)]
    watch, _ = found_in(engine, parcels(tmp_path / "p.gpkg", given))
    assert [(one.row, one.rule, one.reason) for one in watch.findings.each()] == [
        (5, "geometry.doubled", "its geometry is that of row 1"),
        (6, "coverage.kind", "the geometry is a Point; a coverage has areas alone"),
    ]
    file = replace(parcels(tmp_path / "p.gpkg", given), shaping=Shaping())
    watch, report = found_in(engine, file)
    assert report is not None
    assert [(one.row, one.rule) for one in watch.findings.each("told")] == [(5, "geometry.doubled")]
    bring(replace(file, skip_refused=True))
    again = parcels(tmp_path / "q.gpkg", [shapes[3]], ["new"])
    watch, _ = found_in(engine, replace(again, mode="append", shaping=Shaping()))
    assert [one.rule for one in watch.findings.each("told")] == ["geometry.there"]
