"""Heights and measures: what a file has of them, the database has, and items write."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely
from sqlalchemy import Engine

from cim.access import ANONYMOUS
from cim.database.sql import run
from cim.item_page import page
from cim.item_query import Query
from cim.layer import Text
from cim.registry import read
from layers.load import VectorFile
from layers.vector_file import Shaping

WKT = {
    "polygon z": "POLYGON Z ((112.01 32.01 5, 112.02 32.01 6, 112.02 32.02 7, 112.01 32.01 5))",
    "line m": "LINESTRING M (112.01 32.01 0, 112.02 32.01 940.5, 112.02 32.02 1990)",
    "point zm": "POINT ZM (112.01 32.01 61.5 7)",
    "multi zm": "MULTILINESTRING ZM ((112.01 32.01 5 1, 112.02 32.01 6 2), "
    "(112.03 32.01 5 1, 112.02 32.03 6 2))",
    "plain": "POINT (112.05 32.05)",
}


def gpkg(path: Path, shapes: list[Any], epsg: int = 4490) -> VectorFile:
    """A GeoPackage of shapes as they are, mixed as they may be."""
    table = pa.table(
        {
            "number": [str(i) for i in range(len(shapes))],
            "geometry": pa.array(shapely.to_wkb(shapes, flavor="iso"), pa.binary()),
        }
    )
    pyogrio.write_arrow(
        table,
        path,
        driver="GPKG",
        geometry_name="geometry",
        geometry_type="Unknown",
        crs=f"EPSG:{epsg}",
    )
    return VectorFile(path, "things", Text("", ""), key="number", division="420602")


def stored(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        rows = run(connection, "SELECT ST_AsEWKB(geom) AS wkb FROM layer.things ORDER BY number")
    return [shapely.from_wkb(bytes(row.wkb)) for row in rows]


def all_of(shape: Any) -> Any:
    kinds = {"include_z": shapely.has_z(shape), "include_m": shapely.has_m(shape)}
    return shapely.get_coordinates(shape, **kinds)


def test_they_are_stored_as_they_came(bring: Any, engine: Engine, tmp_path: Path) -> None:
    shapes = [shapely.from_wkt(wkt) for wkt in WKT.values()]
    bring(gpkg(tmp_path / "a.gpkg", shapes))
    for there, given in zip(stored(engine), shapes, strict=True):
        assert shapely.equals_identical(there, given)
    assert bring(gpkg(tmp_path / "a.gpkg", shapes)).unchanged == len(shapes)
    higher = shapely.from_wkt(WKT["point zm"].replace("61.5", "61.6"))
    shapes[2] = higher
    assert bring(gpkg(tmp_path / "b.gpkg", shapes)).changed == 1
    with engine.connect() as connection:
        (kept,) = run(connection, "SELECT ST_Z(geom) AS z, ST_M(geom) AS m FROM history.things")
        layer = read(connection).layer("things", ANONYMOUS)
        statement = page(layer, Query(10), ANONYMOUS)
        told = [row.feature for row in run(connection, statement.sql, *statement.values)]
    assert (kept.z, kept.m) == (61.5, 7)
    said = b"".join(bytes(each) if not isinstance(each, str) else each.encode() for each in told)
    assert b'"coordinates":[112.01,32.01,61.6]' in said, "RFC 7946 has no measures"
    assert b'"coordinates":[[112.01,32.01],[112.02,32.01],[112.02,32.02]]' in said


@pytest.mark.parametrize(
    ("kind", "z", "m"), [("GEOMETRY", 1, 0), ("GEOMETRY", 1, 1), ("POINT", 0, 1)]
)
def test_a_layer_may_be_declared_to_have_them(
    bring: Any, engine: Engine, tmp_path: Path, kind: str, z: int, m: int
) -> None:
    shapes = [shapely.from_wkt(WKT["point zm"]), shapely.from_wkt("POINT M (112.02 32.01 8)")]
    file = gpkg(tmp_path / "declared.gpkg", shapes)
    with closing(sqlite3.connect(file.path)) as opened, opened:
        says = "UPDATE gpkg_geometry_columns SET geometry_type_name = ?, z = ?, m = ?"
        opened.execute(says, (kind, z, m))
    assert bring(file).added == len(shapes)
    for there, given in zip(stored(engine), shapes, strict=True):
        assert shapely.equals_identical(there, given)


def test_a_change_of_crs_moves_the_place_alone(bring: Any, engine: Engine, tmp_path: Path) -> None:
    shapes = [shapely.from_wkt(wkt) for wkt in WKT.values()]
    with_numbers = [
        shapely.from_wkt(wkt.replace("112.0", "50000").replace("32.0", "354200"))
        for wkt in WKT.values()
    ]
    bring(gpkg(tmp_path / "a.gpkg", with_numbers, 4547))
    for there, given in zip(stored(engine), shapes, strict=True):
        assert (shapely.has_z(there), shapely.has_m(there)) == (
            shapely.has_z(given),
            shapely.has_m(given),
        )
        np.testing.assert_array_equal(all_of(there)[:, 2:], all_of(given)[:, 2:])
        assert (all_of(there)[:, 1] > 31).all()


def test_a_repair_tells_what_it_did_to_them(bring: Any, engine: Engine, tmp_path: Path) -> None:
    corners = "112.01 32.01 1, 112.02 32.02 2, 112.02 32.01 3, 112.01 32.02 4, 112.01 32.01 1"
    high = f"POLYGON Z (({corners}))"
    shapes = [shapely.from_wkt(high)]
    file = gpkg(tmp_path / "a.gpkg", shapes)
    bring(replace(file, shaping=Shaping(repair=True)))
    (there,) = stored(engine)
    heights = shapely.get_coordinates(there, include_z=True)[:, 2]
    assert sorted(set(heights.tolist())) == [1, 2, 2.5, 3, 4], "the new vertex between them"


@pytest.mark.parametrize("wkt", ["POINT Z (112.01 32.01 NaN)", "POINT (112.01 Infinity)"])
def test_numbers_that_are_none(wkt: str, bring: Any, engine: Engine, tmp_path: Path) -> None:
    """No height at all is none; a place that is no number refuses its row."""
    file = gpkg(tmp_path / "a.gpkg", [shapely.from_wkt(wkt)])
    if "Inf" in wkt:
        with pytest.raises(Exception, match="row 1: a coordinate of the geometry is no finite"):
            bring(file)
    else:
        bring(file)
        assert not shapely.has_z(stored(engine)[0])
