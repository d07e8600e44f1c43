"""The commands of ingest: modes, reports of every row, the log, and runs undone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from commands import Cim

LOAD = ("--layer", "plots", "--key", "number", "--class", "990101", "--division", "420602")


def plots(path: Path, keys: list[str], shapes: list[Any] | None = None, **more: Any) -> Path:
    boxes = [shapely.box(112 + n / 100, 32, 112.005 + n / 100, 32.01) for n in range(len(keys))]
    frame = gpd.GeoDataFrame({"number": keys, **more}, geometry=shapes or boxes, crs=4490)
    frame.to_file(path)
    return path


def test_a_layer_from_its_first_file_to_its_last(cim: Cim, tmp_path: Path) -> None:
    first = plots(tmp_path / "first.gpkg", ["a", "b", "c"])
    loaded = cim("layer", "load", first, *LOAD)
    assert loaded.out == (
        "plots: 3 added, 0 changed, 0 unchanged, 0 retired, 0 repaired, 0 refused (run 1)\n"
    )
    more = plots(tmp_path / "more.gpkg", ["d"])
    assert "1 added" in cim("layer", "load", more, *LOAD, "--mode", "append").out
    (tmp_path / "gone.csv").write_text("number\na\nb\n")
    why = ("--why", "torn down", "--document", "No. 7")
    gone = cim("layer", "load", tmp_path / "gone.csv", *LOAD, "--mode", "delete", *why, "--json")
    run = json.loads(gone.out)
    assert (run["retired"], run["who"], run["why"]) == (2, "tester", "torn down")
    undone = cim("layer", "rollback", run["id"], "--why", "not yet")
    assert undone.out.startswith("plots: 2 added, 0 changed"), undone.err
    log = json.loads(cim("layer", "runs", "plots", "--json").out)["runs"]
    assert [(each["mode"], each["state"]) for each in log] == [
        ("rollback", "done"),
        ("delete", "undone"),
        ("append", "done"),
        ("replace", "done"),
    ]
    table = cim("layer", "runs").out
    assert "rollback of 3" in table
    assert "undone by 4" in table
    again = cim("layer", "rollback", run["id"])
    assert (again.status, again.err) == (
        1,
        f"cim: run {run['id']} cannot be undone: run 4 has undone it\n",
    )
    count = json.loads(cim("layer", "list", "--json").out)["layers"][0]["count"]
    assert count == 4


FLAT = shapely.Polygon([(112.01, 32.01), (112.02, 32.02), (112.01, 32.01)])
BOX = shapely.box(112.01, 32.01, 112.02, 32.02)
BOWTIE = shapely.Polygon([(112.01, 32.01), (112.02, 32.02), (112.02, 32.01), (112.01, 32.02)])


def test_a_report_of_every_row(cim: Cim, tmp_path: Path) -> None:
    file = plots(
        tmp_path / "p.gpkg",
        ["a", "b", "", "a", "e"],
        [BOX, FLAT, BOX, BOX, BOWTIE],
        refused_row=[1, 2, 3, 4, 5],
    )
    report, refused = tmp_path / "report.json", tmp_path / "refused.gpkg"
    files = ("--report", report, "--refused", refused)
    said = cim("layer", "load", file, *LOAD, *files, "--repair")
    assert said.status == 1
    lines = said.err.splitlines()
    assert lines[-1].startswith("cim: ")
    assert "p.gpkg is refused: row 2: the geometry is invalid" in lines[-1]
    assert "键值重复 doubled key (key.doubled): 1 rows" in said.err
    assert "the key 'a' stands in row 1 already" in said.err
    told = json.loads(report.read_text())
    assert (told["run"]["state"], told["accepted"]) == ("refused", 0)
    assert [(one["row"], one["rule"]) for one in told["refused"]] == [
        (2, "geometry.collapsed"),
        (3, "key.empty"),
        (4, "key.doubled"),
    ]
    assert told["refused"][2] == {
        "row": 4,
        "field": "number",
        "value": "a",
        "rule": "key.doubled",
        "zh": "键值 'a' 已出现在第 1 行",
        "en": "the key 'a' stands in row 1 already",
    }
    assert [(one["row"], one["rule"]) for one in told["repaired"]] == [(5, "geometry.repaired")]
    assert told["repaired"][0]["details"]["area_before"] == 0
    assert "几何已修复 geometry repaired (geometry.repaired): 1 rows" in said.err
    assert (told["noted"], told["told"][0]["rule"]) == ({"geometry.turned": 1}, "geometry.doubled")
    faults = gpd.read_file(refused, layer="faults")
    assert list(faults["rule"]) == ["geometry.collapsed", "geometry.repaired"]
    rows = gpd.read_file(refused, layer="refused")
    assert list(rows["refused_row"]) == [2, 3, 4]
    assert list(rows["source_refused_row"]) == [2, 3, 4]
    assert list(rows["number"]) == ["b", "", "a"]
    assert rows["refused_zh"][1] == "键值为空"
    said = cim("layer", "load", file, *LOAD, *files, "--repair", "--skip-refused")
    assert (said.status, "2 added" in said.out, "3 refused" in said.out) == (0, True, True)
    assert json.loads(report.read_text())["accepted"] == 2


def test_refused_rows_that_were_mended_bring_no_fields_of_their_own(
    cim: Cim, tmp_path: Path
) -> None:
    file, refused = plots(tmp_path / "p.gpkg", ["a", "b"], [BOX, BOWTIE]), tmp_path / "refused.gpkg"
    said = cim("layer", "load", file, *LOAD, "--skip-refused", "--refused", refused)
    assert "1 added" in said.out
    again = ("--source-layer", "refused", "--mode", "upsert", "--repair")
    assert "1 added" in cim("layer", "load", refused, *LOAD, *again).out
    out = tmp_path / "out.geojson"
    assert cim("layer", "export", "plots", out).status == 0
    found = json.loads(out.read_text())["features"]
    assert [each["properties"]["number"] for each in found] == ["a", "b"]
    assert not [name for name in found[0]["properties"] if name.startswith("refused")]


def test_moments_with_zones_come_back_as_they_were_exported(cim: Cim, tmp_path: Path) -> None:
    text = '{"type":"FeatureCollection","features":[%s]}'
    one = (
        '{"type":"Feature","geometry":{"type":"Point","coordinates":[112.%d,32]},"properties":'
        '{"number":"%d","seen":"2024-01-0%dT00:00:00+08:00","local":"2024-01-01T00:00:0%d"}}'
    )
    rows = ",".join(one % ((n,) * 4) for n in range(1, 4))
    (tmp_path / "first.geojson").write_text(text % rows)
    assert "3 added" in cim("layer", "load", tmp_path / "first.geojson", *LOAD).out

    def moments() -> list[tuple[str, str]]:
        out = tmp_path / "now.geojson"
        assert cim("layer", "export", "plots", out).status == 0
        found = [each["properties"] for each in json.loads(out.read_text())["features"]]
        return sorted((each["seen"], each["local"]) for each in found)

    before = moments()
    assert before[0] == ("2023-12-31T16:00:00+00:00", "2024-01-01T00:00:01")
    for ending in ("geoparquet", "fgb", "csv"):
        out = tmp_path / f"out.{ending}"
        assert cim("layer", "export", "plots", out).status == 0
        crs = ("--crs", "EPSG:4490") if ending == "csv" else ()
        assert cim("layer", "load", out, *LOAD, *crs).status == 0
        assert moments() == before, ending
        assert "3 unchanged" in cim("layer", "load", out, *LOAD, *crs).out


def test_many_problems_are_told_in_part_and_written_in_full(cim: Cim, tmp_path: Path) -> None:
    """Among two rules, each has its share of what a terminal shows."""
    keys = ["a"] * 3000 + [""] * 5
    file = plots(tmp_path / "p.gpkg", keys, [BOX] * len(keys))
    report = tmp_path / "report.json"
    said = cim("layer", "load", file, *LOAD, "--report", report)
    assert said.err.count("stands in row 1 already") == 15
    assert said.err.count("the key is empty") == 5 + 1, "and in the last line"
    assert "3,004 in all" in said.err
    assert len(json.loads(report.read_text())["refused"]) == 3004


def test_refused_keys_and_files_that_cannot_be_read(cim: Cim, tmp_path: Path) -> None:
    cim("layer", "load", plots(tmp_path / "p.gpkg", ["a"]), *LOAD)
    (tmp_path / "gone.csv").write_text("number\na\nz\n")
    refused = tmp_path / "refused.gpkg"
    delete = ("layer", "load", tmp_path / "gone.csv", *LOAD, "--mode", "delete")
    assert cim(*delete, "--refused", refused).status == 1
    rows = gpd.pd.DataFrame(gpd.read_file(refused))
    assert rows[["refused_row", "key", "refused_rule"]].values.tolist() == [[2, "z", "key.absent"]]
    nowhere = cim(*delete, "--refused", tmp_path / "no" / "such.gpkg")
    assert nowhere.status == 1
    assert "such.gpkg" in nowhere.err
    assert "Traceback" not in nowhere.err
    (tmp_path / "text.gpkg").write_text("nothing")
    assert cim("layer", "load", tmp_path / "text.gpkg", *LOAD).status == 1
    newest = json.loads(cim("layer", "runs", "--json", "--limit", 1).out)["runs"]
    assert [(each["state"], each["read"]) for each in newest] == [("refused", 0)]
    assert "not a vector file" in newest[0]["reason"]
