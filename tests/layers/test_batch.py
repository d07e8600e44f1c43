"""Codes for the things of a file: how each row is answered, whatever interrupts it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import psycopg
import pyarrow.parquet as pq
import pytest
import shapely
from sqlalchemy import Engine

from cim.actions import Action
from cim.assignment import reservations
from cim.assignment.assign import Batch
from cim.assignment.reservations import Block
from cim.database.sql import run
from cim.errors import DatabaseUnreachable, UnknownClass
from cim.layer import Text
from layers import source
from layers.batch import assign_file
from layers.errors import BatchStopped, FieldMissing, ResultsUnfit, SourceUnreadable
from layers.load import VectorFile, load
from layers.report import BatchReport
from layers.requests import BatchFile

BATCH = Batch("lamps", "990603", Action("tester", "a test"))
IDS = ["a", "b", "", "d", "e"]
PLACES = [(112.10, 32.0), (112.11, 32.0), (112.12, 32.0), (112.100003, 32.0), (112.13, 32.0)]
DIVISIONS = ["420606", "420606", "420606", "420606", "429999"]
STATUSES = ["assigned", "assigned", "rejected", "duplicate?", "rejected"]


def frame(**more: Any) -> gpd.GeoDataFrame:
    columns = {"id": IDS, "place": DIVISIONS, "name": ["灯", "", "x", "y", "z"], **more}
    return gpd.GeoDataFrame(columns, geometry=shapely.points(PLACES), crs=4490)


def write(path: Path, made: gpd.GeoDataFrame) -> BatchFile:
    """The file, in the format that its name tells."""
    if path.suffix == ".parquet":
        made.to_parquet(path)
    elif path.suffix == ".csv":
        bare = pd.DataFrame(made.drop(columns="geometry"))
        bare.assign(lon=made.geometry.x, lat=made.geometry.y).to_csv(path, index=False)
    else:
        made.to_file(path)
    crs = "EPSG:4490" if path.suffix == ".csv" else None
    return BatchFile(path, "id", name_field="name", division_field="place", crs=crs)


def results(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("kind", ["csv", "gpkg", "geojson", "parquet"])
def test_each_row_is_answered(kind: str, engine: Engine, tmp_path: Path) -> None:
    file, out = (
        write(tmp_path / f"lamps.{kind}", frame(height=[8.5, 9, 1, 1, 1])),
        tmp_path / "o.csv",
    )
    assert assign_file(engine, file, BATCH, out) == BatchReport(5, 2, 0, 1, 2)
    told = results(out)
    assert [row["status"] for row in told] == STATUSES
    assert [row["row"] for row in told] == ["1", "2", "3", "4", "5"]
    assert told[0]["external_code"] == f"{told[0]['code']}{told[0]['external_code'][-1]}"
    assert (told[3]["code"], told[3]["review"]) == (told[0]["code"], "1")
    assert told[2]["reason"] == "source_id: it is empty or no text"
    assert told[4]["reason"].startswith("division: there is no division '429999'")
    with engine.connect() as connection:
        found = run(connection, "SELECT * FROM item.assigned_990603 ORDER BY code")
        events = run(
            connection, "SELECT a.who, a.why FROM cim.event JOIN cim.action a ON a.id = action_id"
        )
    assert [row.entity_id for row in found] == ["a", "b"]
    assert [row.entity_name for row in found] == ["灯", None]
    assert found[0].attributes == {"height": 8.5}
    assert {tuple(event) for event in events} == {("tester", "a test")}


def test_the_same_again_is_existing(engine: Engine, tmp_path: Path) -> None:
    file, out = write(tmp_path / "lamps.gpkg", frame()), tmp_path / "out.csv"
    assign_file(engine, file, BATCH, out)
    before = results(out)
    assert assign_file(engine, file, BATCH, out) == BatchReport(5, 0, 2, 1, 2)
    after = results(out)
    assert [row["code"] for row in after] == [row["code"] for row in before]
    assert after[3]["review"] == before[3]["review"], "a suspicion waits once"


def test_projected_places_are_moved(engine: Engine, tmp_path: Path) -> None:
    file = write(tmp_path / "lamps.parquet", frame().to_crs(4546))
    assign_file(engine, file, BATCH, tmp_path / "out.csv")
    with engine.connect() as connection:
        x, y = run(
            connection, "SELECT ST_X(geom), ST_Y(geom) FROM item.assigned_990603 ORDER BY code"
        )[0]
    assert (x, y) == pytest.approx(PLACES[0], abs=1e-9)


@pytest.mark.parametrize("kind", ["ndjson", "parquet"])
def test_results_in_other_formats(kind: str, engine: Engine, tmp_path: Path) -> None:
    file, out = write(tmp_path / "lamps.gpkg", frame()), tmp_path / f"out.{kind}"
    assign_file(engine, file, BATCH, out)
    if kind == "parquet":
        told = pq.read_table(out).to_pylist()
    else:
        told = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["status"] for row in told] == STATUSES
    assert [row["review"] for row in told] == [None, None, None, 1, None]


def lattice(path: Path, rows: int = 500) -> BatchFile:
    """Places of about 100 m between each other."""
    numbers = range(rows)
    made = gpd.GeoDataFrame(
        {"id": [f"p{n}" for n in numbers]},
        geometry=shapely.points([(112 + n % 100 / 1000, 32 + n // 100 / 1000) for n in numbers]),
        crs=4490,
    )
    made.to_parquet(path)
    return BatchFile(path, "id", division="420606")


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "BATCH_ROWS", 50)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("guard", [True, False])
def test_an_interrupted_batch_is_finished_by_the_same_command(
    guard: bool, engine: Engine, tmp_path: Path
) -> None:
    file, out, batch = (
        lattice(tmp_path / "p.parquet"),
        tmp_path / "o.csv",
        replace(BATCH, guard=guard),
    )

    def interrupt(rows: int) -> None:
        if rows >= 200:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        assign_file(engine, file, batch, out, interrupt)
    assert not out.exists()
    told = {row["source_id"]: row["code"] for row in results(tmp_path / "o.csv.part")}
    assert len(told) == 200
    finished = assign_file(engine, file, batch, out)
    assert (finished.rows, finished.duplicates, finished.rejected) == (500, 0, 0)
    assert 200 <= finished.existing < 500
    assert not (tmp_path / "o.csv.part").exists()
    codes = {row["source_id"]: row["code"] for row in results(out)}
    assert [row["row"] for row in results(out)] == [str(n) for n in range(1, 501)]
    assert told.items() <= codes.items(), "what was told is so"
    assert len(set(codes.values())) == 500
    with engine.connect() as connection:
        found = run(connection, "SELECT code FROM item.assigned_990603")
    assert sorted(row.code for row in found) == sorted(codes.values())


@pytest.mark.usefixtures("small_chunks")
def test_a_database_that_goes_away_stops_it(engine: Engine, server: str, tmp_path: Path) -> None:
    file, out, name = lattice(tmp_path / "p.parquet"), tmp_path / "o.csv", engine.url.database

    def close(allowed: str) -> None:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}")
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )

    with pytest.raises(
        BatchStopped, match=r"after row \d+: the database .* is unreachable"
    ) as told:
        assign_file(engine, file, BATCH, out, lambda rows: close("false") if rows == 100 else None)
    assert not out.exists()
    with pytest.raises(DatabaseUnreachable):
        assign_file(engine, file, BATCH, out)
    close("true")
    finished = assign_file(engine, file, BATCH, out)
    assert (finished.assigned + finished.existing, finished.existing >= told.value.row) == (
        500,
        True,
    )


@pytest.mark.usefixtures("small_chunks")
def test_rows_are_counted_through_the_file(engine: Engine, tmp_path: Path) -> None:
    made = gpd.read_parquet(lattice(tmp_path / "p.parquet").path)
    made.loc[119, "id"] = made.loc[110, "id"]
    made.loc[130, "geometry"] = None
    made.loc[140, "geometry"] = shapely.Point(500, 32)
    made.to_parquet(tmp_path / "p.parquet")
    file = BatchFile(tmp_path / "p.parquet", "id", division="420606")
    assert assign_file(engine, file, BATCH, tmp_path / "o.csv").rejected == 3
    refused = {
        r["row"]: r["reason"] for r in results(tmp_path / "o.csv") if r["status"] == "rejected"
    }
    assert refused == {
        "120": "source_id: it stands in row 111 already",
        "131": "it has no geometry",
        "141": "the coordinate (500, 32) cannot be in China Geodetic Coordinate System 2000",
    }


@pytest.fixture
def lamps(engine: Engine, tmp_path: Path) -> VectorFile:
    """A layer of lamps, whose fields have types and whose key is called as a column of ours."""
    made = gpd.GeoDataFrame(
        {"code": ["L1"], "name": ["灯"], "road": ["1401"], "poles": [2], "lit": [True]},
        geometry=[shapely.Point(112.2, 32)],
        crs=4490,
    )
    made.to_file(tmp_path / "layer.gpkg")
    file = VectorFile(
        tmp_path / "layer.gpkg",
        "lamps",
        Text("灯", "Lamps"),
        key="code",
        name_field="name",
        class_code="990603",
        division="420606",
    )
    with engine.begin() as connection:
        load(connection, engine, file)
    return file


@pytest.mark.usefixtures("lamps")
def test_a_named_layer_takes_the_fields_that_it_has(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text(
        "lon,lat,number,name,road,poles,lit,colour\n"
        "112.3,32,0012,甲,1402,3,true,red\n"
        "112.4,32,1e3,乙,1403,,,red\n"
        "112.5,32,17,丙,1404,many,,red\n"
    )
    file = BatchFile(tmp_path / "new.csv", "number", division="420606", crs="EPSG:4490")
    report = assign_file(engine, file, replace(BATCH, layer="lamps"), tmp_path / "o.csv")
    assert (report.assigned, report.rejected) == (2, 1)
    assert results(tmp_path / "o.csv")[2]["reason"] == "poles: 'many' is not of type bigint"
    with engine.connect() as connection:
        found = run(connection, "SELECT * FROM item.lamps ORDER BY code")
        names = run(connection, "SELECT name FROM cim.name ORDER BY code")
    read = [(r.source_code, r.name, r.road, r.poles, r.lit) for r in found]
    assert read == [
        ("L1", "灯", "1401", 2, True),
        ("0012", "甲", "1402", 3, True),
        ("1e3", "乙", "1403", None, None),
    ]
    assert [row.name for row in names] == ["灯", "甲", "乙"]


def test_reserved_codes(engine: Engine, tmp_path: Path) -> None:
    block = Block("bridge", "420606", "990603", 3, datetime.now(UTC) + timedelta(days=1))
    with engine.begin() as connection:
        held = reservations.reserve(connection, engine, block, Action("tester"))
    painted = [held.last_code, "", "", "", ""]
    file = replace(write(tmp_path / "l.gpkg", frame(painted=painted)), code_field="painted")
    out = tmp_path / "o.csv"
    assign_file(engine, file, replace(BATCH, reservation=held.id, guard=False), out)
    told = results(out)
    assert [row["status"] for row in told] == ["assigned"] * 2 + [
        "rejected",
        "assigned",
        "rejected",
    ]
    assert {told[0]["code"], told[1]["code"], told[3]["code"]} == {
        held.first_code[:-1] + digit for digit in "123"
    }
    assert told[0]["code"] == held.last_code


def test_rows_in_another_encoding_are_refused(engine: Engine, tmp_path: Path) -> None:
    lines = "lon,lat,id,name\n112.1,32,a,lamp\n112.2,32,b,路灯\n"
    (tmp_path / "l.csv").write_text(lines, encoding="GBK")
    file = BatchFile(
        tmp_path / "l.csv", "id", "name", division="420606", crs="EPSG:4490", encoding="UTF-8"
    )
    assert assign_file(engine, file, BATCH, tmp_path / "o.csv") == BatchReport(2, 1, 0, 0, 1)
    assert results(tmp_path / "o.csv")[1]["reason"].startswith("name: the text is not in UTF-8")
    read = replace(file, encoding=None)
    assert assign_file(engine, read, BATCH, tmp_path / "o.csv") == BatchReport(2, 1, 1, 0, 0)


def test_a_text_below_a_megabyte_of_numbers(tmp_path: Path) -> None:
    """GDAL guesses types from the first megabyte, where it is not told to read on."""
    numbers = "".join(f"112.1,32,{n},{n:0100d}\n" for n in range(10_000))
    (tmp_path / "l.csv").write_text(f"lon,lat,value,pad\n{numbers}112.1,32,unknown,0\n")
    with source.open_source(tmp_path / "l.csv", crs="EPSG:4490") as opened:
        last = [batch.columns[0][-1].as_py() for batch in opened.batches()][-1]
    assert last == "unknown"


Refusal = tuple[Callable[[BatchFile], BatchFile], Batch, str, type[Exception], str]
REFUSED: dict[str, Refusal] = {
    "no key": (lambda f: replace(f, key="nr"), BATCH, "o.csv", FieldMissing, "'nr'; the file has"),
    "no class": (lambda f: f, replace(BATCH, class_code="990000"), "o.csv", UnknownClass, "990000"),
    "no file": (
        lambda f: replace(f, path=f.path.with_name("x.gpkg")),
        BATCH,
        "o.csv",
        SourceUnreadable,
        "no such",
    ),
    "no format": (
        lambda f: f,
        BATCH,
        "o.xlsx",
        ResultsUnfit,
        "must end in .csv, .ndjson, .parquet",
    ),
    "itself": (lambda f: f, BATCH, "lamps.parquet", ResultsUnfit, "the file of the requests"),
    "no folder": (lambda f: f, BATCH, "no/o.csv", ResultsUnfit, "No such file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_as_a_whole(name: str, engine: Engine, tmp_path: Path) -> None:
    of, batch, out, error, words = REFUSED[name]
    file = of(write(tmp_path / "lamps.parquet", frame()))
    with pytest.raises(error, match=words):
        assign_file(engine, file, batch, tmp_path / out)
    assert {path.name for path in tmp_path.iterdir()} == {"lamps.parquet"}
    with engine.connect() as connection:
        assert run(connection, "SELECT count(*) AS n FROM cim.entity")[0].n == 0
