"""The CRS of files as it is asked for: over HTTP and by commands."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from commands import Cim
from starlette.testclient import TestClient

from layers.crs import offset

FIELDS = {"layer": "plots", "key": "number", "class": "990101", "division": "420602"}
THERE = [[112.011, 32.011], [112.021, 32.021], [112.031, 32.031]]
SEVEN = {"method": "helmert7", "convention": "coordinate_frame", "x": -7.625, "name": "city 2012"}


def points(path: Path, xy: Any, crs: int) -> Path:
    frame = gpd.GeoDataFrame({"number": ["a", "b", "c"]}, geometry=shapely.points(xy), crs=crs)
    frame.to_file(path)
    return path


def sent(client: TestClient, path: Path, **fields: Any) -> dict[str, Any]:
    """The job of a file that was sent, once it has ended."""
    files = {"file": (path.name, path.read_bytes())}
    answer = client.post("/layers", data=FIELDS | fields, files=files)
    assert answer.status_code == 202, answer.text
    for _ in range(300):
        job: dict[str, Any] = client.get(answer.headers["location"]).raise_for_status().json()
        if job["status"] in {"successful", "failed"}:
            return job
        time.sleep(0.1)
    raise AssertionError(f"the job has not ended: {job}")


def test_files_are_placed_as_the_form_says(writing: TestClient, tmp_path: Path) -> None:
    web = points(tmp_path / "web.geojson", offset.to_gcj02(np.array(THERE)), 4490)
    placed = sent(writing, web, crs="gcj02")["report"]["run"]["crs"]
    assert (placed["name"], placed["accuracy"]) == ("GCJ-02", 2.0)
    items = writing.get("/collections/plots/items").json()["features"]
    found = [item["geometry"]["coordinates"] for item in items]
    assert np.abs(np.array(sorted(found)) - THERE).max() < 1e-7
    job = sent(writing, web)
    assert job["message"].startswith("web.geojson is refused (crs.offset): beside the layer plots")
    assert [one["rule"] for one in job["report"]["refused"]] == ["crs.offset"]
    swapped = points(tmp_path / "swapped.gpkg", np.array(THERE)[:, ::-1], 4490)
    assert "crs.swapped" in sent(writing, swapped)["message"]
    run = sent(writing, swapped, swap_axes="true")["report"]["run"]
    assert (run["unchanged"] + run["changed"], run["crs"]["swapped"]) == (3, True)


def test_parameters_are_used_and_kept_nowhere(writing: TestClient, tmp_path: Path) -> None:
    xian = points(tmp_path / "xian.gpkg", THERE, 4610)
    assert "crs.transformation" in sent(writing, xian)["message"]
    job = sent(writing, xian, transformation=json.dumps(SEVEN))
    assert job["report"]["run"]["crs"]["operation"] == "city 2012"
    for path in (f"/jobs/{job['jobID']}", "/layers/plots/runs"):
        assert "7.625" not in writing.get(path).text


def test_a_form_cannot_make_the_service_read_its_own_files(
    writing: TestClient, tmp_path: Path
) -> None:
    path = points(tmp_path / "p.gpkg", THERE, 4490)
    for field, text in (
        ("transformation", "+proj=hgridshift +grids=/etc/passwd"),
        ("transformation", str(path)),
        ("transformation", json.dumps(SEVEN | {"convention": "7.625"})),
        ("crs", "+init=/etc/passwd:1"),
        ("accept", "geometry.invalid"),
        ("swap_axes", "maybe"),
        ("reference", "no layer"),
    ):
        files = {"file": (path.name, path.read_bytes())}
        answer = writing.post("/layers", data=FIELDS | {field: text}, files=files)
        assert (answer.status_code, field in answer.text) == (422, True), answer.text
        assert "passwd" not in answer.text
        assert "7.625" not in answer.text


def test_a_command_shows_what_would_be_done(cim: Cim, tmp_path: Path) -> None:
    told = cim("crs", points(tmp_path / "p.gpkg", np.array(THERE)[:, ::-1], 4490))
    assert "crs.swapped" in told.out
    assert "坐标轴" not in told.err
    ordos = json.loads(cim("crs", "EPSG:4214", "--at", "108,36", "--json").out)
    assert (ordos["operation_code"], ordos["accuracy"]) == ("EPSG:15936", 2.0)
    (tmp_path / "city.json").write_text(json.dumps(SEVEN), encoding="utf-8-sig")
    known = cim("crs", "EPSG:4610", "--at", "112,32", "--transformation", tmp_path / "city.json")
    assert "city 2012, accuracy not known" in known.out
    assert "7.625" not in known.out
    missing = cim("crs", "EPSG:4267", "--at", "-100,50").out
    assert "its grids are not here: NAD27 to WGS 84 (33) (ca_nrc_ntv2_0.tif)" in missing
    assert cim("crs", "bd09mc").err.startswith("cim: 'bd09mc' cannot be read: BD-09 in metres")
    assert cim("crs", "EPSG:4490", "--at", "there").status == 2


def test_a_load_tells_how_the_file_was_placed(cim: Cim, tmp_path: Path) -> None:
    words = [f"--{name}={value}" for name, value in FIELDS.items()]
    mercator = gpd.GeoSeries(shapely.points(THERE), crs=4490).to_crs(3857)
    path = points(tmp_path / "m.gpkg", shapely.get_coordinates(np.asarray(mercator)), 3857)
    told = cim("layer", "load", path, *words, "--report", tmp_path / "report.json")
    assert told.err.splitlines()[:2] == [
        "CRS: WGS 84 / Pseudo-Mercator (EPSG:3857), by the file",
        "to CGCS2000: WGS 84 taken as CGCS2000, accuracy 1 m",
    ]
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["run"]["crs"]["operation_kind"] == "null"
    asked = cim("layer", "load", path, *words, "--accept", "geometry.invalid")
    assert (asked.status, "--accept is one of" in asked.err) == (2, True)
    xian = points(tmp_path / "x.gpkg", THERE, 4610)
    results = ("--results", tmp_path / "r.csv", "--system", "s", "--key", "number")
    assign = ("entity", "assign", xian, "--class", "990101", *results, "--division", "420602")
    assert "crs.transformation" in cim(*assign).err
    assert cim(*assign, "--accept", "crs.transformation").status == 0
