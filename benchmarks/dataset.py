"""A data set of many files on workers (多文件数据集): one process, one worker, two workers.

Three data sets are loaded, each into a fresh database and store: scenes (four bands of uint16, to
COGs), files of one layer (areas of 12 corners, with codes), files of two layers. The baseline is
the same data set in this process alone, in the same run. Workers are started, and have read the
program, before the clock starts; how long that takes is told beside. Each way is gone as often as
`--rounds` says, in turns, and the shortest counts.

Told as well: processor seconds of the workers (or of this process) and of PostgreSQL, by which is
seen who has the work, and the greatest memory of a worker (of this process it counts the making of
the files too).

    python benchmarks/dataset.py [--rows 5000] [--files 8] [--side 1500] [--rounds 2] \
        [--sets scenes]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import geopandas as gpd
import numpy as np
import psutil
import psycopg
import rasterio
import shapely
from distributed import Client
from rasterio.transform import Affine

from cim.database.cluster import Cluster
from cim.database.connect import check, engine_of
from cim.database.migrate import upgrade
from cim.layer import Text
from layers import distributed
from layers.brought import File, Target, load_here
from layers.raster import RasterFile
from layers.vector_file import VectorFile

SEED = 20260301
CLASSES = ("990101", "990102")
FIRST = datetime(2024, 1, 1, tzinfo=UTC)


class Measured(NamedTuple):
    """What one way took: seconds, those of processors, and megabytes of the largest process."""

    seconds: float
    ours: float
    database: float
    megabytes: float


def areas(folder: Path, layer: int, number: int, rows: int) -> VectorFile:
    rng = np.random.default_rng([SEED, layer, number])
    angles = np.linspace(0, 2 * np.pi, 13)[:-1]
    centres = rng.uniform([112.05, 31.95], [112.95, 32.9], (rows, 2))
    corners = centres[:, None] + np.stack([np.cos(angles), np.sin(angles)], 1)[None] * 2e-4
    values = {"number": [f"{number}-{i}" for i in range(rows)], "use": rng.integers(0, 9, rows)}
    path = folder / f"areas{layer}_{number:03}.parquet"
    gpd.GeoDataFrame(values, geometry=shapely.polygons(corners), crs=4490).to_parquet(path)
    name = f"areas{layer}"
    return VectorFile(path, name, Text(name, name), key="number", class_code=CLASSES[layer])


def county(folder: Path) -> VectorFile:
    path = folder / "county.parquet"
    box = shapely.box(112, 31.9, 113, 33)
    gpd.GeoDataFrame({"code": ["420602"]}, geometry=[box], crs=4490).to_parquet(path)
    return VectorFile(path, "counties", Text("县", "C"), key="code", class_code="990501")


def scene(folder: Path, number: int, side: int) -> RasterFile:
    """Ground of blocks of 8 pixels with the noise of a sensor over it."""
    rng = np.random.default_rng([SEED, number])
    coarse = rng.integers(500, 4000, (4, side // 8 + 1, side // 8 + 1), dtype="uint16")
    ground = coarse.repeat(8, 1).repeat(8, 2)[:, :side, :side]
    values = ground + rng.integers(0, 30, (4, side, side), dtype="uint16")
    path = folder / f"scene_{number:03}.tif"
    profile = {
        "driver": "GTiff",
        "dtype": "uint16",
        "count": 4,
        "height": side,
        "width": side,
        "crs": "EPSG:4546",
        "transform": Affine(10, 0, 500_000, 0, -10, 3_600_000),
        "tiled": True,
        "compress": "deflate",
        "zlevel": 1,
        "nodata": 0,
    }
    with rasterio.open(path, "w", **profile) as file:
        file.write(values)
    return RasterFile(path, "scenes", FIRST + timedelta(days=number))


def spent(processes: list[psutil.Process]) -> float:
    """Processor seconds of processes and of those that they started."""
    total = 0.0
    for process in processes:
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return total


class Place:
    """A server on which each way has a database of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cluster = Cluster(folder / "server")
        self._made = 0
        url = self._cluster.start()
        engine = engine_of(url)
        check(engine)
        with engine.begin() as connection:
            upgrade(connection)
        engine.dispose()

    def stop(self) -> None:
        self._cluster.stop()

    def fresh(self) -> Target:
        self._made += 1
        name = f"bench{self._made}"
        with psycopg.connect(self._cluster.url_of("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE cim")
        return Target(self._cluster.url_of(name), self._folder / name)

    def server(self) -> list[psutil.Process]:
        pid = self._cluster.status().pid
        assert pid is not None
        postmaster = psutil.Process(pid)
        return [postmaster, *postmaster.children()]


def measure(
    place: Place, workers: list[psutil.Process], load: Callable[[Target], None]
) -> Measured:
    target = place.fresh()
    ours, theirs, begin = spent(workers), spent(place.server()), time.perf_counter()
    load(target)
    seconds = time.perf_counter() - begin
    most = max(peak(process.pid) for process in workers)
    return Measured(seconds, spent(workers) - ours, spent(place.server()) - theirs, most)


def peak(pid: int) -> float:
    """The greatest resident megabytes of a running process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def ready() -> int:
    """The process of a worker, which has read the program now."""
    import layers.imagery.cog  # noqa: F401, PLC0415

    return os.getpid()


@contextmanager
def started(workers: int) -> Iterator[tuple[Client, list[psutil.Process]]]:
    begin = time.perf_counter()
    with distributed.engine(None, workers) as client:
        client.wait_for_workers(workers)
        pids = client.run(ready).values()
        print(f"workers: {workers}, there after {time.perf_counter() - begin:.1f} s")
        yield client, [psutil.Process(pid) for pid in pids]


def finish(outcomes: Iterator[distributed.Outcome]) -> None:
    refused = [each.refused for each in outcomes if each.refused]
    if refused:
        raise SystemExit(refused[0])


def ways(place: Place, files: list[File]) -> dict[str, Measured]:
    """Each way once."""
    found = {
        "one process": measure(place, [psutil.Process()], lambda t: finish(load_here(t, files)))
    }
    for count in (1, 2):
        with started(count) as (client, processes):
            finish(distributed.load_all(client, place.fresh(), files[:1]))
            name = f"{count} worker{'s' * (count > 1)}"
            found[name] = measure(
                place, processes, lambda t, c=client: finish(distributed.load_all(c, t, files))
            )
    return found


def tell(name: str, rounds: list[dict[str, Measured]]) -> None:
    best = {way: min(each[way] for each in rounds) for way in rounds[0]}
    base = best["one process"].seconds
    print(f"\n{name}")
    print("                seconds   speed   processor s: ours, PostgreSQL      MB")
    for way, m in best.items():
        ratio = base / m.seconds
        print(
            f"{way:14} {m.seconds:8.1f} {ratio:6.2f}x {m.ours:18.1f} {m.database:12.1f}"
            f" {m.megabytes:9.0f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--side", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--sets", default="scenes,one layer,two layers")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cim-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        counties, half = county(folder), given.files // 2
        one: list[File] = [areas(folder, 0, n, given.rows) for n in range(given.files)]
        other: list[File] = [areas(folder, 1, n, given.rows) for n in range(half)]
        sets: dict[str, list[File]] = {
            "scenes": [scene(folder, n, given.side) for n in range(given.files)],
            "one layer": [counties, *one],
            "two layers": [counties, *one[:half], *other],
        }
        print(
            f"{given.files} files of {given.rows:,} areas or {given.side} x {given.side} pixels;"
            f" {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
        )
        place = Place(folder)
        try:
            for kind in given.sets.split(","):
                tell(kind, [ways(place, sets[kind]) for _ in range(given.rounds)])
        finally:
            place.stop()
        print(f"\nload after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
