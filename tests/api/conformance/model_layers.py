"""Small layers whose rows are known: what filters and coordinates are held against.

`places` are points in rows and columns, `streets` lines, `areas` polygons, all about 112.0 E,
32.0 N. The rows here are the oracle: nothing of them is read back from the service.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Engine

from cim.layer import Text
from layers.load import VectorFile, load

Row = dict[str, Any]

_NAMES = [
    "København Kobenhavn",
    "Kobenhavn Kobenhavn",
    "kobenhavn kobenhavn",
    "KØBENHAVN KOBENHAVN",
    "Århus Arhus",
    "襄阳 Xiangyang",
    "襄州 Xiangzhou",
    "宜城 Yicheng",
    "Berlin Berlin",
    "Bern Bern",
    "Bergen Bergen",
    "Brno Brno",
    "Chișinău Chisinau",
    "Malé Male",
    "male male",
    "Zürich Zurich",
    "Lomé Lome",
    "São_Tomé Sao_Tome",
    "50% 50%",
    "O'Higgins O'Higgins",
    "Bar\\Foo Bar\\Foo",
    "Tab\there Tabhere",
    "Ελλάδα Ellada",
    "ΕΛΛΑΔΑ ELLADA",
]


def _at(origin: float, steps: int) -> float:
    return round(origin + 0.01 * steps, 2)


def _place(n: int) -> Row:
    name, nameascii = _NAMES[n].rsplit(" ", 1)
    start = f"2022-04-{n % 28 + 1:02}T10:13:19Z"
    known = n % 5 != 4  # every fifth has none of the times
    return {
        "n": n,
        "name": name,
        "nameascii": nameascii,
        "pop_other": None if n % 7 == 6 else 1_000_000 + 12_800 * n,
        "pop_min": 900_000 + 10_000 * n,
        "pop_max": 900_000 + 10_000 * n + (0 if n % 3 == 0 else 250_000),
        "share": None if n % 11 == 10 else round(n * 0.37 - 2, 2),
        "active": None if n % 6 == 5 else n % 2 == 0,
        "founded": f"20{20 + n % 4}-04-16" if known else None,
        "start": start if known else None,
        "end": f"2022-0{5 + n % 3}-01T00:00:00Z" if known else None,
        "tags": None if n % 8 == 7 else [each for i, each in enumerate("abcd") if n >> i & 1],
        "geometry": shapely.Point(_at(112.0, n % 6), _at(32.0, n // 6)),
    }


PLACES = [_place(n) for n in range(len(_NAMES))]
STREETS: list[Row] = [
    {
        "n": n,
        "name": f"street {n}",
        "lanes": n % 4 + 1,
        "geometry": shapely.LineString(
            [(112.0 + 0.01 * n, 31.995), (112.005 + 0.01 * n, 32.02), (112.01 + 0.01 * n, 32.035)]
        )
        if n < 5
        else shapely.LineString([(111.99, 31.99 + 0.01 * n - 0.05), (112.06, 31.96 + 0.01 * n)]),
    }
    for n in range(10)
]
AREAS: list[Row] = [
    {
        "n": n,
        "name": f"area {n}",
        "geometry": shapely.box(
            _at(112.0, n % 4), _at(32.0, n // 4), _at(112.01, n % 4), _at(32.01, n // 4)
        ),
    }
    for n in range(12)
]  # fmt: skip
LAYERS: dict[str, list[Row]] = {"places": PLACES, "streets": STREETS, "areas": AREAS}


def load_all(engine: Engine, folder: Path) -> None:
    for name, rows in LAYERS.items():
        path = folder / f"{name}.parquet"
        _frame(rows).to_parquet(path)
        file = VectorFile(
            path,
            name,
            Text(name, name),
            key="n",
            class_code="990101",
            division="420602",
        )
        with engine.begin() as connection:
            load(connection, engine, file)


def _frame(rows: list[Row]) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=4490)
    for column in frame.columns.intersection(["pop_other"]):
        frame[column] = frame[column].astype("Int64")
    for column in frame.columns.intersection(["active"]):
        frame[column] = frame[column].astype("boolean")
    for column in frame.columns.intersection(["start", "end"]):
        frame[column] = pd.to_datetime(frame[column], utc=True)
    for column in frame.columns.intersection(["founded"]):
        frame[column] = pd.to_datetime(frame[column]).dt.date
    return frame
