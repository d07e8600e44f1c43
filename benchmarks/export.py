"""A whole layer taken away: ours against a bare COPY and ogr2ogr, in one run (整层导出).

Makes the seeded city of `benchmarks/serve.py`, and in each round writes its parcels to a file: by a
bare COPY in binary form of the same columns, which is what the database needs to say them at all;
by our streams; and by ogr2ogr of the system, which has no GeoParquet. The best of the rounds is
printed, with its ratio to the bare COPY, and the most memory of our process, a new one each time.

    python benchmarks/export.py [--rows 1000000] [--rounds 3] [--formats geoparquet,arrow,…]
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import psycopg  # noqa: E402
from serving.city import city  # noqa: E402

from cim import registry  # noqa: E402
from cim.access import ANONYMOUS  # noqa: E402
from cim.crs import CRS84  # noqa: E402
from cim.database.connect import engine_of  # noqa: E402
from cim.item_export import whole  # noqa: E402
from cim.item_query import Query  # noqa: E402
from layers.export import Export, opened  # noqa: E402
from layers.writing.forms import FORMS, write_file  # noqa: E402

FORMATS = "geoparquet,arrow,ndjson,csv,flatgeobuf,gpkg"
OGR2OGR = {"flatgeobuf": "FlatGeobuf", "gpkg": "GPKG", "ndjson": "GeoJSONSeq", "csv": "CSV"}


def bare(url: str, path: Path) -> None:
    """COPY of the columns that we write."""
    engine = engine_of(url)
    with engine.connect() as connection:
        layer = registry.read(connection).layers["parcels"]
    engine.dispose()
    rows = whole(layer, Query(1, crs=CRS84, shown="columns"), ANONYMOUS).sql
    command = f"COPY ({rows}) TO STDOUT (FORMAT binary)"
    with (
        psycopg.connect(url) as connection,
        connection.cursor() as cursor,
        cursor.copy(command) as copy,
        path.open("wb") as file,
    ):
        file.writelines(copy)


def ours(url: str, name: str, path: Path) -> float:
    """Seconds of an export in a process of its own; tells its memory on stdout."""
    command = [sys.executable, __file__, "--write", name, "--url", url, "--path", str(path)]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(told.stdout)


def write(url: str, name: str, path: Path) -> None:
    engine = engine_of(url)
    with engine.connect() as connection:
        layer = registry.read(connection).layers["parcels"]
    form = FORMS[name]
    export = Export(layer, Query(1, shown=form.shown), form, ANONYMOUS)
    with opened(engine, export) as (content, _):
        write_file(form, content, path)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def ogr2ogr(url: str, name: str, path: Path) -> None:
    """The same rows through GDAL's own driver for PostgreSQL."""
    told = psycopg.conninfo.conninfo_to_dict(url)
    place = "PG:" + " ".join(f"{key}='{value}'" for key, value in told.items())
    sql = "SELECT code, region_code, type_code, beidou_code, parcel_code, name, landuse,"
    sql += " landuse_name, area_m2, use_right, geom FROM item.parcels"
    command = ["ogr2ogr", "-f", OGR2OGR[name], str(path), place, "-sql", sql, "-nln", "parcels"]
    if name == "csv":
        command += ["-lco", "GEOMETRY=AS_WKT"]
    subprocess.run(command, check=True, capture_output=True)


def timed(do: Callable[[Path], object], folder: Path, suffix: str) -> float:
    path = folder / f"out{suffix}"
    started = time.perf_counter()
    do(path)
    seconds = time.perf_counter() - started
    path.unlink()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--formats", default=FORMATS)
    for hidden in ("--write", "--url", "--path"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        write(given.url, given.write, Path(given.path))
        return
    if given.url:
        measure(given.url, given.formats.split(","), given.rounds)
        return
    with city(given.rows) as made:
        measure(made.cluster.url, given.formats.split(","), given.rounds)


def measure(url: str, names: list[str], rounds: int) -> None:
    best: dict[str, float] = {}
    memory: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="cim-export-") as text:
        folder = Path(text)
        for _ in range(rounds):
            keep(best, "bare COPY", timed(lambda p: bare(url, p), folder, ".bin"))
            for name in names:
                suffix = FORMS[name].suffix

                def one(path: Path, name: str = name) -> None:
                    memory[name] = ours(url, name, path)

                keep(best, name, timed(one, folder, suffix))
                if name in OGR2OGR and shutil.which("ogr2ogr"):
                    other = timed(lambda p, n=name: ogr2ogr(url, n, p), folder, suffix)
                    keep(best, f"ogr2ogr {name}", other)
    for name, seconds in best.items():
        ratio = seconds / best["bare COPY"]
        most = f"{memory[name]:5.0f} MB" if name in memory else ""
        print(f"{name:20} {seconds:7.1f} s  {ratio:5.2f}x {most}", flush=True)


def keep(best: dict[str, float], name: str, seconds: float) -> None:
    best[name] = min(seconds, best.get(name, seconds))


if __name__ == "__main__":
    main()
