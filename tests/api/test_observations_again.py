"""The CSV of a station is what was loaded, so that it can be loaded again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine
from starlette.testclient import TestClient

from cim.layer import Text
from layers import load as vectors
from layers.load import VectorFile
from layers.observations.file import ObservationFile
from layers.observations.load import load


def test_what_a_source_said_comes_back_with_the_csv(
    writing: TestClient, engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "gauges.csv"
    path.write_text("station,lon,lat\nA,112.1,32.1\n")
    put = VectorFile(path, "gauges", Text("测站", "Gauges"), key="station", class_code="990203")
    with engine.begin() as connection:
        vectors.load(connection, engine, replace(put, division="420602", crs="EPSG:4490"))
        path.write_text(
            "station,time,parameter,value,unit,flag,datum\n"
            'A,2024-07-01 08:00,stage,6530,cm,"可疑 ""浮子""",吴淞\n'
            "A,2024-07-01 08:00,stage,63.5,m,好,1985国家高程基准\n"
        )
        load(connection, ObservationFile(path, "gauges"))
    (code,) = (f["id"] for f in writing.get("/collections/gauges/items").json()["features"])
    here = f"/collections/gauges/locations/{code}"
    readings = writing.get(f"{here}?f=GeoJSON").json()["features"]
    assert len({feature["id"] for feature in readings}) == 2  # one a datum
    path.write_bytes(writing.get(f"{here}?f=CSV").content)
    with engine.begin() as connection:
        report = load(connection, ObservationFile(path, "gauges"))
    assert (report.unchanged, report.changed, report.flagged) == (2, 0, {"given": 2})
