"""Cells of entities: how many, whether they hold their geometry, and what a cell finds."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sqlalchemy import Connection, Engine

from cim import cover
from cim.access import ANONYMOUS
from cim.database.sql import run
from cim.layer import Text
from gridcode import beidou
from layers.load import VectorFile, load, remove

COUNTY = shapely.box(111.0, 31.0, 113.0, 33.0)
SHAPES = [
    shapely.Point(112.1, 32.0),
    shapely.box(112.1, 32.0, 112.2, 32.1),
    shapely.LineString([(-179.9, -3.0), (179.9, 88.5)]),
    shapely.box(5.9, -0.1, 6.1, 0.1),
    shapely.Point(12, 89.5),
    shapely.box(-180, -90, 180, 90),
    shapely.MultiPoint([(112.1, 32.0), (113.9, 30.0), (-70.0, -32.0)]),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_cover_holds_its_geometry_in_few_cells(shape: shapely.Geometry) -> None:
    numbers = cover.cells_of(np.array([None, shape, shapely.Point()])).cell
    assert 1 <= len(numbers) <= cover.MAX_CELLS
    cells = shapely.union_all(beidou.decode(numbers).polygon())
    assert shapely.covers(cells.buffer(1e-12), shape)


def test_cells_are_those_of_their_rows() -> None:
    rng = np.random.default_rng(553)
    corner = rng.uniform((111, 31), (113, 33), (500, 2))
    size = 10.0 ** rng.uniform(-6, -0.5, (500, 2))
    shapes = shapely.box(*corner.T, *(corner + size).T)
    many = cover.cells_of(shapes)
    assert np.bincount(many.row, minlength=500).min() >= 1
    for row in range(0, 500, 25):
        alone = cover.cells_of(shapes[row : row + 1])
        assert sorted(many.cell[many.row == row]) == sorted(alone.cell)


def test_none_of_nothing() -> None:
    assert len(cover.cells_of(np.array([None, shapely.Point()])).cell) == 0


@pytest.fixture(scope="module")
def things(module_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Layers of areas, lines and points, of a metre to a hundred kilometres, seeded."""
    folder = tmp_path_factory.mktemp("cover")
    rng = np.random.default_rng(39409)
    start = rng.uniform((111.2, 31.2), (112.6, 32.6), (600, 2))
    step = 10.0 ** rng.uniform(-5.5, -0.5, (600, 1)) * rng.uniform(-1, 1, (600, 2))
    shapes = {
        "areas": shapely.buffer(shapely.points(start), np.abs(step[:, 0]), quad_segs=4),
        "lines": shapely.linestrings(np.stack([start, start + step], axis=1)),
        "points": shapely.points(start),
        "county": np.array([COUNTY]),
    }
    for name, made in shapes.items():
        frame = gpd.GeoDataFrame({"n": range(len(made))}, geometry=made, crs=4490)
        frame.to_file(folder / f"{name}.gpkg")
        put(module_engine, VectorFile(folder / f"{name}.gpkg", name, Text("", "")))
    return list(shapes)


def put(engine: Engine, file: VectorFile) -> None:
    with engine.begin() as connection:
        load(connection, engine, replace(file, key="n", division="420600"))


@pytest.fixture
def connection(module_engine: Engine) -> Iterator[Connection]:
    with module_engine.connect() as connection:
        yield connection


@pytest.mark.parametrize("level", range(9))
def test_a_cell_finds_all_that_meet_it(
    connection: Connection, things: list[str], level: int
) -> None:
    """Brute force through the geometry of the cell is the oracle."""
    every = " UNION ALL ".join(f"SELECT code, geom FROM item.{name}" for name in things)
    rng = np.random.default_rng(level)
    for lon, lat in rng.uniform((111.2, 31.2), (112.6, 32.6), (12, 2)).tolist():
        code = beidou.encode(lon, lat, level)
        sought = cover.meeting(code)
        found = {row.code for row in run(connection, sought.sql, *sought.values)}
        exact = run(
            connection,
            f"""
            SELECT code FROM ({every}) e, grid.beidou_cell($1) AS cell
            WHERE ST_Intersects(geom, cell) AND NOT ST_Touches(geom, cell)
            """,
            code,
        )
        assert {row.code for row in exact} <= found
        assert exact


def test_a_finer_cell_finds_no_more(connection: Connection, things: list[str]) -> None:
    assert things
    counts = []
    for level in range(9):
        sought = cover.meeting(beidou.encode(112.1, 32.0, level))
        counts.append(len(run(connection, sought.sql, *sought.values)))
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == 1801
    assert counts[8] < 100


def test_the_query_of_the_docs_finds_the_same(connection: Connection, things: list[str]) -> None:
    assert things
    page = (Path(__file__).parents[2] / "docs" / "grid.md").read_text("utf-8")
    query = next(b for b in page.split("```") if b.startswith("sql\nSELECT code FROM cim.cover"))
    code = beidou.encode(112.1, 32.0, 4)
    found = run(connection, query.removeprefix("sql").replace("N49I80081", code).rstrip("\n;"))
    sought = cover.meeting(code)
    expected = run(connection, sought.sql, *sought.values)
    assert {row.code for row in found} == {row.code for row in expected}
    assert expected


def cells(engine: Engine) -> dict[str, list[int]]:
    """Cells by the key of their feature."""
    with engine.connect() as connection:
        rows = run(
            connection,
            """
            SELECT e.source_id, array_agg(c.cell ORDER BY c.cell) AS cells
            FROM cim.cover c JOIN cim.entity e USING (code) GROUP BY 1
            """,
        )
    return {row.source_id: row.cells for row in rows}


def test_they_follow_their_entities(engine: Engine, tmp_path: Path) -> None:
    """Loaded, loaded again, moved, gone, back, and the layer removed."""
    file = VectorFile(tmp_path / "p.gpkg", "plots", Text("", ""))
    places = {"1": shapely.Point(112.1, 32.1), "2": shapely.box(112.2, 32.0, 112.21, 32.01)}

    def expected() -> dict[str, list[int]]:
        return {k: sorted(cover.cells_of(np.array([p])).cell.tolist()) for k, p in places.items()}

    def load_places() -> dict[str, list[int]]:
        values = {"n": list(places)}
        gpd.GeoDataFrame(values, geometry=list(places.values()), crs=4490).to_file(file.path)
        put(engine, file)
        return cells(engine)

    assert load_places() == expected()
    assert load_places() == expected()
    moved = places["1"] = shapely.Point(112.3, 32.3)
    assert load_places() == expected()
    del places["1"]
    assert load_places() == expected()
    places["1"] = moved
    assert load_places() == expected()
    with engine.begin() as connection:
        remove(connection, "plots", ANONYMOUS)
    assert cells(engine) == {}


def test_the_index_answers(connection: Connection, things: list[str]) -> None:
    assert things
    run(connection, "ANALYZE cim.cover")
    sought = cover.meeting(beidou.encode(112.1, 32.0, 6))
    plan = run(connection, f"EXPLAIN {sought.sql}", *sought.values)
    lines = [row[0] for row in plan]
    assert not any("Seq Scan" in line for line in lines), lines
    assert sum("Index" in line and "cover_pkey" in line for line in lines) == 2, lines
