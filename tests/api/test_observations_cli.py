"""`cim observations` as people run it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from os import environ
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import Engine

from cim.layer import Text
from layers.load import VectorFile, load

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cim(engine: Engine, database: str, tmp_path: Path) -> Run:
    """The command over a database with one county and the stations A and B."""
    county = gpd.GeoDataFrame(
        {"code": ["420606"]}, geometry=[shapely.box(112, 32, 113, 33)], crs=4490
    )
    gauges = gpd.GeoDataFrame(
        {"station": ["A", "B"]}, geometry=shapely.points([[112.1, 32.1], [112.2, 32.2]]), crs=4490
    )
    for name, frame, key, kind in (
        ("counties", county, "code", "990501"),
        ("gauges", gauges, "station", "990203"),
    ):
        path = tmp_path / f"{name}.gpkg"
        frame.to_file(path)
        file = VectorFile(path, name, Text(name, name), key=key, class_code=kind)
        with engine.begin() as connection:
            load(connection, engine, file)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "api.cli", "observations", *words]
        settings = {**environ, "CIM_DATABASE_URL": database, "CIM_HOME": str(tmp_path)}
        return subprocess.run(command, env=settings, capture_output=True, text=True, check=False)

    return run


def test_a_file_is_loaded_told_and_listed(cim: Run, tmp_path: Path) -> None:
    file = tmp_path / "july.csv"
    file.write_text(
        "STCD,TM,Z\nA,2024-07-01 08:00,6530\nB,2024-07-01 08:00,6100\nC,2024-07-01 08:00,1\n"
    )
    words = ("load", str(file), "--stations", "gauges", "--parameter", "stage", "--unit", "cm")
    loaded = cim(*words, "--datum", "吴淞", "--datum-offset", "-1.83")
    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout == (
        "gauges: 2 added, 0 changed, 0 unchanged, 0 repeated, 0 empty, 1 refused; "
        "2 series, 2 of them new; doubtful: none\n"
    )
    assert "row 3: 'C' names no station of gauges" in loaded.stderr
    again = json.loads(cim(*words, "--datum", "吴淞", "--json").stdout)
    assert (again["added"], again["unchanged"]) == (0, 2)
    assert again["problems"] == [
        {
            "row": 3,
            "field": None,
            "value": "C",
            "rule": "observation.station",
            "zh": "'C' 不是图层 gauges 的测站",
            "en": "'C' names no station of gauges",
        }
    ]
    listed = json.loads(cim("list", "--json").stdout)["series"]
    assert [(row["station"], row["parameter"], row["datum"]) for row in listed] == [
        ("A", "stage", "吴淞"),
        ("B", "stage", "吴淞"),
    ]
    assert listed[0]["datum_offset"] == -1.83
    assert listed[0]["first_at"] == listed[0]["last_at"] == "2024-07-01T00:00:00+00:00"
    assert "gauges" in cim("list").stdout


def test_columns_zones_and_layouts_can_be_told(cim: Run, tmp_path: Path) -> None:
    file = tmp_path / "wide.csv"
    file.write_text("moment,A,B\n2024-07-01 08:00,65.3,61.0\n")
    words = ("load", str(file), "--stations", "gauges", "--parameter", "stage", "--json")
    named = ("--column", "time=moment", "--wide", "--timezone", "UTC")
    report = json.loads(cim(*words, *named).stdout)
    assert (report["added"], report["first_at"]) == (2, "2024-07-01T08:00:00+00:00")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--stations", "nowhere"), 1, "cim: there is no layer 'nowhere'"),
        (("--stations", "gauges", "--parameter", "gossip"), 1, "no observed parameter 'gossip'"),
        (("--stations", "gauges", "--timezone", "Mars"), 1, "'Mars' is no time zone"),
        (("--stations", "gauges", "--timezone", "+25:00"), 1, "'+25:00' is no time zone"),
        (("--stations", "gauges", "--strict"), 1, "is refused: row 1: 'C' names no station"),
        (("--stations", "gauges", "--unit", "m"), 2, "--unit needs --parameter"),
        (("--stations", "gauges", "--column", "hour=TM"), 2, "--column is ROLE=NAME"),
    ],
)
def test_what_goes_wrong_is_told(
    cim: Run, tmp_path: Path, words: tuple[str, ...], status: int, said: str
) -> None:
    file = tmp_path / "july.csv"
    file.write_text("STCD,TM,Z\nC,2024-07-01 08:00,65.3\n")
    told = cim("load", str(file), *words)
    assert told.returncode == status
    assert said in " ".join(told.stderr.split())


def test_parameters_are_listed_with_their_limits(cim: Run) -> None:
    table = cim("parameters").stdout
    assert "stage" in table
    assert "水位" in table
    [stage] = [
        row
        for row in json.loads(cim("parameters", "--json").stdout)["parameters"]
        if row["code"] == "stage"
    ]
    assert (stage["unit"], stage["conf"]) == ("m", "L")
