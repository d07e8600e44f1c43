"""Values of observations that are loaded a second (每秒入库观测数), from the file to the commit.

Seeded hourly stages of some stations, a few of them spoiled, as a long CSV, a wide CSV (a column a
station) and a Parquet file, with times in UTC+8 that are turned to UTC: read, checked against the
stations, brought into the partitioned table by an upsert, and flagged; then the same file again,
of which nothing is new, and one that changes every tenth value. The database is a fresh durable
cluster.

The baseline is what any loader does at the least: the finished rows by a binary COPY straight into
a table of the same columns, key and partitions: nothing is read, looked up, upserted or flagged.

    python benchmarks/observations.py [--values 1000000] [--stations 50]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import shapely
from sqlalchemy import Engine

from cim.database.cluster import Cluster
from cim.database.connect import check, engine_of
from cim.database.migrate import upgrade
from cim.database.sql import driver, run
from cim.layer import Text
from layers.load import VectorFile
from layers.load import load as load_layer
from layers.observations import batch, partitions
from layers.observations.file import ObservationFile, Wanted
from layers.observations.load import load

SEED = 20260101
AIM = 100_000
TABLE = "cim.observation (datastream_id, time, value, raw, flags, given_unit, given_flag)"
BEGIN = np.datetime64("2020-01-01T00:00", "us")


def stages(stations: int, hours: int) -> np.ndarray:
    """Random walks of some stations, one reading in 5,000 ten times itself."""
    rng = np.random.default_rng(SEED)
    values = 60 + np.cumsum(rng.normal(0, 0.01, (stations, hours)), axis=1)
    spoiled = rng.random(values.shape) < 1 / 5000
    return np.round(np.where(spoiled, values * 10, values), 2)


def station_layer(folder: Path, engine: Engine, stations: int) -> None:
    """A county, and stations in it."""
    county = gpd.GeoDataFrame(
        {"code": ["420606"]}, geometry=[shapely.box(112, 32, 113, 33)], crs=4490
    )
    county.to_file(folder / "county.gpkg")
    x = 112.01 + np.arange(stations) % 100 * 0.009
    points = shapely.points(x, 32.01 + np.arange(stations) // 100 * 0.009)
    frame = gpd.GeoDataFrame({"station": names(stations)}, geometry=points, crs=4490)
    frame.to_file(folder / "stations.gpkg")
    files = (
        VectorFile(
            folder / "county.gpkg", "counties", Text("县", "C"), key="code", class_code="990501"
        ),
        VectorFile(folder / "stations.gpkg", "stations", Text("站", "S"), key="station"),
    )
    for file in files:
        with engine.begin() as connection:
            load_layer(connection, engine, file)


def names(stations: int) -> list[str]:
    return [f"ST{i:06d}" for i in range(stations)]


def write(folder: Path, values: np.ndarray) -> dict[str, ObservationFile]:
    """The same values as three files; times are those of Beijing."""
    stations, hours = values.shape
    local = (BEGIN + np.arange(hours) * np.timedelta64(1, "h")).astype("datetime64[m]")
    texts = np.char.replace(local.astype(str), "T", " ")
    long = pa.table(
        {
            "station": np.repeat(names(stations), hours),
            "time": np.tile(texts, stations),
            "value": values.ravel(),
        }
    )
    wide = pa.table({"time": texts, **dict(zip(names(stations), values, strict=True))})
    pyarrow.csv.write_csv(long, folder / "long.csv")
    pyarrow.csv.write_csv(wide, folder / "wide.csv")
    typed = long.set_column(1, "time", pa.array(np.tile(local.astype("datetime64[us]"), stations)))
    pyarrow.parquet.write_table(typed, folder / "long.parquet")
    stage = (Wanted("stage"),)
    return {
        name: ObservationFile(folder / file, "stations", stage)
        for name, file in (
            ("long CSV", "long.csv"),
            ("wide CSV", "wide.csv"),
            ("Parquet", "long.parquet"),
        )
    }


def copy(engine: Engine, values: np.ndarray) -> float:
    """Seconds of the baseline: rows in the order of the key."""
    stations, hours = values.shape
    first = BEGIN.astype(np.int64) - 8 * 3_600_000_000
    number = np.arange(values.size)
    nothing = np.zeros(values.size, np.int64)
    times = np.tile(first + np.arange(hours) * 3_600_000_000, stations)
    columns = (number, number // hours, times, values.ravel(), values.ravel(), nothing, nothing)
    rows = batch.rows(batch.Values(*columns), nothing.astype(np.int16), (None, None))
    begin = time.perf_counter()
    with engine.begin() as connection:
        partitions.ensure(connection, range(2019, 2020 + hours // 8760 + 1))
        statement = f"COPY {TABLE} FROM STDIN (FORMAT binary)".encode()
        with driver(connection).cursor() as cursor, cursor.copy(statement) as out:
            out.write(rows)
    return time.perf_counter() - begin


def loaded(engine: Engine, file: ObservationFile) -> tuple[float, object]:
    begin = time.perf_counter()
    with engine.begin() as connection:
        report = load(connection, file)
    return time.perf_counter() - begin, report


def empty(engine: Engine) -> None:
    with engine.begin() as connection:
        run(connection, "TRUNCATE cim.observation, cim.observation_history, cim.latest")
        run(connection, "DELETE FROM cim.datastream")


def show(words: str, count: int, seconds: float, bare: float, aim: float | None = None) -> None:
    rate = count / seconds
    told = f"   aim {aim:,.0f}: {'met' if rate >= aim else 'MISSED'}" if aim else ""
    print(f"{words:<36} {rate:>9,.0f}/s   {bare / seconds:4.2f}x of COPY{told}", flush=True)


def measure(engine: Engine, folder: Path, values: np.ndarray) -> None:
    files = write(folder, values)
    copy(engine, values)  # the first one finds a cold server
    for name, file in files.items():
        empty(engine)
        bare = copy(engine, values)
        show("COPY of the finished rows", values.size, bare, bare)
        empty(engine)
        seconds, report = loaded(engine, file)
        show(name, values.size, seconds, bare, AIM)
        assert report.added == values.size, report
    print(f"flagged {report.flagged}")
    show("the same again", values.size, loaded(engine, files["Parquet"])[0], bare)
    changed = values.copy()
    changed[:, ::10] += 0.01
    files = write(folder, changed)
    show("every tenth value another", values.size, loaded(engine, files["Parquet"])[0], bare)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--values", type=int, default=1_000_000)
    parser.add_argument("--stations", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cim-observations-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        cluster = Cluster(folder / "server")
        engine = engine_of(cluster.start())
        try:
            check(engine)
            with engine.begin() as connection:
                upgrade(connection)
            station_layer(folder, engine, given.stations)
            measure(engine, folder, stages(given.stations, given.values // given.stations))
        finally:
            engine.dispose()
            cluster.stop()


if __name__ == "__main__":
    main()
