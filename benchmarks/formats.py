"""Memory and speed of reading every format (各格式读取): a file, and one four times as big.

Seeded buildings of 13 corners with two texts and two numbers are written in each format, N of them
and 4 N. Each file is read to its end by `layers.source` in a process of its own, which tells the
most memory that it ever had. The baseline is that of the shorter file: memory that grew with the
file would be four times as much, less what the program itself takes (`empty`).

    python benchmarks/formats.py [--rows 50000] [--formats gpkg,shp]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely

from layers.source import open_source

BLOCK = 10_000
WORDS = ["古隆中风景区", "襄阳古城墙", "鱼梁洲中央生态公园", "樊城区人民路"]
ADDRESS = "湖北省襄阳市襄城区隆中街道"
SCHEMA = pa.schema(
    [
        pa.field("number", pa.string()),
        pa.field("name", pa.string()),
        pa.field("floors", pa.int32()),
        pa.field("height", pa.float64()),
        pa.field("geometry", pa.binary()),
    ]
)


def blocks(rows: int) -> Iterator[pa.RecordBatch]:
    """The buildings, so many at once."""
    random = np.random.default_rng(7)
    angle = np.linspace(0, 2 * np.pi, 13)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1) * 2e-4
    circle[-1] = circle[0]
    for first in range(0, rows, BLOCK):
        size = min(BLOCK, rows - first)
        middle = random.uniform((112.0, 32.0), (112.2, 32.1), (size, 1, 2))
        shapes = shapely.polygons(np.round(middle + circle, 7))
        columns = [
            [f"{first + n:09d}-{ADDRESS}{first + n}号" for n in range(size)],
            [WORDS[n % len(WORDS)] for n in range(size)],
            random.integers(1, 40, size),
            random.uniform(3, 120, size).round(2),
            shapely.to_wkb(shapes),
        ]
        arrays = [pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)]
        yield pa.record_batch(arrays, schema=SCHEMA)


def by_gdal(driver: str, **options: str) -> Callable[[Path, int], None]:
    def write(path: Path, rows: int) -> None:
        reader = pa.RecordBatchReader.from_batches(SCHEMA, blocks(rows))
        crs = "OGC:CRS84" if driver.startswith("GeoJSON") else "EPSG:4490"
        pyogrio.write_arrow(
            reader,
            path,
            driver=driver,
            layer="buildings",
            geometry_name="geometry",
            geometry_type="Polygon",
            crs=crs,
            **options,
        )

    return write


def parquet(path: Path, rows: int) -> None:
    geo = {"columns": {"geometry": {"encoding": "WKB"}}, "primary_column": "geometry"}
    schema = SCHEMA.with_metadata({"geo": json.dumps(geo)})
    with pq.ParquetWriter(path, schema) as writer:
        tables = (pa.Table.from_batches([block]).cast(schema) for block in blocks(rows))
        # One row group of all rows, which is the worst case.
        writer.write_table(pa.concat_tables(tables), row_group_size=rows)


def texts(path: Path, rows: int, frame: tuple[str, str], one: Callable[..., str]) -> None:
    with path.open("w", encoding="gbk" if path.suffix != ".kml" else "utf-8") as file:
        file.write(frame[0])
        for block in blocks(rows):
            columns = [block.column(n).to_pylist() for n in range(4)]
            shapes = shapely.from_wkb(block.column(4).to_numpy(zero_copy_only=False))
            for row in zip(*columns, shapes, strict=True):
                file.write(one(*row))
        file.write(frame[1])


def csv(path: Path, rows: int) -> None:
    texts(
        path,
        rows,
        ("number,name,floors,height,wkt\n", ""),
        lambda number, name, floors, height, shape: (
            f'{number},{name},{floors},{height},"{shape.wkt}"\n'
        ),
    )


def kml(path: Path, rows: int) -> None:
    def one(number: str, name: str, floors: int, _height: float, shape: shapely.Polygon) -> str:
        ring = " ".join(f"{x:.7f},{y:.7f}" for x, y in shape.exterior.coords)
        return (
            f"<Placemark><name>{name}</name><ExtendedData><Data name='number'><value>{number}"
            f"</value></Data><Data name='floors'><value>{floors}</value></Data></ExtendedData>"
            "<Polygon><outerBoundaryIs><LinearRing><coordinates>"
            f"{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>\n"
        )

    texts(path, rows, ("<kml><Document>\n", "</Document></kml>\n"), one)


def dxf(path: Path, rows: int) -> None:
    head = (
        "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1015\n9\n$DWGCODEPAGE\n3\nANSI_936\n0\nENDSEC\n"
    )
    handles = count(1)

    def one(_number: str, name: str, _floors: int, _height: float, shape: shapely.Polygon) -> str:
        ring = "".join(f"10\n{x}\n20\n{y}\n" for x, y in shape.exterior.coords)
        return f"0\nLWPOLYLINE\n5\n{next(handles):X}\n8\n{name}\n90\n13\n70\n1\n{ring}"

    frame = (head + "0\nSECTION\n2\nENTITIES\n", "0\nENDSEC\n0\nEOF\n")
    texts(path, rows, frame, one)


WRITERS: dict[str, Callable[[Path, int], None]] = {
    "gpkg": by_gdal("GPKG", SPATIAL_INDEX="NO"),
    "shp": by_gdal("ESRI Shapefile", encoding="GBK"),
    "geojson": by_gdal("GeoJSON"),
    "geojsonl": by_gdal("GeoJSONSeq"),
    "fgb": by_gdal("FlatGeobuf", SPATIAL_INDEX="NO"),
    "parquet": parquet,
    "gdb": by_gdal("OpenFileGDB"),
    "csv": csv,
    "kml": kml,
    "dxf": dxf,
}


def read(path: Path) -> None:
    """Read a file to its end, and tell rows, seconds and the most megabytes."""
    started = time.perf_counter()
    rows = 0
    if path.exists():
        crs = "EPSG:4490" if path.suffix in {".csv", ".dxf"} else None
        kind = "polygons" if path.suffix == ".dxf" else None
        with open_source(path, layer=kind, crs=crs) as source:
            for batch in source.batches():
                rows += len(batch)
    # The most of this program alone; getrusage would count that of its parent.
    status = Path("/proc/self/status").read_text().split("VmHWM:")[1]
    most = int(status.split()[0]) / 1024
    print(json.dumps([rows, time.perf_counter() - started, most]))


def measured(path: Path) -> tuple[int, float, float]:
    command = [sys.executable, __file__, "--read", str(path)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    rows, seconds, most = json.loads(told.stdout)
    return rows, seconds, most


def size(path: Path) -> float:
    parts = path.rglob("*") if path.is_dir() else path.parent.glob(f"{path.stem}.*")
    return sum(part.stat().st_size for part in parts) / (1 << 20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--formats", default=",".join(WRITERS))
    parser.add_argument("--read", type=Path)
    asked = parser.parse_args()
    if asked.read:
        read(asked.read)
        return
    empty = measured(Path("no such file"))[2]
    print(f"empty     {empty:21.0f} MB")
    for name in asked.formats.split(","):
        told = []
        for rows in (asked.rows, 4 * asked.rows):
            with tempfile.TemporaryDirectory(prefix="cim-") as folder:
                path = Path(folder) / f"buildings.{name}"
                WRITERS[name](path, rows)
                found, seconds, most = measured(path)
                assert found == rows, (name, found, rows)
                told.append((most, f"{size(path):6.0f} MB file {most:5.0f} MB memory"))
        growth = told[1][0] / told[0][0]
        rate = f"{rows / seconds:9,.0f} rows/s"
        print(f"{name:9} {told[0][1]}, {told[1][1]}  x{growth:.2f} {rate}", flush=True)


if __name__ == "__main__":
    main()
