"""``cim grid`` as people run it, and files that get a column of codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridcode import beidou, geosot, h3grid

SQUARE = "POLYGON ((112.1 32, 112.2 32, 112.2 32.1, 112.1 32.1, 112.1 32))"
PLACES = np.random.default_rng(7).uniform((111, 31), (113, 33), (40_000, 2))


def cim(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.cli", "grid", *words],
        capture_output=True,
        text=True,
        check=False,
    )


def said(*words: str) -> str:
    done = cim(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_encode() -> None:
    assert said("encode", "112.14", "-32.02") == beidou.encode("112.14", "-32.02")
    assert said("encode", "116°18'45.37\"E", "39°59'35.38\"N", "--level", "8") == "N50J47539B825534"
    geo = ("encode", "112.14", "32.02", "--system", "geosot", "--level", "15")
    assert said(*geo) == geosot.encode("112.14", "32.02", 15)
    solid = ("encode", "112.14", "32.02", "--level", "8", "--height", "-40")
    assert said(*solid) == beidou.encode_3d("112.14", "32.02", -40, 8)
    found = json.loads(said(*solid, "--reading", "bits", "--json"))
    assert found["code3d"] == beidou.encode_3d("112.14", "32.02", -40, 8, reading="bits")


@pytest.mark.parametrize(
    ("code", "system"),
    [("N50J47539", "beidou"), ("G001310322-230230", "geosot"), ("8940a37aa9bffff", "h3")],
)
def test_decode_knows_whose_code_it_is(code: str, system: str) -> None:
    module: Any = {"beidou": beidou, "geosot": geosot, "h3": h3grid}[system]
    found = json.loads(said("decode", code, "--json"))
    assert (found["system"], found["code"]) == (system, code)
    assert found["bounds"] == list(module.decode(code).bounds)
    assert "bounds  " in said("decode", code)


def test_decode_with_height() -> None:
    code = beidou.encode_3d(112.14, 32.02, 2500, 8, reading="bits")
    found = json.loads(said("decode", code, "--reading", "bits", "--json"))
    assert found["code"] == beidou.encode(112.14, 32.02, 8)
    assert found["bottom"] <= 2500 < found["top"]


@pytest.mark.parametrize("mode", ["intersects", "center", "within"])
def test_cover(tmp_path: Path, mode: str) -> None:
    shape = shapely.from_wkt(SQUARE)
    expected = sorted(beidou.cover(shape, 4, mode))
    assert said("cover", SQUARE, "--level", "4", "--mode", mode).splitlines() == expected
    frame = gpd.GeoDataFrame(geometry=[shape], crs=4490)
    frame.to_file(tmp_path / "square.geojson")
    assert said("cover", str(tmp_path / "square.geojson"), "--level", "4", "--mode", mode) == (
        "\n".join(expected)
    )


def csv_file(folder: Path, extra: str = "") -> Path:
    lines = [f"00{n},{lon},{lat}" for n, (lon, lat) in enumerate(PLACES.tolist())]
    path = folder / "places.csv"
    path.write_text("n,lon,lat\n" + "\n".join(lines) + "\n" + extra)
    return path


def test_add_to_csv(tmp_path: Path) -> None:
    path, output = csv_file(tmp_path), tmp_path / "coded.csv"
    said("add", str(path), str(output), "--level", "8")
    found = pd.read_csv(output, dtype={"n": str})
    assert found["code"].to_list() == beidou.encode(*PLACES.T, 8).astype(str).tolist()
    assert output.read_text().splitlines()[1].startswith(path.read_text().splitlines()[1] + ",")


def frame(crs: int) -> gpd.GeoDataFrame:
    points = gpd.GeoSeries.from_xy(*PLACES.T, crs=4490)
    values = {"名称": [f"点{n}" for n in range(len(PLACES))]}
    return gpd.GeoDataFrame(values, geometry=points, crs=4490).to_crs(crs)


@pytest.mark.parametrize("kind", ["parquet", "gpkg"])
def test_add_to_geometries(tmp_path: Path, kind: str) -> None:
    path, output = tmp_path / f"places.{kind}", tmp_path / f"coded.{kind}"
    read: Any = gpd.read_parquet if kind == "parquet" else gpd.read_file
    made = frame(4490)
    made.to_parquet(path) if kind == "parquet" else made.to_file(path)
    said("add", str(path), str(output), "--system", "geosot", "--level", "20", "--column", "网格")
    before, after = read(path), read(output)
    assert after.crs == before.crs
    assert after.drop(columns="网格").equals(before)
    assert after["网格"].to_list() == geosot.encode(*PLACES.T, 20).astype(str).tolist()


def test_add_to_a_projected_file_of_areas(tmp_path: Path) -> None:
    """Squares of a kilometre in Gauss-Kruger: the code is that of a point on each."""
    made = frame(4546).head(100)
    made.geometry = made.buffer(500, cap_style="square")
    made.to_file(tmp_path / "areas.gpkg")
    said("add", str(tmp_path / "areas.gpkg"), str(tmp_path / "coded.gpkg"), "--level", "6")
    found = gpd.read_file(tmp_path / "coded.gpkg").to_crs(4490)
    for code, area in zip(found["code"], found.geometry, strict=True):
        assert beidou.decode(code).polygon().intersects(area)


def test_add_to_plain_parquet(tmp_path: Path) -> None:
    path, output = tmp_path / "places.parquet", tmp_path / "coded.parquet"
    pd.DataFrame({"x": PLACES[:, 0], "y": PLACES[:, 1]}).to_parquet(path)
    said("add", str(path), str(output), "--level", "8", "--lon", "x", "--lat", "y")
    found = pd.read_parquet(output)
    assert found["code"].to_list() == beidou.encode(*PLACES.T, 8).astype(str).tolist()


def test_a_bad_row_leaves_nothing(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "x,112,95\n")
    (tmp_path / "coded.csv").write_text("as it was")
    done = cim("add", str(path), str(tmp_path / "coded.csv"), "--level", "8")
    assert done.returncode == 1
    assert done.stderr.startswith("cim: row 40001: latitude is off the earth in '95.0'")
    assert (tmp_path / "coded.csv").read_text() == "as it was"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["coded.csv", "places.csv"]


@pytest.mark.parametrize("kind", ["parquet", "gpkg"])
def test_a_missing_geometry_is_named(tmp_path: Path, kind: str) -> None:
    made = gpd.GeoDataFrame({"n": [1, 2]}, geometry=[shapely.Point(1, 2), None], crs=4490)
    path = tmp_path / f"p.{kind}"
    made.to_parquet(path) if kind == "parquet" else made.to_file(path)
    done = cim("add", str(path), str(tmp_path / f"q.{kind}"))
    assert (done.returncode, done.stderr) == (1, "cim: row 2: it has no geometry\n")
    assert [p.name for p in tmp_path.iterdir()] == [f"p.{kind}"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("encode", "181", "1"), "longitude is off the earth"),
        (("encode", "1", "1", "--level", "11"), "it has 0 to 10"),
        (("encode", "1", "1", "--system", "mars"), "no such grid"),
        (("encode", "1", "1", "--system", "h3", "--height", "1"), "h3 has no heights"),
        (("decode", "N50J4753F"), "at position 8"),
        (("cover", "POINT (1", "--level", "4"), "neither a file nor WKT"),
        (("cover", SQUARE, "--level", "9", "--limit", "1000"), "limit=1000"),
        (("cover", SQUARE, "--level", "4", "--mode", "near"), "'mode'"),
        (("add", "nothing.csv", "out.csv"), "nothing.csv: No such file"),
        (("add", "nothing.parquet", "out.parquet"), "nothing.parquet"),
        (("add", "nothing.gpkg", "out.gpkg"), "no such file"),
        (("add", "a.csv", "b.gpkg"), "must end in .csv"),
        (("add", "a.shp", "b.shp"), ".csv, .parquet, .gpkg"),
    ],
)
def test_an_error_is_one_line(words: tuple[str, ...], reason: str) -> None:
    done = cim(*words)
    assert done.returncode == 1
    assert done.stderr.startswith("cim: ")
    assert done.stderr.count("\n") == 1
    assert reason in done.stderr


@pytest.mark.parametrize("kind", ["csv", "parquet", "gpkg"])
def test_what_is_no_such_file_is_refused(tmp_path: Path, kind: str) -> None:
    (tmp_path / f"p.{kind}").write_bytes(b"\xff\x00rubbish")
    done = cim("add", str(tmp_path / f"p.{kind}"), str(tmp_path / f"q.{kind}"))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert [p.name for p in tmp_path.iterdir()] == [f"p.{kind}"]
    missing = cim("add", str(tmp_path / f"p.{kind}"), str(tmp_path / "no" / f"q.{kind}"))
    assert missing.returncode == 1
