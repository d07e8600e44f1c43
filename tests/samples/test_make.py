"""The sample city: the committed files are what its script makes, and they say what they claim."""

from __future__ import annotations

import csv
import gzip
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyogrio
import pytest
import rasterio
import shapely
from pyproj import Transformer
from rasterio.features import geometry_mask

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
TABLES = SAMPLES / "city"
MANIFEST = json.loads((SAMPLES / "manifest.json").read_text(encoding="utf-8"))
Columns = dict[str, npt.NDArray[Any]]


def _read(file: str, layer: str | None = None) -> tuple[npt.NDArray[np.object_], Columns]:
    meta, _, geometry, values = pyogrio.raw.read(SAMPLES / file, layer=layer)
    return shapely.from_wkb(geometry), dict(zip(meta["fields"], values, strict=True))


@pytest.fixture(scope="module")
def parcels() -> tuple[npt.NDArray[np.object_], Columns]:
    return _read("parcels.gpkg")


@pytest.fixture(scope="module")
def counties() -> dict[str, Any]:
    shapes, columns = _read("divisions.gpkg")
    return dict(zip(columns["code"], shapes, strict=True))


@pytest.fixture(scope="module")
def scenes() -> Iterator[tuple[Any, Any]]:
    paths = [SAMPLES / entry["file"] for entry in MANIFEST["rasters"]]
    with rasterio.open(paths[0]) as early, rasterio.open(paths[1]) as late:
        yield early, late


def test_the_script_makes_the_committed_files_byte_by_byte(tmp_path: Path) -> None:
    run = [sys.executable, str(SAMPLES / "make.py"), "--out", str(tmp_path)]
    subprocess.run(run, check=True, capture_output=True, text=True)
    remade = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    if remade["made_with"] != MANIFEST["made_with"]:
        pytest.skip(f"other library versions than {MANIFEST['made_with']}")
    made = sorted(path.name for path in tmp_path.iterdir())
    sources = {"README.md", "make.py", "bindings.json"}
    assert made == sorted(
        p.name for p in SAMPLES.iterdir() if p.is_file() and p.name not in sources
    )
    differing = [name for name in made if _content(tmp_path / name) != _content(SAMPLES / name)]
    assert differing == []


def _content(path: Path) -> bytes:
    """The bytes; of a .gz those inside, as zlib differs between builds of Python."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def test_all_files_together_stay_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.iterdir() if path.is_file()) < 15_000_000


def test_the_manifest_names_files_layers_and_fields_that_exist() -> None:
    assert MANIFEST["vectors"][0]["layer"] == "divisions"
    for entry in MANIFEST["vectors"]:
        layer, encoding = entry.get("source_layer"), entry.get("encoding")
        info = pyogrio.read_info(SAMPLES / entry["file"], layer=layer, encoding=encoding)
        named = {entry["key"], *entry["aliases"].values()}
        assert named <= set(info["fields"])
        keys = pyogrio.raw.read(SAMPLES / entry["file"], layer=layer, columns=[entry["key"]])[3][0]
        assert len(set(keys)) == len(keys) == info["features"]
        assert len(entry["class"]) == 6
        assert entry["class"].startswith("99")


def test_counties_tile_without_gap_or_overlap(counties: dict[str, Any]) -> None:
    shapes = list(counties.values())
    assert len(counties) == 9
    assert shapely.coverage_is_valid(shapes)
    whole = shapely.union_all(shapes)
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0


def test_parcels_share_borders_and_do_not_overlap(
    parcels: tuple[npt.NDArray[np.object_], Columns],
) -> None:
    shapes, columns = parcels
    assert len(shapes) >= 5000
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    assert np.array_equal(np.round(shapely.area(shapes), 2), columns["area_m2"])


def test_each_parcel_lies_in_the_county_of_its_code(
    parcels: tuple[npt.NDArray[np.object_], Columns], counties: dict[str, Any]
) -> None:
    shapes, columns = parcels
    to_degrees = Transformer.from_crs(4546, 4490, always_xy=True)
    degrees = shapely.transform(shapes, lambda xy: np.column_stack(to_degrees.transform(*xy.T)))
    county = np.array([code[:6] for code in columns["parcel_code"]])
    assert {code[:6] for code in columns["township_code"]} == set(county)
    for code in set(county):
        shapely.prepare(counties[code])
        assert shapely.contains(counties[code], degrees[county == code]).all()


def test_parcel_and_unit_codes_are_valid(
    parcels: tuple[npt.NDArray[np.object_], Columns], counties: dict[str, Any]
) -> None:
    """GB/T 37346, written here once more, apart from the validators of the project."""
    collective_only, fixtures = {"A", "C"}, {"A": "W", "D": "W", "N": "W", "E": "LQW", "L": "LQW"}
    _, columns = parcels
    pattern = re.compile(r"(\d{6})\d{6}([GJZ])([ABCDEFGHLNSWXY])(?!00000)\d{5}")
    for code, unit in zip(columns["parcel_code"], columns["real_estate_unit"], strict=True):
        found = pattern.fullmatch(code)
        assert found is not None
        division, owner, right = found.groups()
        assert division in counties
        assert owner == "J" or right not in collective_only
        assert re.fullmatch(rf"{code}(?:[FLQ]\d{{8}}|W0{{8}})", unit)
        assert unit[19] in fixtures.get(right, "WFQ")


def test_land_use_is_a_leaf_of_the_classification(
    parcels: tuple[npt.NDArray[np.object_], Columns],
) -> None:
    with (TABLES / "land_sea_use_2023.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = {row["code"]: row["name"] for row in rows}
    leaves = set(names) - {row["parent"] for row in rows}
    _, columns = parcels
    assert set(columns["landuse"]) <= leaves
    assert columns["landuse_name"].tolist() == [names[code] for code in columns["landuse"]]


def test_control_lines_do_not_overlap_and_some_cross_counties() -> None:
    lines = [
        _read("control_lines.gpkg", "basic_farmland"),
        _read("control_lines.gpkg", "ecological_redline"),
        _read("urban_boundary.geojson"),
    ]
    shapes = np.concatenate([shape for shape, _ in lines])
    assert shapely.is_valid(shapes).all()
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="intersects")
    assert np.array_equal(left, right)
    assert all("420600" in columns["XZQDM"] for _, columns in lines)


def test_building_attributes_are_gbk_on_disk() -> None:
    assert (SAMPLES / "buildings.cpg").read_text() == "GBK"
    table = (SAMPLES / "buildings.dbf").read_bytes()
    assert "住宅".encode("gbk") in table
    assert "住宅".encode() not in table
    _, columns = _read("buildings.shp")
    assert {"住宅", "工业", "教育"} <= set(columns["use"])


def test_buildings_stand_inside_their_parcels(
    parcels: tuple[npt.NDArray[np.object_], Columns],
) -> None:
    shapes, columns = _read("buildings.shp")
    index = {code: i for i, code in enumerate(parcels[1]["parcel_code"])}
    own = parcels[0][[index[code] for code in columns["zddm"]]]
    assert len(shapes) >= 8000
    assert shapely.contains(own, shapes).all()
    assert (columns["height_m"] > 2.5 * columns["floors"]).all()


def test_observations_are_hourly_and_hold_the_listed_errors() -> None:
    with gzip.open(SAMPLES / "hydro_observations.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    series = {(row["station"], row["time"]): row for row in rows}
    assert len(series) == len(rows) == 5 * 731 * 24
    with (SAMPLES / "hydro_known_errors.csv").open(encoding="utf-8", newline="") as file:
        wrong = list(csv.DictReader(file))
    first = {error["kind"]: series[error["station"], error["from"]] for error in wrong}
    assert float(first["decimal_slip"]["stage_m"]) > 1000
    assert float(first["sign"]["flow_m3s"]) < 0
    assert float(first["negative"]["flow_m3s"]) < 0
    assert first["gap"]["stage_m"] == first["gap"]["flow_m3s"] == ""
    assert float(first["overflow"]["rain_mm"]) == 999.9


def test_floods_reach_the_next_station_later() -> None:
    with gzip.open(SAMPLES / "hydro_observations.csv.gz", "rt", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["time"].startswith("2024-07")]
    peaks = {}
    for row in rows:
        flow = float(row["flow_m3s"])
        if flow > peaks.get(row["station"], (0.0, ""))[0]:
            peaks[row["station"]] = (flow, row["time"])
    assert peaks["SMPL0002"][1] < peaks["SMPL0003"][1] < peaks["SMPL0005"][1]


def _index(scene: Any, plus: int, minus: int) -> npt.NDArray[np.float64]:
    """A normalised difference of two bands, counted from 1."""
    a, b = scene.read([plus, minus]).astype(float)
    return np.asarray((a - b) / (a + b))


def test_scenes_share_a_grid_and_name_their_bands(scenes: tuple[Any, Any]) -> None:
    early, late = scenes
    assert early.transform == late.transform
    assert early.shape == late.shape == (1024, 1360)
    assert early.crs.to_epsg() == 4546
    assert early.descriptions == ("blue", "green", "red", "nir")
    assert early.nodata == 0
    assert early.read().min() > 0


def test_water_grows_by_ndwi_as_much_as_the_known_changes_say(scenes: tuple[Any, Any]) -> None:
    early, late = ((_index(scene, 2, 4) > 0).sum() * 100.0 for scene in scenes)
    _, known = _read("known_changes.geojson")
    rises = [kind.endswith("_rise") for kind in known["kind"]]
    assert late - early == pytest.approx(known["area_m2"][rises].sum(), rel=0.05)


def test_vegetation_is_lost_where_the_known_changes_say(scenes: tuple[Any, Any]) -> None:
    loss = _index(scenes[0], 4, 3) - _index(scenes[1], 4, 3)
    shapes, known = _read("known_changes.geojson")
    to_metres = Transformer.from_crs(4490, 4546, always_xy=True)
    metres = shapely.transform(shapes, lambda xy: np.column_stack(to_metres.transform(*xy.T)))
    for kind in ("new_city", "works", "quarry"):
        (shape,) = metres[known["kind"] == kind]
        inside = geometry_mask([shape], loss.shape, scenes[0].transform, invert=True)
        assert inside.sum() > 900  # 9 hectares
        assert np.median(loss[inside]) > 0.25
    assert abs(np.median(loss)) < 0.02
