"""Features of a vector file that become a layer a second (每秒入库要素数), from file to commit.

Seeded polygons of 5 to 20 corners, and points, with a key and eight more fields, in one county or
in four. A GeoPackage and a GeoParquet file of them are loaded as `cim layer load` does it: read,
checked, given 21-digit codes, BeiDou codes and the cells of the index across layers, told in the
feed and the log, committed. The database is a fresh durable cluster, the duplicate guard is off.

The baseline is `ogr2ogr` with COPY from the same GeoPackage into the same cluster: a table with a
key and a GiST index. The two take turns, each load in a process of its own, so that what else the
machine does falls on both; the best of each counts. "without codes" loads the layer alone: no cells
are made, and no entity, event or cell is written; the key of a row stays. Seconds of processor and
megabytes are those of the program and of its server process. `--large` loads polygons again, more
of them, to show that memory does not grow.

    python benchmarks/ingest.py [--rows 300000] [--rounds 3] [--large 3000000]
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import psycopg
from ingesting.files import COUNTIES, write, write_counties

from cim.assignment import straight as tables
from cim.cover import Cells
from cim.database.cluster import Cluster
from cim.database.connect import check, engine_of
from cim.database.migrate import upgrade
from cim.layer import Text
from layers import straight
from layers.load import VectorFile, load

AIM, AIM_RATIO, WITHOUT = 40_000, 1.5, "without codes"
CLASSES = {"polygons": "990101", "points": "990603"}


class Spent(NamedTuple):
    """What a load took: seconds, seconds of processor of the program and of its server process, the
    most megabytes of both."""

    seconds: float
    own: float
    server: float
    own_mb: float
    server_mb: float


def ours(url: str, path: Path, kind: str, codes: bool) -> Spent:
    """Load a file in this process, which has done nothing else."""
    if not codes:
        _leave_out_codes()
    engine = engine_of(url)
    with engine.connect():
        pass
    file = VectorFile(path, kind, Text("图层", "Layer"), key="number", class_code=CLASSES[kind])
    begin, busy = time.perf_counter(), time.process_time()
    with engine.begin() as connection:
        load(connection, engine, file)
    seconds, busy = time.perf_counter() - begin, time.process_time() - busy
    engine.dispose()
    memory = _megabytes(Path("/proc/self/status"), "VmHWM")  # getrusage has that of the parent, too
    return Spent(seconds, busy, 0, memory, 0)


def _leave_out_codes() -> None:
    """From now on this process makes no cells, and writes nothing but layers."""
    copy = tables.copy

    def copied(connection: Any, table: str, rows: bytes) -> None:
        if not table.startswith("cim."):
            copy(connection, table, rows)

    nothing = np.empty(0, np.int64)
    tables.copy = copied  # type: ignore[attr-defined]
    straight.cells_of = lambda _: Cells(nothing, nothing)  # type: ignore[attr-defined]


def theirs(url: str, path: Path) -> Spent:
    """Load a file by ogr2ogr."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS base")
    found = psycopg.conninfo.conninfo_to_dict(url)
    address = f"PG:host={found['host']} port={found['port']} user={found['user']} dbname=base"
    command = ["ogr2ogr", "-q", "-f", "PostgreSQL", address, str(path), "-nln", "base"]
    command += ["-lco", "SCHEMA=public", "-lco", "GEOMETRY_NAME=geom"]
    begin = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--config", "PG_USE_COPY", "YES"], stderr=subprocess.DEVNULL
    )
    ended, memory = 0, 0.0
    while not ended:
        memory = max(memory, _megabytes(Path(f"/proc/{process.pid}/status"), "VmHWM"))
        time.sleep(0.01)
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
    seconds = time.perf_counter() - begin
    assert status == 0, command
    return Spent(seconds, used.ru_utime + used.ru_stime, 0, memory, 0)


def _told(status: Path) -> dict[str, str]:
    """What the kernel tells of a process; nothing where it has ended."""
    try:
        return dict(line.split(":", 1) for line in status.read_text().splitlines())
    except OSError:
        return {}


def _megabytes(status: Path, what: str) -> float:
    return int(_told(status).get(what, "0 kB").split()[0]) / 1024


class Server:
    """The processes of a cluster, as the kernel counts them."""

    def __init__(self, cluster: Cluster) -> None:
        self._postmaster = int((cluster.data / "postmaster.pid").read_text().split()[0])

    def watch(self, work: Callable[[], Spent]) -> Spent:
        """What work takes, with what its server processes take, which end with it."""
        most, done = [0.0], threading.Event()
        thread = threading.Thread(target=self._note_memory, args=(most, done))
        time.sleep(0.5)  # until those of before have ended
        before = self._ended()
        thread.start()
        spent = work()
        time.sleep(0.5)  # until the server has seen that the program is gone
        done.set()
        thread.join()
        return spent._replace(server=self._ended() - before, server_mb=most[0])

    def _ended(self) -> float:
        """Seconds of processor of the processes that have ended."""
        stat = Path(f"/proc/{self._postmaster}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[13]) + int(stat[14])) / os.sysconf("SC_CLK_TCK")

    def _note_memory(self, most: list[float], done: threading.Event) -> None:
        while not done.wait(0.1):
            most[0] = max(most[0], *self._memories(), 0)

    def _memories(self) -> Iterator[float]:
        """Megabytes of their own, of each process."""
        for status in Path("/proc").glob("[0-9]*/status"):
            if _told(status).get("PPid", "").strip() == str(self._postmaster):
                yield _megabytes(status, "RssAnon")


@contextmanager
def fresh(cluster: Cluster, counties: Path) -> Iterator[str]:
    """A new database of the cluster with our tables and some counties."""
    admin = cluster.url_of("postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE DATABASE bench TEMPLATE template0")
    url = cluster.url_of("bench")
    engine = engine_of(url)
    check(engine)
    file = VectorFile(counties, "counties", Text("县", "C"), key="code", class_code="990501")
    with engine.begin() as connection:
        upgrade(connection)
    with engine.begin() as connection:
        load(connection, engine, file)
    engine.dispose()
    try:
        yield url
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute("DROP DATABASE bench WITH (FORCE)")


def base(cluster: Cluster) -> str:
    """A database for ogr2ogr."""
    with psycopg.connect(cluster.url_of("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE base TEMPLATE template0")
    url = cluster.url_of("base")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
    return url


def loaded(cluster: Cluster, counties: Path, path: Path, codes: bool = True) -> Spent:
    """Load a file into a fresh database, in a fresh process."""
    with fresh(cluster, counties) as url:

        def work() -> Spent:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                return pool.apply(ours, (url, path, path.stem, codes))

        return Server(cluster).watch(work)


def show(words: str, rows: int, spent: Spent, bare: Spent) -> None:
    rate, ratio, target = rows / spent.seconds, spent.seconds / bare.seconds, ""
    if words.endswith(WITHOUT):
        target = f"   aim {AIM_RATIO}x: {'met' if ratio <= AIM_RATIO else 'MISSED'}"
    elif words.startswith("polygons: Geo"):
        target = f"   aim {AIM:,}/s: {'met' if rate >= AIM else 'MISSED'}"
    print(
        f"{words:<40} {rate:>8,.0f}/s {ratio:5.2f}x"
        f"   processor {spent.own:5.1f} + {spent.server:4.1f} s"
        f"   memory {spent.own_mb:4.0f} + {spent.server_mb:4.0f} MB{target}",
        flush=True,
    )


def compare(
    cluster: Cluster, counties: dict[int, Path], files: tuple[Path, Path], rows: int, rounds: int
) -> None:
    """Print the rates of the files of one kind of geometry."""
    package, parquet = files
    ways: dict[str, Callable[[], Spent]] = {
        "ogr2ogr": lambda: Server(cluster).watch(lambda: theirs(cluster.url_of("base"), package)),
        "GeoPackage, one county": lambda: loaded(cluster, counties[1], package),
        "GeoPackage, four counties": lambda: loaded(cluster, counties[4], package),
        f"GeoPackage, {WITHOUT}": lambda: loaded(cluster, counties[1], package, codes=False),
        "GeoParquet, one county": lambda: loaded(cluster, counties[1], parquet),
    }
    found: dict[str, list[Spent]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(way())
    best = {name: min(all_, key=lambda spent: spent.seconds) for name, all_ in found.items()}
    for name, spent in best.items():
        show(f"{package.stem}: {name}", rows, spent, best["ogr2ogr"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", type=int, default=0, help="rows of another, larger file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cim-ingest-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        most = max(given.rows, given.large)
        counties = {n: write_counties(folder / f"{n}.gpkg", most, n) for n in (1, len(COUNTIES))}
        cluster = Cluster(folder / "server")
        cluster.start()
        base(cluster)
        try:
            for kind in CLASSES:
                files = write(folder / kind, kind, given.rows)
                compare(cluster, counties, files, given.rows, given.rounds)
            if given.large:
                (folder / "large").mkdir()
                files = write(folder / "large", "polygons", given.large)
                compare(cluster, counties, files, given.large, 1)
        finally:
            cluster.stop()
        print(f"load of the machine at the end: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
