"""A new layer is loaded straight into its tables, or by the stage: nobody can tell which."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sqlalchemy import Connection, Engine

from cim.actions import Action
from cim.database.connect import engine_of
from cim.database.sql import run
from cim.layer import Text
from cim.names import quoted
from layers.errors import RowsRefused
from layers.load import VectorFile, load
from layers.rollback import rollback
from layers.source import BATCH_ROWS
from layers.vector_file import Shaping
from layers.watch import Watch

ROWS = 2 * BATCH_ROWS + 500
# Numbers that go up whatever is rolled back, and transactions.
PASSING = ["id", "turn", "action_id", "duration", "run_id", "undone_by", "changes"]


class Way(NamedTuple):
    """A database that has two counties, and whether a new layer of plots goes straight into it."""

    engine: Engine
    straight: bool

    def load(self, file: VectorFile) -> dict[str, Any]:
        """What is said of a load that is done or refused."""
        watch = Watch()
        try:
            with self.engine.begin() as connection:
                report: Any = load(connection, self.engine, file, watch)
                went = run(connection, "SELECT to_regclass('pg_temp.straight_row') AS it")
                assert (went[0].it is not None) == (self.straight and file.mode == "replace")
            report = replace(report, run=0)
        except RowsRefused as error:
            report = str(error)
        levels = ("refused", "repaired", "told")
        found = {level: list(watch.findings.each(level)) for level in levels}
        placed = watch.findings.placement
        crs = placed.describe() if placed is not None else None
        noted = (watch.findings.notes, dict(watch.findings.noted), crs, watch.findings.read)
        return {"report": report, "noted": noted, **found}

    def undo(self) -> None:
        with self.engine.begin() as connection:
            done = "SELECT max(id) AS last FROM cim.ingest_run WHERE state = 'done' AND mode <> $1"
            rollback(connection, run(connection, done, "rollback")[0].last, Action("li"))

    def everything(self) -> dict[str, list[str]]:
        """The rows of all tables, without times and what counts transactions."""
        with self.engine.connect() as connection:
            names = run(
                connection,
                "SELECT table_schema::text AS schema, table_name::text AS name"
                " FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
                " AND table_schema NOT IN ('information_schema', 'pg_catalog', 'public')",
            )
            return {f"{t.schema}.{t.name}": _rows(connection, t.schema, t.name) for t in names}


def _rows(connection: Connection, schema: str, name: str) -> list[str]:
    if (schema, name) in {("cim", "registry"), ("cim", "turn_offset")}:
        return []
    columns = run(
        connection,
        "SELECT column_name::text AS name, data_type LIKE 'timestamp%' AS is_time"
        " FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2",
        schema,
        name,
    )
    gone = PASSING + [column.name for column in columns if column.is_time]
    table = f"{quoted(schema)}.{quoted(name)}"
    rows = run(connection, f"SELECT to_jsonb(t) - $1::text[] AS said FROM {table} t", gone)
    said = (json.dumps(row.said, sort_keys=True) for row in rows)
    return sorted(one for one in said if ELSEWHERE not in one and UNUSED not in one)


ELSEWHERE = "420602990999999999999"
UNUSED = '"last": 0'  # a count of serials that were given back


@pytest.fixture
def ways(new_database: Callable[[], str], tmp_path: Path) -> Iterator[list[Way]]:
    shapes = [shapely.box(112.0, 32.0, 112.1, 32.1), shapely.box(112.1, 32.0, 112.2, 32.1)]
    frame = gpd.GeoDataFrame({"code": ["420602", "420606"]}, geometry=shapes, crs=4490)
    frame.to_file(tmp_path / "counties.gpkg")
    path, title = tmp_path / "counties.gpkg", Text("区", "Counties")
    counties = VectorFile(path, "counties", title, key="code", class_code="990501")
    with ExitStack() as opened:
        made = []
        for straight in (True, False):
            engine = engine_of(new_database())
            opened.callback(engine.dispose)
            with engine.begin() as connection:
                load(connection, engine, counties)
                if not straight:  # a source that asked before is looked up by the stage
                    run(
                        connection,
                        "INSERT INTO cim.entity (code, source_system, source_id, state)"
                        " VALUES ($1, 'plots', 'elsewhere', 'void')",
                        ELSEWHERE,
                    )
            made.append(Way(engine, straight))
        yield made


def plots(path: Path, **columns: Any) -> VectorFile:
    """Two batches of plots and some, in a plane, in and between the counties, with all we know."""
    number = np.arange(ROWS)
    x, y = 112.02 + 1e-3 * (number % 160), 32.001 + 9e-4 * (number // 160)
    shapes = shapely.box(x, y, x + 8e-4, y + 7e-4).astype(object)
    shapes[-3:] = shapes[:3]  # doubled
    shapes[7] = shapely.force_3d(shapes[7], 4.5)
    shapes[8] = shapely.MultiPolygon([shapes[8], shapely.box(112.19, 32.095, 112.191, 32.096)])
    values: dict[str, Any] = {
        "number": np.char.add("P", number.astype(str)).astype(object),
        "code": number % 5,  # of which property is ours
        "s": np.where(number % 2, "x", None),
        "name": np.where(number % 3, np.char.add("地块", number.astype(str)), None),
        "address": np.where(number % 4, np.char.add("襄城路", number.astype(str)), None),
        "surveyed": np.datetime64("2026-01-01T08:00:00.123") + number,
    } | {name: np.array(value, object) for name, value in columns.items()}
    shapes = values.pop("shapes", shapes)
    frame = gpd.GeoDataFrame(values, geometry=shapes, crs=4490)
    frame.to_crs(4546).to_file(path)
    return VectorFile(
        path,
        "plots",
        Text("地块", "Plots"),
        key="number",
        class_code="990101",
        name_field="name",
        aliases={"standard_address": "address"},
        shaping=Shaping(repair=True),
    )


def same(ways: list[Way], look: Callable[[Way], Any]) -> Any:
    straight, staged = (look(way) for way in ways)
    assert straight == staged
    return straight


def test_all_that_is_written_and_said_is_the_same(ways: list[Way], tmp_path: Path) -> None:
    """After the load, after the layer lived on, and after all of that was undone."""
    bow = shapely.Polygon([(112.15, 32.09), (112.16, 32.095), (112.16, 32.09), (112.15, 32.095)])
    file = plots(tmp_path / "p.gpkg")
    frame = gpd.read_file(file.path)
    frame.loc[9, "geometry"] = gpd.GeoSeries([bow], crs=4490).to_crs(4546)[0]
    frame.to_file(file.path)
    said = same(ways, lambda way: way.load(file))
    assert said["report"].added == ROWS
    assert said["report"].repaired == 1
    assert [problem.row for problem in said["told"]][-3:] == [ROWS - 2, ROWS - 1, ROWS]
    found = same(ways, Way.everything)
    assert len(found["layer.plots"]) == len(found["cim.event"]) - 2 == ROWS
    assert len(found["cim.cover"]) > ROWS
    assert found["touched.plots"]
    frame.loc[:99, "name"] = "新名"
    frame.loc[:99, "address"] = None
    frame.iloc[:200].to_file(tmp_path / "q.gpkg")
    changed = replace(file, path=tmp_path / "q.gpkg", mode="upsert")
    assert same(ways, lambda way: way.load(changed))["report"].changed > 99
    same(ways, Way.everything)
    for _ in range(2):
        for way in ways:
            way.undo()
        found = same(ways, Way.everything)
    assert "layer.plots" not in found


def test_points_without_a_key_and_with_a_division(ways: list[Way], tmp_path: Path) -> None:
    number = np.arange(ROWS)
    shapes = shapely.points(110 + 1e-3 * (number % 100), 31 + 1e-3 * (number // 100))
    values = {"use": number % 7, "more": np.where(number % 2, 1.5, np.nan)}
    gpd.GeoDataFrame(values, geometry=shapes, crs=4490).to_parquet(tmp_path / "p.parquet")
    file = VectorFile(tmp_path / "p.parquet", "plots", Text("点", "P"), division="420606")
    assert same(ways, lambda way: way.load(file))["report"].added == ROWS
    assert same(ways, Way.everything)["cim.lease"]


@pytest.mark.parametrize("fault", ["key", "doubled", "alias", "name", "division", "shape"])
def test_what_is_refused_late_leaves_nothing(ways: list[Way], tmp_path: Path, fault: str) -> None:
    """And the same is said of it, whichever way found it out."""
    before = same(ways, Way.everything)
    number = np.arange(ROWS)
    keys = np.char.add("P", number.astype(str)).astype(object)
    addresses = np.char.add("襄城路", number.astype(str)).astype(object)
    shapes = shapely.points(112.02 + 1e-3 * (number % 160), 32.001 + 9e-4 * (number // 160))
    shapes = shapes.astype(object)
    late, first = ROWS - 10, 5
    match fault:
        case "key":
            keys[late] = None
        case "doubled":
            keys[late] = keys[first]
        case "alias":
            addresses[late] = addresses[first]
        case "name":
            addresses[late] = " "
        case "division":
            shapes[late] = shapely.Point(113, 32)
        case "shape":
            shapes[late] = None
    file = plots(tmp_path / "p.gpkg", number=keys, address=addresses, shapes=shapes)
    said = same(ways, lambda way: way.load(file))
    assert [problem.row for problem in said["refused"]] == [late + 1]
    assert same(ways, Way.everything) == before
