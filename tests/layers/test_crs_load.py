"""Files in the CRSs of Chinese cities, loaded: what is placed, refused and recorded."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Transformer
from sqlalchemy import Engine

from cim.database.sql import run
from cim.layer import Text
from layers.crs import offset
from layers.crs.placing import Asked
from layers.errors import CrsRefused, RowsRefused
from layers.load import VectorFile, load
from layers.refused import write_refused
from layers.report import LoadReport
from layers.vector_file import Shaping
from layers.watch import Watch

Bring = Callable[[VectorFile], LoadReport]
Write = Callable[..., VectorFile]

COUNTIES = Path(__file__).parents[3] / "shared" / "data" / "xiangyang_districts_gcj02.geojson"
METRES = 111_320.0


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes twenty plots, moved as `move` says and labelled with a CRS, as a Shapefile."""

    def write(
        crs: Any = 4490,
        move: Callable[[Any], Any] = lambda xy: xy,
        name: str = "plots",
        first: str = "p",
        **asked: Any,
    ) -> VectorFile:
        there = [shapely.box(x, 32.01, x + 0.002, 32.013) for x in 112.01 + 0.004 * np.arange(20)]
        keys = [f"{first}{n}" for n in range(20)]
        shapes = shapely.transform(there, move)
        frame = gpd.GeoDataFrame({"number": keys}, geometry=shapes, crs=crs or 4546)
        path = tmp_path / f"{name}_{len(list(tmp_path.iterdir()))}.shp"
        frame.to_file(path)
        if crs is None:
            path.with_suffix(".prj").unlink()
        file = VectorFile(path, name, Text("地块", "Plots"), key="number", class_code="990101")
        return replace(file, placing=Asked(**asked))

    return write


def projected(code: int, more: tuple[float, float] = (0.0, 0.0)) -> Callable[[Any], Any]:
    """To a CRS, as if its datum were ours."""
    own = {2361: 4610, 2379: 4610}.get(code, 4490)
    move = Transformer.from_crs(own, code, always_xy=True)
    return lambda xy: np.column_stack(move.transform(*xy.T)) + more


def middles(engine: Engine, layer: str = "plots") -> np.ndarray[Any, Any]:
    with engine.connect() as connection:
        rows = run(
            connection,
            f"SELECT ST_X(ST_Centroid(geom)) AS x, ST_Y(ST_Centroid(geom)) AS y FROM item.{layer}"
            " ORDER BY number",
        )
    return np.array([(row.x, row.y) for row in rows])


def logged(engine: Engine, layer: str = "plots") -> Any:
    with engine.connect() as connection:
        newest = "SELECT crs FROM cim.ingest_run WHERE layer = $1 ORDER BY id DESC LIMIT 1"
        return run(connection, newest, layer)[0].crs


def rules(placed: Any) -> list[str]:
    return [note["rule"] for note in placed["notes"]]


def test_xian_1980_needs_the_parameters_of_the_city(
    bring: Bring, write: Write, engine: Engine
) -> None:
    bring(write())
    true = middles(engine)
    xian = write(2361, projected(2361))
    assert "Xian_1980_3_Degree_GK_Zone_37" in xian.path.with_suffix(".prj").read_text()
    with pytest.raises(CrsRefused, match=r"crs\.transformation.*--transformation") as refused:
        bring(xian)
    assert "没有已知精度的转换" in refused.value.said.zh
    seven = {"x": -7.25, "y": -101.5, "z": -49.0, "rx": 0.4, "ry": 0.2, "rz": -0.6, "s": 1.1}
    said = {"method": "helmert7", "name": "襄阳 2012", "convention": "coordinate_frame"}
    text = json.dumps(said | seven | {"from": "EPSG:4610", "accuracy": 0.05})
    report = bring(replace(xian, placing=Asked(transformation=text)))
    assert report.changed == 20
    placed = logged(engine)
    assert (placed["code"], placed["operation"], placed["accuracy"]) == (
        "EPSG:2361",
        "襄阳 2012",
        0.05,
    )
    assert rules(placed) == ["crs.shifted"]  # beside the layer as it was
    assert "101.5" not in json.dumps(placed)
    apart = (middles(engine) - true) * METRES
    assert 10 < np.hypot(*apart.T).mean() < 200
    assert [placed["reference"]["east"], placed["reference"]["north"]] == pytest.approx(
        np.median(apart * (np.cos(np.radians(32.01)), 1), axis=0), abs=0.05
    )


def test_xian_1980_as_it_is_where_somebody_accepts_that(
    bring: Bring, write: Write, engine: Engine
) -> None:
    bring(write(2361, projected(2361), accept=("crs.transformation",)))
    placed = logged(engine)
    assert (placed["operation_kind"], placed["accuracy"]) == ("ballpark", None)
    assert rules(placed) == ["crs.transformation"]


REFUSED: dict[str, tuple[Any, Callable[[Any], Any], str, str]] = {
    "swapped": (4490, lambda xy: xy[:, ::-1], "crs.swapped", "--swap-axes"),
    "zone in front": (4546, projected(4525), "crs.prefix", "(--crs) EPSG:4525"),
    "no zone in front": (4525, projected(4546), "crs.prefix", "(--crs) EPSG:4546"),
    "another zone": (4547, projected(4546), "crs.zone", "(--crs) EPSG:4546"),
    "metres": (4490, projected(4546), "crs.units", "(--crs) EPSG:4546"),
    "degrees": (4546, lambda xy: xy, "crs.units", "(--crs) EPSG:4490"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_not_where_it_says(
    name: str, bring: Bring, write: Write, engine: Engine
) -> None:
    crs, move, rule, fix = REFUSED[name]
    file, watch = write(crs, move), Watch()
    with pytest.raises(CrsRefused) as refused, engine.begin() as connection:
        load(connection, engine, file, watch)
    assert (refused.value.said.rule, fix in refused.value.said.en) == (rule, True)
    assert [(found.rule, found.findings) for found in watch.findings.rules()] == [(rule, 1)]
    option, _, value = fix.partition(" ")
    mended = replace(file, crs=value) if option == "(--crs)" else None
    bring(mended or replace(file, placing=Asked(swap_axes=True)))
    assert middles(engine)[0] == pytest.approx([112.011, 32.0115], abs=1e-7)


def test_a_division_that_is_given_takes_data_from_elsewhere(
    bring: Bring, write: Write, engine: Engine
) -> None:
    bring(replace(write(4547, projected(4546)), division="420602"))
    assert rules(logged(engine)) == ["crs.zone"]


@pytest.mark.parametrize("name", ["GCJ-02", "BD-09"])
def test_an_offset_that_is_declared_is_undone(
    name: str, bring: Bring, write: Write, engine: Engine
) -> None:
    move = offset.to_gcj02 if name == "GCJ-02" else offset.to_bd09
    bring(write())
    true = middles(engine)
    with pytest.raises(CrsRefused, match=rf"crs\.offset.*20 features.*\(--crs\) {name}"):
        bring(write(4490, move))
    bring(replace(write(4490, move), crs=name))
    assert np.abs(middles(engine) - true).max() * METRES < 0.001
    placed = logged(engine)
    assert (placed["name"], placed["accuracy"], rules(placed)) == (name, 2.0, ["crs.overridden"])


def test_an_offset_is_seen_beside_another_layer_without_its_keys(
    bring: Bring, write: Write, engine: Engine
) -> None:
    bring(write())
    with pytest.raises(CrsRefused, match="offset of GCJ-02"):
        bring(write(4490, offset.to_gcj02, "others", "o", reference="plots"))
    taken = write(4490, offset.to_gcj02, "others", "o", reference="plots", accept=("crs.offset",))
    bring(taken)
    assert logged(engine, "others")["reference"]["compared_by"] == "outlines"
    bring(write(4490, lambda xy: np.add(xy, (4e-4, -2e-4)), "shifted", "s", reference="plots"))
    placed = logged(engine, "shifted")
    assert rules(placed) == ["crs.shifted"]
    east = 4e-4 * METRES * np.cos(np.radians(32.01))
    assert placed["reference"]["east"] == pytest.approx(east, abs=0.1)
    assert placed["reference"]["north"] == pytest.approx(-2e-4 * METRES, abs=0.1)
    bring(write(4490, lambda xy: xy, "same", "q", reference="plots"))
    assert rules(logged(engine, "same")) == []


def test_single_things_that_moved_are_no_common_shift(
    bring: Bring, write: Write, engine: Engine
) -> None:
    bring(write())
    noise = np.random.default_rng(1).normal(0, 1e-4, (20, 2)).repeat(5, axis=0)
    bring(write(4490, lambda xy: xy + noise))
    assert rules(logged(engine)) == []


def test_a_plane_of_the_city_is_placed_by_four_parameters(
    bring: Bring, write: Write, engine: Engine
) -> None:
    local = write(None, projected(4546, (-594_000.0, -3_500_000.0)))
    four = {"method": "plane4", "target": "EPSG:4546", "east": 594_000.0, "north": 3_500_000.0}
    placing = Asked(transformation=json.dumps(four))
    bring(replace(local, crs="LOCAL", placing=placing))
    assert middles(engine)[0] == pytest.approx([112.011, 32.0115], abs=1e-8)
    assert (logged(engine)["accuracy"], logged(engine)["code"]) == (None, None)


def test_heights_stay(bring: Bring, tmp_path: Path, engine: Engine) -> None:
    xy = projected(4546)(np.array([[112.011, 32.0115]]))
    points = gpd.GeoDataFrame(
        {"number": ["a"]}, geometry=shapely.points([[*xy[0], 63.5]]), crs=4546
    )
    points.to_file(tmp_path / "high.gpkg")
    bring(VectorFile(tmp_path / "high.gpkg", "high", Text("", ""), key="number"))
    with engine.connect() as connection:
        (row,) = run(connection, "SELECT ST_Z(geom) AS z, ST_X(geom) AS x FROM item.high")
    assert (row.z, round(row.x, 7)) == (63.5, 112.011)


def test_axes_of_csv_go_by_name_and_of_gml_by_its_crs(
    bring: Bring, tmp_path: Path, engine: Engine
) -> None:
    (tmp_path / "points.csv").write_text("number,lat,lon\na,32.0115,112.011\n")
    bring(
        VectorFile(tmp_path / "points.csv", "points", Text("", ""), key="number", crs="EPSG:4490")
    )
    assert middles(engine, "points")[0].tolist() == [112.011, 32.0115]
    frame = gpd.GeoDataFrame(
        {"number": ["a"]}, geometry=shapely.points([[112.011, 32.0115]]), crs=4490
    )
    frame.to_file(tmp_path / "points.gml", driver="GML", FORMAT="GML3.2")
    assert "32.0115 112.011" in (tmp_path / "points.gml").read_text()
    bring(VectorFile(tmp_path / "points.gml", "gml", Text("", ""), key="number"))
    assert middles(engine, "gml")[0].tolist() == [112.011, 32.0115]


def test_refused_rows_of_a_local_plane_can_be_written(
    bring: Bring, write: Write, engine: Engine, tmp_path: Path
) -> None:
    bring(write())
    local = replace(write(None, projected(4546)), mode="append")
    four = json.dumps({"method": "plane4", "target": "EPSG:4546"})
    file = replace(local, crs="LOCAL", placing=Asked(transformation=four))
    watch = Watch()
    with pytest.raises(RowsRefused), engine.begin() as connection:
        load(connection, engine, file, watch)
    assert write_refused(file, watch.findings, tmp_path / "refused.gpkg") == 20
    assert len(gpd.read_file(tmp_path / "refused.gpkg")) == 20


@pytest.mark.skipif(not COUNTIES.exists(), reason=f"no ../shared/data/{COUNTIES.name} here")
def test_county_outlines_of_a_web_map_beside_ours(engine: Engine, tmp_path: Path) -> None:
    given = gpd.read_file(COUNTIES)
    given["key"] = given["adcode"].astype(str)
    given[["key", "geometry"]].to_file(tmp_path / "web.geojson")
    web = VectorFile(
        tmp_path / "web.geojson", "web", Text("", ""), key="key", class_code="990501", crs="GCJ-02"
    )
    web = replace(web, shaping=Shaping(repair=True))  # two of its rings cross themselves
    with engine.begin() as connection:
        load(connection, engine, web)
    again = replace(web, layer="again", crs=None, class_code=None, division="420600")
    with pytest.raises(CrsRefused, match=r"crs\.offset"), engine.begin() as connection:
        load(connection, engine, replace(again, placing=Asked(reference="web")))
