"""Shapefiles as Chinese programs write them: their encodings, and parts that are wrong."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import Engine

from cim.database.sql import run
from cim.layer import Text
from layers.errors import LayerAmbiguous, RowsRefused, SourceUnreadable, UploadRefused
from layers.findings import Findings
from layers.load import VectorFile, load
from layers.report import LoadReport
from layers.watch import Watch

Load = Callable[[VectorFile], LoadReport]
RARE = ["隆中", "喆犇镕", "襄阳㐂", "plain"]  # characters of GB 2312, GBK and GB 18030


def dbf(name: bytes, width: int, values: Sequence[bytes], ldid: int = 0) -> bytes:
    """A table of one text field, byte by byte."""
    head = struct.pack("<4BIHH17xB2x", 3, 124, 1, 1, len(values), 65, width + 1, ldid)
    field = name.ljust(11, b"\0") + b"C" + bytes(4) + bytes([width]) + bytes(15)
    rows = b"".join(b" " + value.ljust(width) for value in values)
    return head + field + b"\r" + rows + b"\x1a"


@pytest.fixture
def shapefile(tmp_path: Path) -> Callable[..., VectorFile]:
    """A Shapefile of points whose table has these bytes."""

    def write(
        values: Sequence[bytes],
        name: bytes = b"NAME",
        width: int = 30,
        ldid: int = 0,
        cpg: str | None = None,
    ) -> VectorFile:
        points = [shapely.Point(112.05 + n / 1000, 32.05) for n in range(len(values))]
        gpd.GeoDataFrame({"x": range(len(values))}, geometry=points, crs=4490).to_file(
            tmp_path / "s.shp"
        )
        (tmp_path / "s.dbf").write_bytes(dbf(name, width, values, ldid))
        (tmp_path / "s.cpg").unlink()
        if cpg is not None:
            (tmp_path / "s.cpg").write_text(cpg)
        return VectorFile(tmp_path / "s.shp", "sights", Text("", ""))

    return write


@pytest.fixture
def found(engine: Engine, bring: Load) -> Callable[..., tuple[Findings, list[Any]]]:
    """Loads a file; what was found in it, and the rows of its layer."""
    del bring  # the counties are there

    def found(file: VectorFile) -> tuple[Findings, list[Any]]:
        watch = Watch()
        with engine.begin() as connection:
            load(connection, engine, file, watch)
            rows = run(connection, "SELECT * FROM item.sights ORDER BY ST_X(geom)")
        return watch.findings, rows

    return found


Found = Callable[[VectorFile], tuple[Findings, list[Any]]]
KNOWN: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "gbk": ("gb18030", {}, "encoding.detected", "GB18030"),
    "utf-8": ("utf-8", {}, "encoding.detected", "UTF-8"),
    "cpg of gbk": ("gb18030", {"cpg": "936"}, "encoding.cpg", "GB18030"),
    "cpg of utf-8": ("utf-8", {"cpg": "UTF-8\r\n"}, "encoding.cpg", "UTF-8"),
    "cpg unknown": ("gb18030", {"cpg": "Mandarin"}, "encoding.detected", "GB18030"),
    "cpg of all bytes": ("utf-8", {"cpg": "ISO-8859-1"}, "encoding.detected", "UTF-8"),
    "ldid": ("gb18030", {"ldid": 0x4D}, "encoding.ldid", "GB18030"),
    "ldid wrong": ("utf-8", {"ldid": 0x4D}, "encoding.detected", "UTF-8"),
    "ldid of no code page": ("gb18030", {"ldid": 0x57}, "encoding.detected", "GB18030"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_the_encoding_is_found_and_told(name: str, shapefile: Any, found: Found) -> None:
    encoding, how, note, shown = KNOWN[name]
    file = shapefile([text.encode(encoding) for text in RARE], "名称".encode(encoding), **how)
    findings, rows = found(file)
    assert [row.名称 for row in rows] == RARE
    assert [(each.id, each.value) for each in findings.notes] == [(note, shown)]


def test_an_encoding_that_is_told_is_used(shapefile: Any, found: Found) -> None:
    file = shapefile(["隆中".encode("big5")], cpg="UTF-8")
    findings, rows = found(replace(file, encoding="Big5"))
    assert (rows[0].NAME, findings.notes[0].en) == ("隆中", "text in BIG5, as told")


def test_a_text_of_another_encoding_refuses_its_row(shapefile: Any, found: Found) -> None:
    """It is never garbled: not by the .cpg, not by what was found of the other rows."""
    texts = ["隆中".encode(), "襄阳城墙".encode("gbk"), b"plain"]
    for more, cpg in (([], "UTF-8"), (["樊城".encode()] * 3, None)):
        file = shapefile([*texts, *more], cpg=cpg)
        with pytest.raises(RowsRefused) as refused:
            found(file)
        (problem,) = refused.value.problems
        assert (problem.row, problem.field, problem.rule) == (2, "NAME", "text.encoding")
        assert (
            problem.reason
            == "the text is not in UTF-8; name its encoding with encoding (--encoding)"
        )
        _, rows = found(replace(file, skip_refused=True))
        assert [row.NAME for row in rows][:2] == ["隆中", "plain"]
    texts = ["城墙".encode("gbk"), "隆中".encode(), "襄阳".encode("gbk")]
    for encoding in (None, "GBK"):
        with pytest.raises(RowsRefused, match="row 2, field NAME: the text is not in GB18030"):
            found(replace(shapefile(texts), encoding=encoding))


def test_a_text_that_is_cut_off_in_a_character_is_told(shapefile: Any, found: Found) -> None:
    long = "湖北省襄阳市襄城区隆中街道古隆中村" * 10
    for encoding in ("utf-8", "gb18030"):
        cut = long.encode(encoding)[: 253 if encoding == "gb18030" else 254]
        file = shapefile([cut, "短".encode(encoding)], width=len(cut))
        findings, rows = found(file)
        whole = cut.decode(encoding, errors="ignore")
        assert [row.NAME for row in rows] == [whole, "短"]
        assert long.startswith(whole)
        (told,) = findings.each("repaired")
        assert (told.row, told.field, told.rule) == (1, "NAME", "text.cut")


LIKELY = [
    *(("一", "gb18030"), ("3楼", "gb18030"), ("5路", "gb18030")),
    *(("25°", "utf-8"), ("m²", "utf-8")),
]


@pytest.mark.parametrize(("text", "encoding"), LIKELY)
def test_two_bytes_that_may_be_either(
    text: str, encoding: str, shapefile: Any, found: Found
) -> None:
    _, rows = found(shapefile([text.encode(encoding)]))
    assert text == rows[0].NAME


PARTS = {
    "no index": (lambda path: path.with_suffix(".shx").unlink(), "its part s.shx is missing"),
    "no table": (lambda path: path.with_suffix(".dbf").unlink(), "its part s.dbf is missing"),
    "short table": (
        lambda path: path.with_suffix(".dbf").write_bytes(
            path.with_suffix(".dbf").read_bytes()[:-40]
        ),
        "s.dbf is cut off: it should have 2 rows",
    ),
    "other table": (
        lambda path: path.with_suffix(".dbf").write_bytes(dbf(b"NAME", 9, [b"a"] * 3)),
        "it has 2 shapes and its .dbf 3 rows",
    ),
    "no dbf": (lambda path: path.with_suffix(".dbf").write_bytes(b"-"), "s.dbf is no dBase table"),
    "short shapes": (
        lambda path: path.write_bytes(path.read_bytes()[:-20]),
        "it is cut off: it should have 156 bytes",
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_parts_that_are_missing_or_do_not_fit(name: str, shapefile: Any, bring: Load) -> None:
    spoil, reason = PARTS[name]
    file = shapefile([b"a", b"b"])
    spoil(file.path)
    with pytest.raises(SourceUnreadable, match=reason):
        bring(file)


def test_a_zip_with_names_in_gbk(tmp_path: Path, found: Found) -> None:
    (tmp_path / "in").mkdir()
    archive = tmp_path / "in" / "p.zip"
    zipped(archive, "古迹", "公园")
    file = VectorFile(archive, "sights", Text("", ""))
    with pytest.raises(LayerAmbiguous, match=r"数据/公园\.shp, 数据/古迹\.shp"):
        found(file)
    _, rows = found(replace(file, source_layer="古迹"))
    assert [row.名称 for row in rows] == ["古迹"]
    (tmp_path / "no.zip").write_bytes(b"-")
    with pytest.raises(UploadRefused, match="no zip archive"):
        found(replace(file, path=tmp_path / "no.zip"))


def zipped(path: Path, *stems: str) -> None:
    """A zip of Shapefiles in a folder, with names in GBK as Windows in China writes them."""
    entries = []
    for stem in stems:
        point = [shapely.Point(112.05, 32.05)]
        frame = gpd.GeoDataFrame({"名称": [stem]}, geometry=point, crs=4490)
        frame.to_file(path.parent / f"{stem}.shp", encoding="GBK")
        entries += [(f"数据/{p.name}".encode("gbk"), p) for p in path.parent.glob(f"{stem}.*")]
    with zipfile.ZipFile(path, "w") as archive:
        for number, (name, part) in enumerate(entries):
            archive.writestr(str(number).rjust(len(name), "_"), part.read_bytes())
    data = path.read_bytes()
    for number, (name, _) in enumerate(entries):
        data = data.replace(str(number).rjust(len(name), "_").encode(), name)
    path.write_bytes(data)
