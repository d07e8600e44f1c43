"""Tables of text and GeoJSON: what their texts mean, and what is refused by its row."""

from __future__ import annotations

import csv
import json
import struct
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
from taking import Take, refused, write

from layers.errors import CrsMissing, RowsRefused, SourceUnreadable
from layers.reading import delimited

POINTS = shapely.points([[112.05, 32.05], [112.06, 32.05]])
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


def test_a_quote_that_does_not_end_is_told(
    take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take all rows after it for a text, and memory for all of them."""
    path = write(tmp_path / "p.csv", 'lon,lat,n\n112,32,"a\n' + "112,32,b\n" * 900)
    for reason in ("unexpected end of data", "field larger than field limit"):
        with pytest.raises(SourceUnreadable, match=f"row 1: {reason}.*; is there a quote too many"):
            take(path, crs="EPSG:4490")
        monkeypatch.setattr(delimited, "_LONGEST", 1000)
    csv.field_size_limit(131_072)  # which the whole process has
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


def test_arcs_of_a_csv_become_lines(take: Take, tmp_path: Path) -> None:
    """WKT and hexadecimal WKB, as of a geodatabase; what is no whole arc is refused by its row."""
    arc = "CIRCULARSTRING(112.04 32.05,112.05 32.06,112.06 32.05)"
    ring = f"CURVEPOLYGON(COMPOUNDCURVE({arc},(112.06 32.05,112.04 32.05)))"
    half = struct.pack("<BII6d", 1, 8, 3, 112.04, 32.05, 112.05, 32.06, 112.06, 32.05).hex()
    for text, kind in ((arc, "LineString"), (ring, "Polygon"), (half, "LineString")):
        path = write(tmp_path / "arcs.csv", f'n,wkt\n1,"{text}"\n')
        found = take(path, key="n", crs="EPSG:4490")
        assert found.shapes[0].geom_type == kind
        assert len(shapely.get_coordinates(found.shapes[0])) > 180
        assert [one.rule for one in found.findings.each("told")] == ["geometry.linearised"]
    path = write(tmp_path / "arcs.csv", f'n,wkt\n1,"{arc[:-12]}"\n')
    assert refused(take, path, key="n", crs="EPSG:4490")[0][2] == "place.unread"


@pytest.mark.parametrize(("name", "says"), [("", "has no name"), ("长" * 22, "is called '长长")])
def test_a_field_that_can_be_no_column_is_named(
    take: Take, tmp_path: Path, name: str, says: str
) -> None:
    feature = (
        '{"type":"Feature","geometry":{"type":"Point","coordinates":[112.05,32.05]},'
        f'"properties":{{"n":"a","{name}":1}}}}'
    )
    path = write(tmp_path / "p.geojson", feature)
    with pytest.raises(SourceUnreadable, match=rf"field 2 of the file {says}.*1 to 63 bytes"):
        take(path, key="n")
