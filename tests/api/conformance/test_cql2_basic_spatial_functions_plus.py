"""CQL2, Basic Spatial Functions with additional Spatial Literals: S_INTERSECTS of any geometry."""

import pytest
from predicates import LANGS, expected, geometries, logical, refused, related, selected
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus"

LITERALS = (
    "POLYGON((112.004 31.994,112.026 31.994,112.026 32.016,112.004 32.016,112.004 31.994))",
    "POLYGON((112 31.9,112.1 31.9,112.1 32.1,112 32.1,112 31.9),"
    "(112.013 32.003,112.031 32.003,112.031 32.018,112.013 32.018,112.013 32.003))",
    "LINESTRING(112.001 31.99,112.033 32.04)",
    "MULTIPOINT((112.01 32.0),(112.025 32.015),(7 50))",
    "MULTILINESTRING((111.9 32.001,112.012 32.001),(112.03 32.0,112.03 32.1))",
    "MULTIPOLYGON(((112.004 31.994,112.016 31.994,112.016 32.006,112.004 32.006,112.004 31.994)),"
    "((112.034 32.014,112.046 32.014,112.046 32.026,112.034 32.026,112.034 32.014)))",
    "GEOMETRYCOLLECTION(POINT(112.02 32.02),LINESTRING(112.004 32.011,112.016 32.011))",
)
PREDICATES = [related("S_INTERSECTS", wkt) for wkt in LITERALS]


@pytest.mark.parametrize("lang", LANGS)
def test_the_world_as_a_polygon_is_the_world_as_a_box(model: TestClient, lang: str) -> None:
    """/conf/basic-spatial-functions-plus/s_intersects"""
    world = "POLYGON((-180 -90,180 -90,180 90,-180 90,-180 -90))"
    for layer, name in geometries(model):
        boxed = selected(model, f"S_INTERSECTS({name},BBOX(-180,-90,180,90))", lang, layer)
        assert selected(model, f"S_INTERSECTS({name},{world})", lang, layer) == boxed != set()
        selected(model, f"S_INTERSECTS({name},LINESTRING(7 50, 10 51))", lang, layer)
        assert refused(model, f"S_INTERSECTS({name},LINESTRING(7 50, 10 151))", layer)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("layer", ["places", "streets", "areas"])
def test_data(model: TestClient, layer: str, lang: str) -> None:
    """/conf/basic-spatial-functions-plus/test-data"""
    for text, selects in PREDICATES:
        assert selected(model, text, lang, layer) == expected(selects, layer), text
    assert any(expected(selects, layer) for _, selects in PREDICATES)


@pytest.mark.parametrize("lang", LANGS)
def test_logical(model: TestClient, lang: str) -> None:
    """/conf/basic-spatial-functions-plus/logical"""
    logical(model, PREDICATES, lang, "areas")
