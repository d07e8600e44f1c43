"""Files of every format become layers: what is taken of each, and what is refused by its row."""

from __future__ import annotations

import sqlite3
import struct
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import drawing
import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from sqlalchemy import Engine, text
from taking import Take, refused, write

from cim import registry
from layers.errors import CrsMissing, LayerAmbiguous, SourceUnreadable

POINTS = shapely.points([[112.05, 32.05], [112.06, 32.05]])
FRAME = gpd.GeoDataFrame({"n": ["a", "b"], "名称": ["隆中", "襄阳"]}, geometry=POINTS, crs=4490)


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


def test_a_file_that_is_damaged_inside_is_refused(take: Take, tmp_path: Path) -> None:
    """GDAL gives what stands before the damage, and says nothing: the layer would lose the rest."""
    places = [shapely.box(112 + i * 1e-5, 32, 112 + i * 1e-5 + 5e-6, 32.001) for i in range(3000)]
    frame = gpd.GeoDataFrame({"n": [str(i) for i in range(3000)]}, geometry=places, crs=4490)
    whole, geodatabase = tmp_path / "p.gpkg", tmp_path / "p.gdb"
    frame.to_file(whole)
    frame.to_file(geodatabase, driver="OpenFileGDB")
    assert len(take(whole, key="n").rows) == 3000
    page = whole.read_bytes()
    middle = len(page) // 8192 * 4096
    damaged = tmp_path / "damaged.gpkg"
    damaged.write_bytes(page[:middle] + bytes(4096) + page[middle + 4096 :])
    table = max(geodatabase.glob("*.gdbtable"), key=lambda part: part.stat().st_size)
    table.write_bytes(table.read_bytes()[: table.stat().st_size * 6 // 10])
    for path in (damaged, geodatabase):
        with pytest.raises(SourceUnreadable, match="it is damaged, 3000 rows should be there"):
            take(path, key="n")
    old = tmp_path / "old.gpkg"  # whose own count nobody kept: it says more than there is
    frame.iloc[:10].to_file(old)
    with sqlite3.connect(old) as file:
        file.execute("UPDATE gpkg_ogr_contents SET feature_count = 99")
    assert len(take(old, key="n").rows) == 10


@pytest.mark.parametrize("ending", ["fgb", "gpkg"])
def test_moments_keep_their_zones(take: Take, tmp_path: Path, ending: str) -> None:
    """Those of a FlatGeobuf have them value by value; some without make the column one of texts."""
    path = tmp_path / f"p.{ending}"

    def taken(*moments: str) -> list[str]:
        seen = [pd.Timestamp(moment) for moment in moments]
        FRAME.assign(seen=pd.Series(seen, dtype=object)).to_file(path, index=False)
        return [str(moment) for moment in take(path, key="n")["seen"]]

    east, fine = "2024-01-01T00:00:00+08:00", "2024-06-01T12:00:00.250+05:30"
    assert taken(east, fine) == ["2023-12-31 16:00:00+00:00", "2024-06-01 06:30:00.250000+00:00"]
    if ending == "fgb":
        local = "2024-06-01T12:00:00"
        assert taken(local, local) == ["2024-06-01 12:00:00"] * 2


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
    cut = tmp_path / "c.dxf"
    cut.write_bytes((tmp_path / "p.dxf").read_bytes().replace(b"EOF", b""))
    with pytest.raises(SourceUnreadable, match="it does not end in EOF"):
        take(cut, crs="EPSG:4546")


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


MICROSECONDS = pa.duration("us")
DECIMAL = {digits: pa.decimal128(digits, 2) for digits in (18, 30)}


def test_numbers_of_a_parquet_keep_all_their_digits(
    take: Take, engine: Engine, tmp_path: Path
) -> None:
    """Decimals are exact as far as the items; a whole number without a sign is too large by row."""
    path = tmp_path / "p.parquet"
    prices = ["1234567890123456.78", "-0.01", "10000.00", None, "99990000.10"]
    long = ["1234567890123456789012345678.91", "0.00", "-10000", "0.07", None]
    table = pa.table(
        {
            "n": [str(n) for n in range(5)],
            "price": pa.array([None if p is None else Decimal(p) for p in prices], DECIMAL[18]),
            "exact": pa.array([None if p is None else Decimal(p) for p in long], DECIMAL[30]),
            "small": pa.array([Decimal("1.25")] * 5, pa.decimal128(9, 2)),
            "took": pa.array([5_400_000_000, -1_500_000, 0, None, 90_061_000_001], MICROSECONDS),
            "count": pa.array([1, 2**63 - 1, 0, None, 7], pa.uint64()),
            "lon": [112.05] * 5,
            "lat": [32.05 + n / 1000 for n in range(5)],
        }
    )
    pq.write_table(table, path)
    for _ in range(2):  # straight into a new layer, and by the stage: the same
        found = take(path, key="n", crs="EPSG:4490")
        assert [None if v is None else Decimal(str(v)) for v in found["price"]] == [
            None if p is None else Decimal(p) for p in prices
        ]
        assert [None if v is None else Decimal(str(v)) for v in found["exact"]] == [
            None if p is None else Decimal(p) for p in long
        ]
        assert found["took"] == ["PT1H30M", "-PT1.5S", "PT0S", None, "PT25H1M1.000001S"]
        assert (found["small"], found["count"][1]) == ([1.25] * 5, 2**63 - 1)
    with engine.connect() as connection:
        said = connection.execute(
            text("SELECT to_json(price)::text FROM item.sights WHERE n = '0'")
        ).scalar_one()
        layer = registry.read(connection).layers["sights"]
    assert said == prices[0]
    assert {column.name: column.type for column in layer.columns}["exact"] == "numeric"
    place = table.schema.get_field_index("count")
    large = table.set_column(place, "count", pa.array([2**63, 1, 2, 3, 4], pa.uint64()))
    pq.write_table(large, path)
    (problem,) = refused(take, path, key="n", crs="EPSG:4490")
    assert problem[:3] == (1, "count", "value.unfit")
    assert "9223372036854775808" in problem[3]
    rows = take(path, key="n", crs="EPSG:4490", skip_refused=True, mode="upsert")["count"]
    assert sorted(n or 0 for n in rows) == [1, 1, 2, 3, 4]
