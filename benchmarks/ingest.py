"""Features of a vector file that become a layer a second (每秒入库要素数), from file to commit.

Seeded polygons of 5 to 20 corners, and points, with a key and eight more fields, lie in one county
or in four. A GeoPackage and a GeoParquet file of them are loaded as `cim layer load` loads them:
read, checked, given their 21-digit codes, their BeiDou codes and the grid cells of the index across
layers, told in the feed and in the log, committed. The database is a fresh durable cluster.

The baseline is `ogr2ogr` with COPY from the same GeoPackage into the same cluster, which makes a
table with a primary key and a GiST index. Both run in turn, each in a process of its own, so that
what else the machine does falls on both; of each the best is told. Seconds of processor are those
of the program and of its server processes. `--large` repeats polygons in one county with more rows
and tells how the memory of both grows.

    python benchmarks/ingest.py [--rows 300000] [--rounds 3] [--large 3000000]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from numpy.typing import NDArray

SEED = 20260101
AIM, AIM_RATIO = 40_000, 1.5
CHUNK = 100_000
ACROSS = 2000  # features in a row of the lattice
CELL = 0.0005  # degrees: about 50 m
WEST, SOUTH = 111.0, 31.0
COUNTIES = ("420606", "420607", "420602", "420624")


class Spent(NamedTuple):
    """What a load took: seconds, seconds of processor of it and of the server, its most memory."""

    seconds: float
    own: float
    server: float
    megabytes: float


# The files.


def polygons(x: NDArray[Any], y: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Stars of 5 to 20 corners around places, none of which meets another."""
    corners = rng.integers(5, 21, len(x))
    ring = np.repeat(np.arange(len(x)), corners)
    number = np.arange(len(ring)) - np.repeat(np.cumsum(corners) - corners, corners)
    angle = (number + rng.uniform(0, 0.9, len(ring))) * (2 * np.pi / corners[ring])
    reach = rng.uniform(0.2, 0.49, len(ring)) * CELL
    places = np.column_stack([x[ring] + reach * np.cos(angle), y[ring] + reach * np.sin(angle)])
    return shapely.polygons(shapely.linearrings(places, indices=ring))


def geometries(kind: str, number: NDArray[np.int64], rng: np.random.Generator) -> NDArray[Any]:
    x = WEST + CELL * (number % ACROSS + 0.5)
    y = SOUTH + CELL * (number // ACROSS + 0.5)
    return polygons(x, y, rng) if kind == "polygons" else shapely.points(x, y)


def tables(kind: str, rows: int) -> Iterator[pa.Table]:
    """The features, some at a time."""
    uses = np.array(["0101", "0701", "0702", "0809", "1001", "1207", "1401", "1701"])
    for first in range(0, rows, CHUNK):
        number = np.arange(first, min(first + CHUNK, rows))
        rng = np.random.default_rng([SEED, first])
        count = len(number)
        owner = rng.integers(0, 5000, count)
        yield pa.table(
            {
                "number": np.char.add("P", np.char.zfill(number.astype(str), 9)),
                "landuse": uses[rng.integers(0, len(uses), count)],
                "area": np.round(rng.uniform(100, 90_000, count), 2),
                "ratio": np.round(rng.uniform(0.1, 6, count), 2),
                "floors": rng.integers(0, 40, count).astype(np.int32),
                "owner": np.char.add("权利人", owner.astype(str)),
                "surveyed": np.datetime64("2020-01-01") + rng.integers(0, 2000, count),
                "zone": pa.array(number // 7, mask=rng.random(count) < 0.1),
                "remark": pa.array(np.char.add("号", number.astype(str)), mask=number % 3 > 0),
                "geometry": shapely.to_wkb(geometries(kind, number, rng)),
            }
        )


def write(folder: Path, kind: str, rows: int) -> tuple[Path, Path]:
    """A GeoPackage and a GeoParquet file of the same features."""
    package, parquet = folder / f"{kind}.gpkg", folder / f"{kind}.parquet"
    told = {"version": "1.1.0", "primary_column": "geometry"}
    column = '{"encoding": "WKB", "geometry_types": []}'
    geo = f'{{"version": "{told["version"]}", "primary_column": "geometry", "columns": {{"geometry": {column}}}}}'
    writer = None
    for table in tables(kind, rows):
        if writer is None:
            schema = table.schema.with_metadata({"geo": geo})
            writer = pq.ParquetWriter(parquet, schema)
        writer.write_table(table.replace_schema_metadata({"geo": geo}))
        pyogrio.write_arrow(
            table,
            package,
            layer=kind,
            geometry_name="geometry",
            geometry_type={"polygons": "Polygon", "points": "Point"}[kind],
            crs="EPSG:4490",
            append=package.exists(),
        )
    assert writer is not None
    writer.close()
    return package, parquet


def write_counties(path: Path, rows: int, count: int) -> Path:
    """Counties that hold all features: one, or four, side by side."""
    east, north = WEST + CELL * ACROSS, SOUTH + CELL * (rows / ACROSS + 1)
    sides = np.linspace(WEST, east, count + 1)
    # Every border has many corners, as real ones have.
    boxes = [
        shapely.segmentize(shapely.box(w, SOUTH - 1, e, north + 1), 0.01)
        for w, e in zip(sides, sides[1:], strict=False)
    ]
    table = pa.table({"code": list(COUNTIES[:count]), "geometry": shapely.to_wkb(boxes)})
    pyogrio.write_arrow(
        table, path, geometry_name="geometry", geometry_type="Polygon", crs="EPSG:4490"
    )
    return path
