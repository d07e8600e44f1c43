"""CQL2, Basic Spatial Functions: S_INTERSECTS with points and boxes, held against shapely."""

import pytest
import shapely
from predicates import LANGS, Selects, expected, geometries, logical, refused, selected
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions"

_WORLD = shapely.box(-180, -90, 180, 90)
_BOX = shapely.box(112.005, 31.995, 112.022, 32.015)
_AT = shapely.Point(112.01, 32.01)
LAYERS = ("places", "streets", "areas")
PREDICATES: list[tuple[str, Selects]] = [
    ("S_INTERSECTS(geometry,BBOX(112.005,31.995,112.022,32.015))",
     lambda p: p["geometry"].intersects(_BOX)),
    ("S_INTERSECTS(geometry,BBOX(112.005,31.995,0,112.022,32.015,100))",
     lambda p: p["geometry"].intersects(_BOX)),
    ("S_INTERSECTS(geometry,POINT(112.01 32.01))", lambda p: p["geometry"].intersects(_AT)),
    ("S_INTERSECTS(geometry,BBOX(112.03,-90,-150,90))",  # over the antimeridian
     lambda p: p["geometry"].bounds[2] >= 112.03),
]  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
def test_spatial_functions(model: TestClient, lang: str) -> None:
    """/conf/basic-spatial-functions/s_intersects: boxes and points over every geometry"""
    found = geometries(model)
    assert len(found) == 3
    for layer, name in found:
        whole = selected(model, f"S_INTERSECTS({name},BBOX(-180,-90,180,90))", lang, layer)
        assert len(whole) > 5
        selected(model, f"S_INTERSECTS({name},POINT(7.02 49.92))", lang, layer)
        assert refused(model, f"S_INTERSECTS({name},POINT(90 180))", layer)
        assert refused(model, f"S_INTERSECTS({name},BBOX(-180,-90,180,91))", layer)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("layer", LAYERS)
def test_data(model: TestClient, layer: str, lang: str) -> None:
    """/conf/basic-spatial-functions/test-data"""
    for text, selects in PREDICATES:
        if "POINT" in text and layer == "streets":
            continue  # a corner on a line is a matter of rounding
        assert selected(model, text, lang, layer) == expected(selects, layer) != set(), text


@pytest.mark.parametrize("lang", LANGS)
def test_logical(model: TestClient, lang: str) -> None:
    """/conf/basic-spatial-functions/logical"""
    logical(model, PREDICATES, lang, "areas")
