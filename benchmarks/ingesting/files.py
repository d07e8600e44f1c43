"""Files of seeded features for `benchmarks/ingest.py`: polygons, points, and counties."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from numpy.typing import NDArray

SEED = 20260101
CHUNK = 100_000
ACROSS = 2000  # features in a row of the lattice
CELL = 0.0005  # degrees: about 50 m
WEST, SOUTH = 111.0, 25.0
COUNTIES = ("420606", "420607", "420602", "420624")
USES = np.array(["0101", "0701", "0702", "0809", "1001", "1207", "1401", "1701"])
GEO = {
    "geo": '{"version": "1.1.0", "primary_column": "geometry",'
    ' "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}}}'
}


def write(folder: Path, kind: str, rows: int) -> tuple[Path, Path]:
    """A GeoPackage and a GeoParquet file of the same features."""
    folder.mkdir(exist_ok=True)
    package, parquet = folder / f"{kind}.gpkg", folder / f"{kind}.parquet"
    names = {"geometry_name": "geometry", "geometry_type": kind.removesuffix("s").title()}
    schema = next(_tables(kind, 1)).schema.with_metadata(GEO)
    with pq.ParquetWriter(parquet, schema) as writer:
        for table in _tables(kind, rows):
            writer.write_table(table.cast(schema))
            there = package.exists()
            pyogrio.write_arrow(table, package, layer=kind, crs="EPSG:4490", append=there, **names)
    return package, parquet


def _tables(kind: str, rows: int) -> Iterator[pa.Table]:
    """The features, some at a time."""
    for first in range(0, rows, CHUNK):
        number = np.arange(first, min(first + CHUNK, rows))
        rng = np.random.default_rng([SEED, first])
        count = len(number)
        yield pa.table(
            {
                "number": np.char.add("P", np.char.zfill(number.astype(str), 9)),
                "landuse": USES[rng.integers(0, len(USES), count)],
                "area": np.round(rng.uniform(100, 90_000, count), 2),
                "ratio": np.round(rng.uniform(0.1, 6, count), 2),
                "floors": rng.integers(0, 40, count).astype(np.int32),
                "owner": np.char.add("权利人", rng.integers(0, 5000, count).astype(str)),
                "surveyed": np.datetime64("2020-01-01") + rng.integers(0, 2000, count),
                "zone": pa.array(number // 7, mask=rng.random(count) < 0.1),
                "remark": pa.array(np.char.add("号", number.astype(str)), mask=number % 3 > 0),
                "geometry": shapely.to_wkb(_shapes(kind, number, rng)),
            }
        )


def _shapes(kind: str, number: NDArray[np.int64], rng: np.random.Generator) -> NDArray[Any]:
    x = WEST + CELL * (number % ACROSS + 0.5)
    y = SOUTH + CELL * (number // ACROSS + 0.5)
    return _stars(x, y, rng) if kind == "polygons" else shapely.points(x, y)


def _stars(x: NDArray[Any], y: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Stars of 5 to 20 corners around places, none of which meets another."""
    corners = rng.integers(5, 21, len(x))
    ring = np.repeat(np.arange(len(x)), corners)
    number = np.arange(len(ring)) - np.repeat(np.cumsum(corners) - corners, corners)
    angle = (number + rng.uniform(0, 0.9, len(ring))) * (2 * np.pi / corners[ring])
    reach = rng.uniform(0.2, 0.49, len(ring)) * CELL
    places = np.column_stack([x[ring] + reach * np.cos(angle), y[ring] + reach * np.sin(angle)])
    return shapely.polygons(shapely.linearrings(places, indices=ring))


def write_counties(path: Path, rows: int, count: int) -> Path:
    """Counties side by side that hold all features; borders have many corners, and cross some."""
    east, north = WEST + CELL * (ACROSS + 1), SOUTH + CELL * (rows / ACROSS + 1)
    sides = np.linspace(WEST - CELL / 2, east, count + 1)
    boxes = [shapely.box(w, SOUTH - 0.1, e, north + 0.1) for w, e in pairwise(sides)]
    wkb = shapely.to_wkb(shapely.segmentize(boxes, 0.01))
    table = pa.table({"code": list(COUNTIES[:count]), "geometry": wkb})
    names = {"geometry_name": "geometry", "geometry_type": "Polygon"}
    pyogrio.write_arrow(table, path, crs="EPSG:4490", **names)
    return path
