"""Loading vector files: codes for every feature, the same again, what changed, what is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import Engine, text

from cim import entity_code, registry
from cim.access import ANONYMOUS
from cim.actions import Action
from cim.assignment.assign import Batch, assign
from cim.assignment.request import Request
from cim.errors import UnknownDivision
from cim.layer import Text
from cim.lifecycle.change import Change, change
from cim.lifecycle.end import end
from layers.errors import (
    CrsMissing,
    FieldMissing,
    KeyTaken,
    KindTaken,
    LayerAmbiguous,
    RowsRefused,
    SourceUnreadable,
)
from layers.load import VectorFile, load, remove
from layers.vector_file import Shaping

WEST, EAST = shapely.box(112.0, 32.0, 112.1, 32.1), shapely.box(112.1, 32.0, 112.2, 32.1)
Load = Callable[[VectorFile], object]


@pytest.fixture
def counties(tmp_path: Path) -> VectorFile:
    """襄城区 to the west and 樊城区 to the east, sharing a border."""
    frame = gpd.GeoDataFrame({"code": ["420602", "420606"]}, geometry=[WEST, EAST], crs=4490)
    frame.to_file(tmp_path / "counties.gpkg")
    return VectorFile(
        tmp_path / "counties.gpkg",
        "counties",
        Text("区", "Counties"),
        key="code",
        class_code="990501",
    )


@pytest.fixture
def put(engine: Engine, counties: VectorFile) -> Load:
    """Loads a file, in a database that has the two counties."""

    def put(file: VectorFile) -> object:
        with engine.begin() as connection:
            return load(connection, engine, file)

    put(counties)
    return put


def parcels(path: Path, **columns: object) -> VectorFile:
    """Three parcels: one in each county, one across their border."""
    west, east = (
        shapely.box(112.01, 32.01, 112.02, 32.02),
        shapely.box(112.15, 32.01, 112.16, 32.02),
    )
    across = shapely.box(112.09, 32.05, 112.11, 32.06)
    values = {"number": ["a", "b", "c"], "landuse": ["0101", "0701", "0901"]} | columns
    gpd.GeoDataFrame(values, geometry=[west, east, across], crs=4490).to_file(path)
    return VectorFile(path, "plots", Text("地块", "Plots"), key="number", class_code="990101")


def rows(engine: Engine, layer: str) -> list[dict[str, object]]:
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT * FROM item.{layer} ORDER BY code")).mappings()
        return [dict(row) for row in found]


def test_every_feature_gets_its_codes(put: Load, engine: Engine, tmp_path: Path) -> None:
    put(parcels(tmp_path / "p.gpkg"))
    found = {row["number"]: row for row in rows(engine, "plots")}
    assert {n: row["region_code"] for n, row in found.items()} == {
        "a": "420602",
        "b": "420606",
        "c": "420600",
    }
    assert {row["type_code"] for row in found.values()} == {"990101"}
    for row in found.values():
        assert entity_code.validate(str(row["code"])) == row["code"]
        assert len(str(row["beidou_code"])) == 16


def test_the_same_file_again_changes_nothing(put: Load, engine: Engine, tmp_path: Path) -> None:
    file = parcels(tmp_path / "p.gpkg")
    put(file)
    before = rows(engine, "plots")
    report = put(file)
    assert (report.added, report.changed, report.unchanged, report.retired) == (0, 0, 3, 0)  # type: ignore[attr-defined]
    assert rows(engine, "plots") == before


def test_without_a_key_the_same_file_again_changes_nothing(
    put: Load, engine: Engine, tmp_path: Path
) -> None:
    file = replace(parcels(tmp_path / "p.gpkg"), key=None)
    put(file)
    before = rows(engine, "plots")
    put(file)
    assert rows(engine, "plots") == before


def test_a_changed_file_changes_what_changed(put: Load, engine: Engine, tmp_path: Path) -> None:
    put(parcels(tmp_path / "p.gpkg"))
    before = {row["number"]: row for row in rows(engine, "plots")}
    report = put(parcels(tmp_path / "q.gpkg", number=["a", "b", "d"], landuse=["0101", "14", "05"]))
    assert (report.added, report.changed, report.unchanged, report.retired) == (1, 1, 1, 1)  # type: ignore[attr-defined]
    after = {row["number"]: row for row in rows(engine, "plots")}
    assert after["a"] == before["a"]
    assert after["b"]["code"] == before["b"]["code"]
    assert after["b"]["cim_version"] == 2
    assert after["d"]["code"] not in {row["code"] for row in before.values()}
    with engine.connect() as connection:
        state = connection.execute(
            text("SELECT state FROM cim.entity WHERE code = :c"), {"c": before["c"]["code"]}
        ).scalar_one()
    assert state == "retired"


def test_new_and_lost_columns(put: Load, engine: Engine, tmp_path: Path) -> None:
    put(parcels(tmp_path / "p.gpkg"))
    codes = [row["code"] for row in rows(engine, "plots")]
    put(parcels(tmp_path / "q.gpkg", landuse=[1, 2, 3], 面积=[1.5, None, 2.5]))
    after = rows(engine, "plots")
    assert [row["code"] for row in after] == codes
    assert sorted((row["landuse"], row["面积"]) for row in after) == [(1, 1.5), (2, None), (3, 2.5)]


BOWTIE = shapely.Polygon([(112.01, 32.01), (112.02, 32.02), (112.02, 32.01), (112.01, 32.02)])


def test_an_invalid_polygon_is_refused_or_repaired(
    put: Load, engine: Engine, tmp_path: Path
) -> None:
    frame = gpd.GeoDataFrame({"number": ["x"]}, geometry=[BOWTIE], crs=4490)
    frame.to_file(tmp_path / "b.gpkg")
    file = VectorFile(tmp_path / "b.gpkg", "plots", Text("", ""), key="number")
    with pytest.raises(RowsRefused, match=r"self-intersection at \(112.01500000, 32.01500000\)"):
        put(file)
    report = put(replace(file, shaping=Shaping(repair=True)))
    assert report.repaired == 1  # type: ignore[attr-defined]
    with engine.connect() as connection:
        valid = connection.execute(text("SELECT ST_IsValid(geom) FROM item.plots")).scalar_one()
    assert valid


FLAT = shapely.Polygon([(112.01, 32.01), (112.02, 32.02), (112.01, 32.01)])
BROKEN: dict[str, tuple[dict[str, object], str]] = {
    "double key": ({"number": ["a", "b", "a"]}, "row 3, field number: the key 'a' stands in row 1"),
    "empty key": ({"number": ["a", None, "c"]}, "row 2, field number: the key is empty"),
    "no area": ({"geometry": [WEST, FLAT, EAST]}, "row 2: the geometry is invalid"),
    "no geometry": ({"geometry": [WEST, None, EAST]}, "row 2: it has no geometry"),
    "abroad": ({"geometry": [WEST, shapely.box(4, 52, 5, 53), EAST]}, "row 2: no loaded county"),
    "not degrees": ({"geometry": [WEST, shapely.box(500, 1, 501, 2), EAST]}, "row 2: the coord"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_row_refuses_the_file(
    name: str, put: Load, engine: Engine, tmp_path: Path
) -> None:
    put(parcels(tmp_path / "p.gpkg"))
    before = rows(engine, "plots")
    changed, reason = BROKEN[name]
    values = {"number": ["a", "b", "c"], "landuse": ["1", "2", "3"], "geometry": [WEST, EAST, WEST]}
    gpd.GeoDataFrame(values | changed, crs=4490).to_file(tmp_path / "q.gpkg")
    with pytest.raises(RowsRefused) as refused:
        put(replace(parcels(tmp_path / "p.gpkg"), path=tmp_path / "q.gpkg"))
    assert str(refused.value.problems[0]).startswith(reason)
    assert rows(engine, "plots") == before


def test_files_that_cannot_be_layers(put: Load, tmp_path: Path) -> None:
    file = parcels(tmp_path / "p.gpkg")
    (tmp_path / "text.gpkg").write_text("not a GeoPackage")
    with pytest.raises(SourceUnreadable, match="not a vector file"):
        put(replace(file, path=tmp_path / "text.gpkg"))
    with pytest.raises(SourceUnreadable, match="no such file"):
        put(replace(file, path=tmp_path / "nothing.gpkg"))
    (tmp_path / "p.csv").write_text("lon,lat,name\n112.05,32.05,甲\n")
    with pytest.raises(CrsMissing):
        put(replace(file, path=tmp_path / "p.csv", key="name"))
    with pytest.raises(FieldMissing, match="'nummer'; the file has number, landuse"):
        put(replace(file, key="nummer"))
    gpd.read_file(file.path).to_file(file.path, layer="second")
    with pytest.raises(LayerAmbiguous, match="p, second"):
        put(file)


def test_text_of_another_encoding_is_told(put: Load, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"名称": ["隆中"]}, geometry=[shapely.Point(112.05, 32.05)], crs=4490)
    frame.to_file(tmp_path / "s.shp", encoding="GBK")
    file = VectorFile(tmp_path / "s.shp", "sights", Text("", ""))
    (tmp_path / "s.cpg").unlink()
    for encoding in ("UTF-8", "no such"):
        with pytest.raises(SourceUnreadable, match="name its encoding with encoding"):
            put(replace(file, encoding=encoding))
    put(replace(file, encoding="GBK"))


def test_a_csv_in_gbk(put: Load, engine: Engine, tmp_path: Path) -> None:
    lines = "lon,lat,name\n112.05,32.05,Longzhong\n112.06,32.05,隆中\n"
    (tmp_path / "s.csv").write_text(lines, encoding="GBK")
    file = VectorFile(tmp_path / "s.csv", "sights", Text("", ""), crs="EPSG:4490")
    for encoding in ("UTF-8", "ascii"):
        told = f"row 2, field name: the text is not in {encoding.upper()}"
        with pytest.raises(RowsRefused, match=told):
            put(replace(file, encoding=encoding))
    put(file)
    assert {row["name"] for row in rows(engine, "sights")} == {"Longzhong", "隆中"}


def test_what_is_not_said_again_stays(put: Load, engine: Engine, tmp_path: Path) -> None:
    file = replace(parcels(tmp_path / "p.gpkg"), description=Text("说明", "Words"))
    put(file)
    put(replace(file, title=Text("宗地", ""), description=None, key=None, class_code=None))
    with engine.connect() as connection:
        layer = registry.read(connection).layer("plots", ANONYMOUS)
    assert (layer.title, layer.description) == (Text("宗地", "Plots"), Text("说明", "Words"))
    assert layer.key_field == "number"


def test_another_key_would_make_others_of_all(put: Load, engine: Engine, tmp_path: Path) -> None:
    file = parcels(tmp_path / "p.gpkg")
    put(file)
    before = rows(engine, "plots")
    with pytest.raises(
        KeyTaken, match=r"known by the field 'number'; .* load it with key \(--key\) number"
    ):
        put(replace(file, key="landuse"))
    assert rows(engine, "plots") == before
    keyless = replace(file, layer="sketch", key=None)
    put(keyless)
    with pytest.raises(KeyTaken, match=r"known by their content; .* load it with no key \(--key\)"):
        put(replace(keyless, key="number"))


def test_a_register_is_not_loaded_into(put: Load, engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        batch = Batch("cadastre", "990101", Action("tester"))
        assign(connection, engine, batch, [Request("a", WEST, division="420602")])
    with pytest.raises(KindTaken, match="is a register layer already"):
        put(replace(parcels(tmp_path / "p.gpkg"), layer="assigned_990101"))


def test_parquet_is_a_file_like_others(put: Load, engine: Engine, tmp_path: Path) -> None:
    file = parcels(tmp_path / "p.gpkg")
    put(file)
    before = rows(engine, "plots")
    gpd.read_file(file.path).to_parquet(tmp_path / "p.parquet")
    report = put(replace(file, path=tmp_path / "p.parquet"))
    assert report.unchanged == 3  # type: ignore[attr-defined]
    assert rows(engine, "plots") == before
    stations = pd.DataFrame(
        {
            "经度": [112.05],
            "lat": [32.05],
            "nr": pd.Categorical(["x"]),
            "at": pd.to_datetime(["2024"]),
        }
    )
    stations.to_parquet(tmp_path / "s.parquet")
    places = VectorFile(tmp_path / "s.parquet", "stations", Text("", ""), key="nr")
    with pytest.raises(CrsMissing):
        put(places)
    put(replace(places, crs="EPSG:4490"))
    (found,) = rows(engine, "stations")
    assert (found["nr"], found["at"]) == ("x", datetime(2024, 1, 1))
    stations.drop(columns="lat").to_parquet(tmp_path / "s.parquet")
    with pytest.raises(SourceUnreadable, match="no geometry, nor columns such as lon and lat"):
        put(places)


def test_csv_and_gbk_shapefile_in_gauss_kruger(put: Load, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("lon,lat,站号\n112.05,32.05,00618\n")
    put(VectorFile(tmp_path / "s.csv", "stations", Text("", ""), key="站号", crs="EPSG:4490"))
    assert rows(engine, "stations")[0]["站号"] == "00618"
    frame = gpd.GeoDataFrame(
        {"名称": ["古隆中"]}, geometry=[shapely.Point(112.05, 32.05)], crs=4490
    )
    frame.to_crs(4546).to_file(tmp_path / "s.shp", encoding="GBK")
    put(VectorFile(tmp_path / "s.shp", "sights", Text("", ""), key="名称"))
    found = rows(engine, "sights")[0]
    assert found["名称"] == "古隆中"
    point = shapely.from_wkb(bytes.fromhex(str(found["geom"])))
    np.testing.assert_allclose((point.x, point.y), (112.05, 32.05), atol=1e-9)
    assert found["beidou_code"] == rows(engine, "stations")[0]["beidou_code"]


ODD = [
    "division",
    "code",
    "占比%",
    ":x",
    'a"b',
    "it's",
    "geom",
    "cim_row",
    "source_code",
    "{0}",
    "$1",
]


def test_fields_of_any_name(put: Load, engine: Engine, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({n: [f"{i}"] for i, n in enumerate(ODD)}, geometry=[WEST], crs=4490)
    frame.to_file(tmp_path / "odd.geojson")
    put(VectorFile(tmp_path / "odd.geojson", "odd", Text("", ""), key="code"))
    found = rows(engine, "odd")[0]
    names = [n if n not in {"code", "geom", "cim_row"} else f"source_{n}" for n in ODD]
    names[ODD.index("source_code")] = "source_source_code"
    assert [found[name] for name in names] == [str(i) for i in range(len(ODD))]


def test_a_division_must_be_in_the_table(put: Load, tmp_path: Path) -> None:
    with pytest.raises(UnknownDivision, match="'429999'"):
        put(replace(parcels(tmp_path / "p.gpkg"), division="429999"))
    wrong = replace(parcels(tmp_path / "p.gpkg", number=["420602", "1", "2"]), layer="districts")
    with pytest.raises(RowsRefused, match="row 2, field number: there is no division '1'"):
        put(replace(wrong, class_code="990501"))


def test_heights_are_kept(put: Load, engine: Engine, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(112.05, 32.05, 65.5)], crs=4490)
    frame.to_file(tmp_path / "z.gpkg")
    put(VectorFile(tmp_path / "z.gpkg", "marks", Text("", ""), key="n"))
    with engine.connect() as connection:
        height = connection.execute(text("SELECT ST_Z(geom) FROM item.marks")).scalar_one()
    assert height == 65.5


def test_another_code_names_one_entity(put: Load, tmp_path: Path) -> None:
    numbers = ["420602001001GB00001", "420606001001GB00002", "420606001001GB00003"]
    file = replace(parcels(tmp_path / "p.gpkg", number=numbers), aliases={"parcel": "number"})
    put(file)
    with pytest.raises(RowsRefused, match="parcel 420602001001GB00001 names 420602990101"):
        put(replace(file, layer="others"))
    bad = [*numbers[:2], "420606001001GB0000"]
    with pytest.raises(RowsRefused, match="row 3, field number"):
        put(replace(parcels(tmp_path / "q.gpkg", number=bad), aliases={"parcel": "number"}))


def test_removed_layer_leaves_retired_entities(put: Load, engine: Engine, tmp_path: Path) -> None:
    put(parcels(tmp_path / "p.gpkg"))
    codes = [row["code"] for row in rows(engine, "plots")]
    with engine.begin() as connection:
        assert remove(connection, "plots", ANONYMOUS) == 3
        assert "plots" not in registry.read(connection).layers
    with engine.connect() as connection:
        states = connection.execute(
            text("SELECT state FROM cim.entity WHERE code = ANY(:c)"), {"c": codes}
        ).scalars()
        assert set(states) == {"retired"}
    put(parcels(tmp_path / "p.gpkg"))
    assert [row["code"] for row in rows(engine, "plots")] == codes


def test_who_is_retired_by_name_stays_so(put: Load, engine: Engine, tmp_path: Path) -> None:
    """No file brings it back, and the registry tells no count until the next load counts again."""
    file = parcels(tmp_path / "p.gpkg")
    put(file)
    with engine.begin() as connection:
        layer = registry.read(connection).layers[file.layer]
        codes = connection.execute(text(f"SELECT code FROM item.{file.layer}")).scalars().all()
        assert not layer.growing
        end(connection, codes[:1], "retired", Action("me"))
        assert registry.read(connection).layers[file.layer].growing
    with pytest.raises(RowsRefused, match="whose life has ended: retired"):
        put(file)
    put(replace(file, skip_refused=True))
    with engine.begin() as connection:
        layer = registry.read(connection).layers[file.layer]
        assert (layer.growing, layer.feature_count) == (False, len(codes) - 1)


def test_a_feature_of_a_layer_with_any_columns_is_changed(
    put: Load, engine: Engine, tmp_path: Path
) -> None:
    """Its columns may be called as ours are."""
    named = {"name": ["甲", "乙", "丙"], "source_id": ["1", "2", "3"], "wkb": ["x", "y", "z"]}
    put(replace(parcels(tmp_path / "p.gpkg", **named), name_field="name"))
    code = str(rows(engine, "plots")[0]["code"])
    with engine.begin() as connection:
        assert change(connection, code, Change(name="新", properties={"wkb": None}), Action("me"))
    (row,) = (row for row in rows(engine, "plots") if row["code"] == code)
    assert (row["name"], row["source_id"], row["wkb"], row["cim_version"]) == ("新", "3", None, 2)


def test_a_name_given_by_hand_outlives_a_file_without_names(
    put: Load, engine: Engine, tmp_path: Path
) -> None:
    file = parcels(tmp_path / "p.gpkg")
    put(file)
    code = str(rows(engine, "plots")[0]["code"])
    with engine.begin() as connection:
        assert change(connection, code, Change(name="口袋公园"), Action("me"))
    put(file)
    with engine.connect() as connection:
        named = connection.execute(text("SELECT code, name FROM cim.name WHERE name = '口袋公园'"))
        assert named.all() == [(code, "口袋公园")]
