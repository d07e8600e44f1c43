"""A program or a database that is killed half-way leaves a layer as it was; a re-run finishes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import Engine

from cim.database.cluster import Cluster
from cim.database.connect import engine_of
from cim.database.migrate import upgrade
from cim.database.sql import run
from cim.errors import ClusterError
from cim.layer import Text
from layers.load import VectorFile, load

ROWS = 2000
HALF = ROWS // 2

# Loads a file in a process of its own, and waits to be killed at a step where one is named.
LOADER = """
import sys, time
from pathlib import Path
from cim.database.connect import engine_of
from cim.layer import Text
from layers.load import VectorFile, load
from layers.watch import Watch

url, path, mode, stop = sys.argv[1:]

def at(step, *_):
    if step == stop:
        print("there", flush=True)
        time.sleep(60)

file = VectorFile(Path(path), "plots", Text("地块", "Plots"), key="number", name_field="use",
                  division="420602", aliases={"standard_address": "address"}, mode=mode)
engine = engine_of(url)
with engine.begin() as connection:
    report = load(connection, engine, file, Watch(at))
    at("written")
print(report.added, report.changed, report.unchanged, report.retired, flush=True)
"""


def write(path: Path, first: int, last: int, use: str, shift: float) -> Path:
    numbers = range(first, last)
    shapes = [shapely.Point(112 + n * 1e-4 + shift, 32) for n in numbers]
    values = {
        "number": [f"n{n}" for n in numbers],
        "use": [f"{use} {n}" for n in numbers],
        "address": [f"{use} street {n}" for n in numbers],
    }
    gpd.GeoDataFrame(values, geometry=shapes, crs=4490).to_file(path)
    return path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two states of a layer: some features go, some come, those in both move and are renamed."""
    before = write(tmp_path / "before.gpkg", 0, ROWS, "old", 0)
    return before, write(tmp_path / "after.gpkg", HALF, ROWS + HALF, "new", 1e-5)


def bring(engine: Engine, path: Path) -> None:
    file = VectorFile(path, "plots", Text("地块", "Plots"), key="number", name_field="use")
    file = replace(file, division="420602", aliases={"standard_address": "address"})
    with engine.begin() as connection:
        load(connection, engine, file)


TABLES = (
    *("item.plots", "history.plots", "cim.entity", "cim.alias", "cim.cover", "cim.name"),
    *("cim.event", "cim.action", "cim.ingest_run", "cim.ingest_name", "cim.layer", "cim.registry"),
)


def state(engine: Engine) -> dict[str, Any]:
    """Every row of every table that a load writes to, but for leases of serials."""
    with engine.connect() as connection:
        return {
            table: run(connection, f"SELECT md5(t::text) AS sum FROM {table} t ORDER BY 1")
            for table in TABLES
        }


def start(url: str, path: Path, mode: str = "replace", stop: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", LOADER, url, str(path), mode, stop]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1
    )


def reach(loader: subprocess.Popen[str]) -> None:
    assert loader.stdout is not None
    assert loader.stdout.readline().strip() == "there"


def wait_until_alone(engine: Engine) -> None:
    """Until the server has noticed that the killed client is gone."""
    others = """
        SELECT count(*) AS n FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
    """
    for _ in range(100):
        with engine.connect() as connection:
            if run(connection, others)[0].n == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server still holds the dead program's transaction")


def finish(url: str, path: Path) -> str:
    with start(url, path) as again:
        said, _ = again.communicate(timeout=120)
    return said.strip()


@pytest.mark.parametrize("step", ["read", "write", "written"])
def test_a_killed_program_leaves_the_layer_as_it_was(
    step: str, engine: Engine, database: str, files: tuple[Path, Path]
) -> None:
    before, after = files
    bring(engine, before)
    was = state(engine)
    with start(database, after, stop=step) as loader:
        reach(loader)
        loader.send_signal(signal.SIGKILL)
    wait_until_alone(engine)
    assert state(engine) == was
    assert finish(database, after) == f"{HALF} {HALF} 0 {HALF}"
    with engine.connect() as connection:
        (there,) = run(connection, "SELECT count(*) AS n, min(use) AS use FROM item.plots")
        log = run(connection, "SELECT state FROM cim.ingest_run WHERE layer = 'plots'")
    assert (there.n, there.use.split()[0]) == (ROWS, "new")
    assert [row.state for row in log] == ["done", "done"], "the killed run left no trace"


@pytest.fixture
def own_cluster(open_folder: Path) -> Iterator[Cluster]:
    """A durable server that may be killed."""
    try:
        cluster = Cluster(open_folder / "killed-load")
        cluster.start()
    except ClusterError as error:
        pytest.skip(f"no embedded server here: {error}")
    yield cluster
    cluster.stop()


def test_a_killed_database_leaves_the_layer_as_it_was(
    own_cluster: Cluster, files: tuple[Path, Path]
) -> None:
    before, after = files
    engine = engine_of(own_cluster.url)
    with engine.begin() as connection:
        upgrade(connection)
    bring(engine, before)
    was = state(engine)
    engine.dispose()
    with start(own_cluster.url, after, stop="written") as loader:
        reach(loader)
        status = own_cluster.status()
        assert status.pid is not None
        os.kill(status.pid, signal.SIGKILL)
        loader.send_signal(signal.SIGKILL)
    own_cluster.start()
    assert state(engine) == was
    assert finish(own_cluster.url, after) == f"{HALF} {HALF} 0 {HALF}"
    assert finish(own_cluster.url, after) == f"0 0 {ROWS} 0"
    engine.dispose()
