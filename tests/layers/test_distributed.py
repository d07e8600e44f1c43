"""A data set of many files on several workers comes out as in one process, whoever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import geopandas as gpd
import numpy as np
import psycopg
import pytest
import shapely
from distributed import Client

from cim.layer import Text
from layers import distributed
from layers.brought import File, Outcome, Target, bring, load_here
from layers.errors import EngineUnreachable, SourceElsewhere
from layers.raster import RasterFile
from layers.vector_file import VectorFile

# asyncio and dask leave sockets of the workers that were killed to the collector
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

ROWS = 60
SIDE = 300
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
LAYERS = ("counties", "plots", "wells")

SCHEDULER = """
import time
from distributed import LocalCluster
cluster = LocalCluster(n_workers=1, threads_per_worker=1, processes=False, protocol="tcp://",
                       dashboard_address=None)
print(cluster.scheduler_address, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def workers() -> Iterator[Client]:
    with distributed.engine(None, 2) as client:
        yield client


@pytest.fixture
def target(new_database: Callable[[], str], tmp_path: Path) -> Callable[[str], Target]:
    return lambda name: Target(new_database(), tmp_path / name)


def plots(folder: Path, number: int) -> VectorFile:
    """A grid of squares; each file has some of the one before, with another use."""
    keys = range(number * ROWS - 5 * bool(number), (number + 1) * ROWS)
    corners = [(112.01 + k % 30 / 500, 32.01 + k // 30 / 500) for k in keys]
    values = {"number": [f"p{k}" for k in keys], "use": [f"{number}-{k % 7}" for k in keys]}
    shapes = [shapely.box(x, y, x + 0.001, y + 0.001) for x, y in corners]
    path = folder / f"plots_{number}.parquet"
    gpd.GeoDataFrame(values, geometry=shapes, crs=4490).to_parquet(path)
    return VectorFile(path, "plots", Text("地块", "Plots"), key="number", class_code="990101")


def wells(folder: Path, number: int) -> VectorFile:
    keys = range(number * ROWS, (number + 1) * ROWS)
    shapes = [shapely.Point(112.1 + k % 20 / 300, 32.1 + k // 20 / 300, k) for k in keys]
    values = {"id": [f"w{k}" for k in keys], "deep": [k / 4 for k in keys]}
    path = folder / f"wells_{number}.parquet"
    gpd.GeoDataFrame(values, geometry=shapes, crs=4490).to_parquet(path)
    return VectorFile(path, "wells", Text("井", "Wells"), key="id", class_code="990203")


def counties(folder: Path) -> VectorFile:
    path = folder / "counties.parquet"
    shapes = [shapely.box(112, 32, 112.05, 33), shapely.box(112.05, 32, 113, 33)]
    values = {"code": ["420602", "420606"]}
    gpd.GeoDataFrame(values, geometry=shapes, crs=4490).to_parquet(path)
    return VectorFile(path, "counties", Text("区", "C"), key="code", class_code="990501")


def scene(folder: Path, number: int, write: Callable[..., Path]) -> RasterFile:
    ground = np.add.outer(np.arange(SIDE), np.arange(SIDE)) % (200 + number)
    noise = np.random.default_rng(number).integers(0, 9, (3, SIDE, SIDE))
    path = write(folder / f"scene_{number}.tif", (ground + noise).astype("uint16"), nodata=0)
    return RasterFile(path, "ortho", FIRST + timedelta(days=number))


@pytest.fixture
def files(tmp_path: Path, write_geotiff: Callable[..., Path]) -> list[File]:
    """20 files; the counties that the others lie in come last, and are loaded first."""
    return [
        *(plots(tmp_path, n) for n in range(6)),
        *(wells(tmp_path, n) for n in range(5)),
        *(scene(tmp_path, n, write_geotiff) for n in range(8)),
        counties(tmp_path),
    ]


OF_LAYER = """
SELECT e.source_id, to_jsonb(i) - 'code' - 'geom' - 'cim_version' - 'cim_recorded_at'
       - 'cim_valid_from' AS properties, ST_AsEWKB(i.geom) AS geom, substr(i.code, 1, 12) AS kind,
       e.state, n.name,
       (SELECT array_agg(c.cell ORDER BY c.cell) FROM cim.cover c WHERE c.code = i.code) AS cells
FROM item.{} i JOIN cim.entity e USING (code) LEFT JOIN cim.name n USING (code)
ORDER BY e.source_id
"""
OF_REGISTRY = """
SELECT name, kind, title, key_field, class_code, columns, feature_count, extent, geometry_type
FROM cim.layer ORDER BY name
"""
OF_SCENES = """
SELECT to_jsonb(s) - 'id' - 'layer_id' - 'registered_at' AS scene
FROM cim.raster_scene s ORDER BY s.name
"""


def state(at: Target) -> dict[str, Any]:
    """All rows but for serials, versions and times; the layers; every byte of the store."""
    with psycopg.connect(at.database_url) as connection:
        found = {name: connection.execute(OF_LAYER.format(name)).fetchall() for name in LAYERS}
        found["layers"] = connection.execute(OF_REGISTRY).fetchall()
        found["scenes"] = connection.execute(OF_SCENES).fetchall()
    found["bytes"] = {path.name: path.read_bytes() for path in stored(at.rasters)}
    return found


def stored(rasters: Any) -> list[Path]:
    """What is in the store but for the drafts of the dead, which go after a day."""
    return sorted(rasters.glob("??/*"))


@contextmanager
def held(at: Target) -> Iterator[None]:
    """Nobody commits a layer meanwhile: each load writes the registry last."""
    with psycopg.connect(at.database_url) as connection:
        connection.execute("SELECT FROM cim.registry FOR UPDATE")
        yield


def wait_for_waiting(at: Target, many: int) -> None:
    """Until so many wait for a lock."""
    waiting = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    with psycopg.connect(at.database_url, autocommit=True) as connection:
        for _ in range(600):
            if connection.execute(waiting).fetchone() == (many,):
                return
            time.sleep(0.1)
    raise AssertionError("the workers do not come to their end")


def test_a_killed_worker_changes_nothing_of_what_comes_out(
    workers: Client, target: Callable[[str], Target], files: list[File]
) -> None:
    alone, together = target("alone"), target("together")
    assert all(ended.refused is None for ended in load_here(alone, files))
    before: dict[str, int] = workers.run(os.getpid)
    loading = distributed.load_all(workers, together, files)
    ended = [next(loading) for _ in range(5)]
    with held(together):
        wait_for_waiting(together, 2)  # all their rows are written, nothing is committed
        os.kill(min(before.values()), signal.SIGKILL)
    ended += loading
    assert sorted(each.path for each in ended) == sorted(file.path for file in files)
    assert [each.refused for each in ended] == [None] * 20
    assert set(workers.run(os.getpid).values()) != set(before.values()), "one was killed"
    assert len({each.worker for each in ended}) > 1, "both had files"
    once = state(together)
    assert once == state(alone)
    assert (len(once["plots"]), len(once["wells"]), len(once["scenes"])) == (360, 300, 8)
    assert len(once["bytes"]) == 8
    again = list(distributed.load_all(workers, together, files))
    assert all("0 added, 0 changed" in told(e) or "unchanged" in told(e) for e in again)
    assert state(together) == once


def told(ended: Outcome) -> str:
    return str(ended.done)


def test_a_broken_file_is_named_and_the_others_are_loaded(
    workers: Client,
    target: Callable[[str], Target],
    tmp_path: Path,
    write_geotiff: Callable[..., Path],
) -> None:
    there = target("store")
    good: list[File] = [
        counties(tmp_path),
        *(plots(tmp_path, n) for n in range(3)),
        *(scene(tmp_path, n, write_geotiff) for n in range(2)),
    ]
    whole = {file.path: file.path.read_bytes() for file in (good[2], good[5])}
    for path, content in whole.items():
        path.write_bytes(content[: len(content) // 2])
    ended = list(distributed.load_all(workers, there, good))
    refused = {each.path: each.refused for each in ended if each.refused}
    assert refused.keys() == whole.keys()
    assert all(path.name in str(reason) for path, reason in refused.items())
    found = state_of(there)
    expected = sorted(f"p{k}" for k in (*range(60), *range(115, 180)))
    assert found == {"plots": expected, "scenes": 1}
    assert len(stored(there.rasters)) == 1
    for path, content in whole.items():
        path.write_bytes(content)
    assert all(each.refused is None for each in distributed.load_all(workers, there, good))
    assert state_of(there) == {"plots": sorted(f"p{k}" for k in range(180)), "scenes": 2}


def state_of(at: Target) -> dict[str, Any]:
    keys = "SELECT number FROM item.plots ORDER BY number"
    with psycopg.connect(at.database_url) as connection:
        scenes = connection.execute("SELECT count(*) FROM cim.raster_scene").fetchone()
        return {"plots": sorted(row[0] for row in connection.execute(keys)), "scenes": scenes[0]}


def test_a_worker_that_lacks_something_is_named(
    workers: Client, server: str, target: Callable[[str], Target], tmp_path: Path
) -> None:
    there = target("store")
    gone = replace(counties(tmp_path), path=tmp_path / "gone.parquet")
    with pytest.raises(EngineUnreachable, match=r"the worker tls://.*gone\.parquet is not on"):
        list(distributed.load_all(workers, there, [gone]))
    foreign = replace(there, database_url=server)
    with pytest.raises(EngineUnreachable, match=r"the worker tls://.* no tables yet"):
        list(distributed.load_all(workers, foreign, [counties(tmp_path)]))


def test_a_folder_that_is_not_the_raster_store_gets_nothing(
    target: Callable[[str], Target], tmp_path: Path, write_geotiff: Callable[..., Path]
) -> None:
    other = replace(target("local"), mark=tmp_path / "shared" / ".draft-1")
    with pytest.raises(SourceElsewhere, match="shared"):
        bring(other, scene(tmp_path, 1, write_geotiff))
    assert not (tmp_path / "local").exists()


def test_a_scheduler_that_is_none_or_dies_is_named(
    target: Callable[[str], Target], tmp_path: Path
) -> None:
    with (
        pytest.raises(EngineUnreachable, match="the scheduler nonsense"),
        distributed.engine("nonsense", 1),
    ):
        pass
    there = target("store")
    files: list[File] = [counties(tmp_path), plots(tmp_path, 0), plots(tmp_path, 1)]
    with scheduler() as (process, address), distributed.engine(address, 1) as client:
        loading = distributed.load_all(client, there, files)
        assert next(loading).into == "counties"
        with held(there):
            Thread(target=lambda: (wait_for_waiting(there, 1), process.kill())).start()
            with pytest.raises(EngineUnreachable, match=f"{address} .*what was loaded stays"):
                list(loading)
    assert all(ended.refused is None for ended in load_here(there, files))


@contextmanager
def scheduler() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A scheduler with a worker, in a process of its own, and its address."""
    command = [sys.executable, "-c", SCHEDULER]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()
