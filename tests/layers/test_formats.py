"""Files of every format become layers: what is taken of each, and what is refused by its row."""

from __future__ import annotations

import json
import sqlite3
import struct
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import drawing
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import Engine

from cim.database.sql import run
from cim.registry import Text
from layers.errors import CrsMissing, LayerAmbiguous, RowsRefused, SourceUnreadable
from layers.findings import Findings
from layers.load import VectorFile, load
from layers.report import LoadReport
from layers.watch import Watch

Load = Callable[[VectorFile], LoadReport]
Rows = list[dict[str, Any]]


class Found:
    """What was found in a file, and the rows of the layer that it became."""

    def __init__(self, findings: Findings, rows: Rows) -> None:
        self.findings = findings
        self.rows = rows
        self.shapes = [shapely.from_wkb(bytes.fromhex(row["geom"])) for row in rows]

    def __getitem__(self, column: str) -> list[Any]:
        return [row[column] for row in self.rows]


@pytest.fixture
def take(engine: Engine, bring: Load) -> Callable[..., Found]:
    """Loads a file into the layer `sights`, and looks at it."""
    del bring  # the counties are there

    def take(path: Path, **how: Any) -> Found:
        watch = Watch()
        with engine.begin() as connection:
            load(connection, engine, VectorFile(path, "sights", Text("", ""), **how), watch)
            rows = run(connection, "SELECT * FROM item.sights ORDER BY ST_XMin(geom), code")
        return Found(watch.findings, [row._asdict() for row in rows])

    return take


Take = Callable[..., Found]
POINTS = shapely.points([[112.05, 32.05], [112.06, 32.05]])
FRAME = gpd.GeoDataFrame({"n": ["a", "b"], "名称": ["隆中", "襄阳"]}, geometry=POINTS, crs=4490)


def refused(take: Take, path: Path, **how: Any) -> list[tuple[int, str | None, str, str]]:
    """The problems that refuse a file: row, field, rule and reason."""
    with pytest.raises(RowsRefused) as error:
        take(path, **how)
    return sorted(
        [(one.row, one.field, one.rule, one.reason) for one in error.value.problems],
        key=lambda problem: problem[0],
    )


WRITTEN: dict[str, Callable[[Path], None]] = {
    "p.gpkg": FRAME.to_file,
    "p.geojson": FRAME.to_file,
    "p.geojsonl": lambda path: FRAME.to_file(path, driver="GeoJSONSeq"),
    "p.geojsons": lambda path: FRAME.to_file(path, driver="GeoJSONSeq", RS="YES"),
    "lines.json": lambda path: FRAME.to_file(path, driver="GeoJSONSeq"),
    "p.fgb": lambda path: FRAME.to_file(path, driver="FlatGeobuf", SPATIAL_INDEX="NO"),
    "p.parquet": lambda path: FRAME.to_parquet(path, write_covering_bbox=True),
    "native.parquet": lambda path: FRAME.to_parquet(path, geometry_encoding="geoarrow"),
    "p.gdb": lambda path: FRAME.to_file(path, driver="OpenFileGDB"),
    "p.csv": lambda path: FRAME.drop(columns="geometry").assign(wkt=POINTS).to_csv(path),
    "p.shp": lambda path: FRAME.to_file(path, encoding="GBK"),
    "p.kml": lambda path: FRAME.to_crs(4326).to_file(path, driver="LIBKML"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_every_format_is_loaded_and_names_keys_to_delete(
    name: str, take: Take, tmp_path: Path
) -> None:
    """Also out of a zip, where that is what people send."""
    folder = tmp_path / "in"
    folder.mkdir()
    WRITTEN[name](folder / name)
    crs = "EPSG:4490" if name == "p.csv" else None
    found = take(folder / name, key="n", class_code="990101", crs=crs)
    assert found["n"] == ["a", "b"]
    assert found["名称"] == ["隆中", "襄阳"]
    np.testing.assert_allclose(
        shapely.get_coordinates(found.shapes), [(112.05, 32.05), (112.06, 32.05)]
    )
    assert "bbox" not in found.rows[0]
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for part in folder.rglob("*"):
            packed.write(part, part.relative_to(tmp_path))
    assert take(archive, key="n", crs=crs)["n"] == ["a", "b"]
    assert take(folder / name, key="n", mode="delete").rows == []


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


HEADS: dict[str, tuple[str, str]] = {
    "comma": ("经度,纬度,名称\n112.05,32.05,隆中\n", "utf-8"),
    "marked": ("\ufeff经度;纬度;名称\r\n112.05;32.05;隆中\r\n", "utf-8"),
    "gbk": ("经度\t纬度\t名称\n112.05\t32.05\t隆中\n", "gb18030"),
    "utf-16": ("Lon|LAT|名称\r\n112.05|32.05|隆中\r\n", "utf-16"),
    "wkt": ('名称,WKT\n隆中,"POINT (112.05 32.05)"\n', "gb18030"),
    "ewkt": ('名称,geom\n隆中,"SRID=4490;POINT (112.05 32.05)"\n', "utf-8"),
    "hex": ("名称,geom\n隆中,%s\n", "utf-8"),
}


@pytest.mark.parametrize("name", HEADS)
def test_tables_of_text_of_every_kind(name: str, take: Take, tmp_path: Path) -> None:
    text, encoding = HEADS[name]
    if name == "hex":
        text %= shapely.to_wkb(shapely.set_srid(POINTS[0], 4490), hex=True, include_srid=True)
    path = write(tmp_path / "p.csv", text, encoding)
    if name not in {"ewkt", "hex"}:
        with pytest.raises(CrsMissing):
            take(path)
    found = take(path, crs=None if name in {"ewkt", "hex"} else "EPSG:4490")
    assert (found["名称"], found.shapes) == (["隆中"], [POINTS[0]])


def test_types_of_a_table_keep_what_their_texts_say(take: Take, tmp_path: Path) -> None:
    """Codes are longer than numbers can be, and a `+` or a zero before one is part of it."""
    head = "lon,lat,nr,zero,phone,long,whole,big,real,flag,day,moment,words"
    first = (
        "112.05,32.05,420602990101000000001,007,+86 27,1.5,1,3000000000,1e-3,true,2024/01/02,"
        '2024-01-02 03:04:05,"a ""b"",\nc"'
    )
    second = (
        "112.06,32.05,420602990101000000002,123,1,420602199001011234,-2,1, 2.5,False,2024-02-29,"
        "2024-01-02T03:04:05,"
    )
    path = write(tmp_path / "p.csv", f"{head}\n{first}\n\n,,,,,,,,,,,,\n{second},\n")
    found = take(path, crs="EPSG:4490")
    assert found["nr"] == ["420602990101000000001", "420602990101000000002"]
    assert (found["zero"], found["phone"]) == (["007", "123"], ["+86 27", "1"])
    assert found["long"] == ["1.5", "420602199001011234"]
    assert (found["whole"], found["big"]) == ([1, -2], [3_000_000_000, 1])
    assert (found["real"], found["flag"]) == ([0.001, 2.5], [True, False])
    assert found["day"] == [date(2024, 1, 2), date(2024, 2, 29)]
    assert found["words"] == ['a "b",\nc', ""]
    assert found.findings.read == 2


def test_a_row_of_a_table_is_refused_by_field_and_value(take: Take, tmp_path: Path) -> None:
    rows = ["112.05,32.05,a", "东经112,32.05,b", "112.05,,c", ",,d", "112,32,e,f", "112", "nan,1,g"]
    path = write(tmp_path / "p.csv", "lon,lat,n\n" + "\n".join(rows))
    assert refused(take, path, crs="EPSG:4490") == [
        (2, "lon", "place.unread", "'东经112' is not a number"),
        (3, "lat", "place.unread", "'' is not a number"),
        (4, None, "geometry.missing", "it has no geometry"),
        (5, None, "row.unread", "the row has 4 values and not 3"),
        (6, None, "row.unread", "the row has 1 values and not 3"),
        (7, "lon", "place.unread", "'nan' is not a number"),
    ]
    assert take(path, crs="EPSG:4490", skip_refused=True)["n"] == ["a"]
    shapes = ['"SRID=4490;POINT (112 32)",a', "POINT 112,b", ",c", "SRID=4326;POINT (112 32),d"]
    path = write(tmp_path / "q.csv", "wkt,n\n" + "\n".join(shapes))
    assert [problem[:3] for problem in refused(take, path, crs="EPSG:4490")] == [
        (2, "wkt", "place.unread"),
        (3, None, "geometry.missing"),
        (4, "wkt", "place.unread"),
    ]


def test_a_text_in_another_encoding_is_shown_as_what_it_is(take: Take, tmp_path: Path) -> None:
    """Of a file of many rows in UTF-8 one is in GBK, or the other way round."""
    good = "".join(f"112.05,32.05,襄阳{n}\n" for n in range(3))
    for many, one in (("utf-8", "gb18030"), ("gb18030", "utf-8")):
        text = f"lon,lat,n\n{good}".encode(many) + "112.06,32.05,樊城\n".encode(one)
        (tmp_path / "p.csv").write_bytes(text)
        with pytest.raises(RowsRefused) as error:
            take(tmp_path / "p.csv", crs="EPSG:4490")
        (problem,) = error.value.problems
        assert (problem.row, problem.field, problem.value) == (4, "n", "樊城")
        assert problem.reason.startswith(f"the text is not in {many.upper()}")


def test_a_quote_that_does_not_end_is_told(take: Take, tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", 'lon,lat,n\n112,32,"a\n' + "112,32,b\n" * 9_000_000)
    with pytest.raises(SourceUnreadable, match=r"row 1: .* is there a quote that does not end"):
        take(path, crs="EPSG:4490")
    with pytest.raises(SourceUnreadable, match="it is empty"):
        take(write(tmp_path / "e.csv", "\n\n"), crs="EPSG:4490")
    with pytest.raises(
        SourceUnreadable, match="no geometry, nor columns such as lon and lat or wkt"
    ):
        take(write(tmp_path / "n.csv", "a,b\n1,2\n"), crs="EPSG:4490")


def feature(properties: Any, x: Any = 112.05) -> str:
    place = {"type": "Point", "coordinates": [x, 32.05]}
    return json.dumps({"type": "Feature", "properties": properties, "geometry": place})


def test_a_line_that_is_no_feature_is_refused_by_its_row(take: Take, tmp_path: Path) -> None:
    """GDAL would leave it out, and cut numbers to 64 bits."""
    mixed = [
        {"a": 1, "b": 1, "c": "2024-01-02"},
        {"a": "one", "b": 2.5, "c": "2024-02-03", "d": [1]},
    ]
    long = feature({"e": 0}, 112.08).replace('"e": 0', '"e": 420602990101000000001')
    good = [feature(mixed[0]), feature(mixed[1], 112.06), long]
    path = write(
        tmp_path / "p.geojsonl", "\n".join([*good, "", '{"type": "Feat', feature({}, "x")])
    )
    assert [one[:3] for one in refused(take, path)] == [
        (4, None, "row.unread"),
        (5, "geometry", "place.unread"),
    ]
    found = take(path, skip_refused=True)
    assert (found["a"], found["b"]) == (["1", "one", None], [1.0, 2.5, None])
    assert found["c"] == [date(2024, 1, 2), date(2024, 2, 3), None]
    assert (found["d"], found["e"]) == ([None, [1], None], [None, None, "420602990101000000001"])


def test_geojson_of_mixed_types_and_another_crs(take: Take, tmp_path: Path) -> None:
    mixed = [feature({"a": 1, "b": 1, "o": {"k": 1}}), feature({"a": "one", "b": 2.5}, 112.06)]
    crs = '{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4490"}}'
    whole = '{"type":"FeatureCollection","crs":%s,"features":[%s]}'
    found = take(write(tmp_path / "p.geojson", whole % (crs, ",".join(mixed))))
    assert (found["a"], found["b"]) == (["1", "one"], [1.0, 2.5])
    assert found["o"] == [{"k": 1}, None]
    long = mixed[0].replace('"b": 1', '"b": 420602990101000000001')
    found = take(write(tmp_path / "q.geojson", whole % (crs, f"{long},\n {mixed[1]}")))
    assert found["b"] == ["420602990101000000001", "2.5"]
    for spoilt in (f"{mixed[0]}, {mixed[1][:-9]}", f'{mixed[0]}, {{"type" "Feature"}}, {mixed[1]}'):
        with pytest.raises(SourceUnreadable, match="no whole GeoJSON"):
            take(write(tmp_path / "s.geojson", whole % (crs, spoilt)))
    with pytest.raises(CrsMissing):
        take(write(tmp_path / "n.geojson", whole % ("null", mixed[0])))
    moved = (
        '{"features":[%s],"crs":{"type":"name","properties":{"name":"EPSG:4490"}},"bbox":[1],%s}'
    )
    kind = '"type":"FeatureCollection"'
    path = write(tmp_path / "m.geojson", moved % (feature({"crs": None}, 112.09), kind))
    assert take(path)["crs"] == [None]
    bad = [feature({"a": "X"}), feature({"a": "Y"}, 112.06)]
    path = write(tmp_path / "b.geojson", whole % (crs, ",".join(bad)))
    path.write_bytes(path.read_bytes().replace(b'"X"', '"隆中, {"'.encode("gbk")))
    assert [one[:3] for one in refused(take, path)] == [(1, "a", "text.encoding")]
    assert take(path, skip_refused=True)["a"] == ["Y"]
    gbk = write(tmp_path / "g.geojson", whole % (crs, bad[0].replace("X", "隆")), "gbk")
    assert take(gbk, encoding="GBK")["a"] == ["隆"]


KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>城市</name>
<Schema name="s" id="s"><SimpleField type="int" name="层数"/></Schema>
<Folder><name>建筑</name>{0}<Placemark><name>楼</name><description><![CDATA[<b>旧</b>]]></description>
<ExtendedData><Data name="用途"><value>住宅</value></Data>
<SchemaData schemaUrl="#s"><SimpleData name="层数">12</SimpleData></SchemaData></ExtendedData>
<Polygon><outerBoundaryIs><LinearRing><coordinates>
112.05,32.05,5 112.06,32.05,5 112.06,32.06,5 112.05,32.05,5</coordinates></LinearRing>
</outerBoundaryIs></Polygon></Placemark></Folder>
<Folder><name>道路</name><Placemark><name>路</name><MultiGeometry>
<LineString><coordinates>112.07,32.05 112.08,32.05</coordinates></LineString>
<LineString><coordinates>112.07,32.06 112.08,32.06</coordinates></LineString></MultiGeometry>
</Placemark></Folder></Document></kml>"""


def test_folders_of_a_kml_are_layers(take: Take, tmp_path: Path) -> None:
    path = write(tmp_path / "doc.kml", KML.format(""))
    with pytest.raises(LayerAmbiguous, match=r"城市/建筑, 城市/道路, \*"):
        take(path)
    found = take(path, source_layer="建筑")
    assert (found["Name"], found["description"], found["folder"]) == (
        ["楼"],
        ["<b>旧</b>"],
        ["城市/建筑"],
    )
    assert (found["用途"], found["层数"], found.shapes[0].has_z) == (["住宅"], [12], True)
    assert [shape.geom_type for shape in take(path, source_layer="城市").shapes] == [
        "Polygon",
        "MultiLineString",
    ]
    with zipfile.ZipFile(tmp_path / "p.kmz", "w") as packed:
        packed.write(path, "doc.kml")
    assert take(tmp_path / "p.kmz", source_layer="*")["Name"] == ["楼", "路"]
    link = "<kml><NetworkLink><Link><href>layers/doc.kml</href></Link></NetworkLink></kml>"
    with zipfile.ZipFile(tmp_path / "q.kmz", "w") as packed:
        packed.writestr("doc.kml", link)
        packed.write(path, "layers/doc.kml")
    assert take(tmp_path / "q.kmz", source_layer="建筑")["Name"] == ["楼"]


HARMFUL = {
    "link": ("<NetworkLink><Link><href>http://x/</href></Link></NetworkLink>", "a NetworkLink"),
    "wrong": ("<Placemark>", "no whole XML document"),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_kml_that_leads_elsewhere_is_refused(name: str, take: Take, tmp_path: Path) -> None:
    text, reason = HARMFUL[name]
    with pytest.raises(SourceUnreadable, match=reason):
        take(write(tmp_path / "p.kml", KML.format(text)), source_layer="*")
    bomb = KML.format("").replace("<kml", '<!DOCTYPE kml [<!ENTITY a "aa">]><kml', 1)
    with pytest.raises(SourceUnreadable, match="document type"):
        take(write(tmp_path / "p.kml", bomb))


def test_coordinates_of_a_kml_that_are_none(take: Take, tmp_path: Path) -> None:
    path = write(tmp_path / "p.kml", KML.format("").replace("112.07,32.05 ", "112.07;32.05 "))
    (problem,) = refused(take, path, source_layer="*")
    assert problem[:2] == (2, "coordinates")
    assert "112.07;32.05" in problem[3]


E4546 = (500_000.0, 3_540_000.0)


def around(x: float, y: float) -> list[tuple[float, float]]:
    east, north = E4546[0] + 95_000 + x, E4546[1] + 5_000 + y
    return [(east, north), (east + 10, north), (east + 10, north + 10)]


def test_lines_and_polygons_of_a_drawing(take: Take, tmp_path: Path) -> None:
    """Closed lines become polygons where these are asked for; text is decoded, or left out."""
    roads, house = around(0, 0), around(50, 0)
    entities = (
        drawing.line("道路", *roads)
        + drawing.line("房屋", *house, closed=True)
        + drawing.text("注记", "古隆中")
        + drawing.insert("灯", "B", *around(90, 0)[0])
    )
    blocks = drawing.block("B", drawing.line("0", (0, 0), (1, 1)))
    for encoding in ("gbk", "utf-8"):
        path = drawing.write(tmp_path / "p.dxf", entities, blocks, encoding)
        with pytest.raises(CrsMissing):
            take(path)
        found = take(path, crs="EPSG:4546")
        assert found["Layer"] == ["道路", "房屋", "灯"]
        assert {shape.geom_type for shape in found.shapes} == {"LineString"}
        assert [note.en for note in found.findings.notes][1:] == [
            "3 lines are taken and 1 texts left out"
        ]
    found = take(path, crs="EPSG:4546", source_layer="polygons")
    assert (found["Layer"], found.shapes[0].geom_type) == (["房屋"], "Polygon")
    assert take(path, crs="EPSG:4546", source_layer="lines:道路")["Layer"] == ["道路"]
    gbk = drawing.write(tmp_path / "q.dxf", drawing.text("注记", r"隆\U+4E2D 25%%d"))
    with pytest.raises(LayerAmbiguous, match="texts, texts:注记"):
        take(gbk, crs="EPSG:4546")
    both = drawing.write(tmp_path / "b.dxf", entities + drawing.face("面"), blocks)
    with pytest.raises(LayerAmbiguous, match="lines, polygons, texts, lines:房屋"):
        take(both, crs="EPSG:4546")
    with pytest.raises(SourceUnreadable, match="it is DWG"):
        take(write(tmp_path / "d.dxf", "AC1015"))


HALF_CIRCLE = struct.pack("<BII6d", 1, 8, 3, 112.04, 32.05, 112.05, 32.06, 112.06, 32.05)
BROKEN = struct.pack("<BI", 1, 99)


def test_arcs_become_lines_and_other_shapes_refuse_their_row(take: Take, tmp_path: Path) -> None:
    FRAME.to_file(tmp_path / "p.gpkg", SPATIAL_INDEX="NO")
    with sqlite3.connect(tmp_path / "p.gpkg") as database:
        (head,) = database.execute("SELECT substr(geom, 1, 8) FROM p LIMIT 1").fetchone()
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            database.execute(f'DROP TRIGGER "{name}"')
        flags = head[:3] + bytes([head[3] & 0b11110001]) + head[4:8]
        database.execute("UPDATE p SET geom = ? WHERE n = 'a'", (flags + HALF_CIRCLE,))
    found = take(tmp_path / "p.gpkg")
    (arc,) = [shape for shape in found.shapes if shape.geom_type == "LineString"]
    assert shapely.get_num_coordinates(arc) == 181
    assert arc.length == pytest.approx(0.01 * np.pi, rel=1e-4)
    (told,) = found.findings.each("told")
    assert (told.row, told.rule) == (1, "geometry.linearised")
    frame = pd.DataFrame({"n": ["a", "b"], "geometry": [shapely.to_wkb(POINTS[0]), BROKEN]})
    gpd.GeoDataFrame(FRAME).to_parquet(tmp_path / "g.parquet")
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pq.read_schema(tmp_path / "g.parquet")
    kept = pa.schema([schema.field("n"), schema.field("geometry")], schema.metadata)
    pq.write_table(pa.Table.from_pandas(frame, kept), tmp_path / "g.parquet")
    assert [one[:3] for one in refused(take, tmp_path / "g.parquet")] == [
        (2, None, "geometry.unread")
    ]


def test_native_geometry_of_every_kind(take: Take, tmp_path: Path) -> None:
    ring = shapely.box(112.05, 32.05, 112.06, 32.06).exterior
    hole = shapely.box(112.052, 32.052, 112.053, 32.053).exterior
    shapes = [
        shapely.MultiPoint([(112.05, 32.05), (112.06, 32.05)]),
        shapely.LineString([(112.05, 32.05, 1), (112.06, 32.05, 2)]),
        shapely.MultiLineString(
            [[(112.05, 32.05), (112.06, 32.05)], [(112.05, 32.06), (112.06, 32.06)]]
        ),
        shapely.Polygon(ring, [hole]),
        shapely.MultiPolygon(
            [shapely.Polygon(ring, [hole]), shapely.box(112.07, 32.05, 112.08, 32.06)]
        ),
    ]
    for shape in shapes:
        frame = gpd.GeoDataFrame({"n": [1, 2]}, geometry=[shape, None], crs=4490)
        frame.to_parquet(tmp_path / "p.parquet", geometry_encoding="geoarrow")
        assert [one[:3] for one in refused(take, tmp_path / "p.parquet")] == [
            (2, None, "geometry.missing")
        ]
        found = take(tmp_path / "p.parquet", skip_refused=True)
        assert found.shapes[0].equals(shape)
        assert found.shapes[0].has_z == shape.has_z
