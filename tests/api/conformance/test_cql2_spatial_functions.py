"""CQL2, Spatial Functions: the eight relations, held against shapely."""

import pytest
from predicates import LANGS, Predicate, expected, geometries, logical, refused, related, selected
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions"

_WORLD = ("BBOX(-180,-90,180,90)", "POLYGON((-180 -90,180 -90,180 90,-180 90,-180 -90))")
_LINE = "LINESTRING(7 50,10 51)"
_SQUARE = "POLYGON((112.01 32.0,112.02 32.0,112.02 32.01,112.01 32.01,112.01 32.0))"
_ACROSS = "POLYGON((112.005 32.005,112.025 32.005,112.025 32.025,112.005 32.025,112.005 32.005))"
_CHORD = "LINESTRING(112.002 31.99,112.047 32.03)"
_AREAS = {
    "S_INTERSECTS": (_SQUARE, _ACROSS, _CHORD, "POINT(112.01 32.01)"),
    "S_DISJOINT": (_SQUARE, _ACROSS, _CHORD, "POINT(112.01 32.01)"),
    "S_EQUALS": (_SQUARE,),
    "S_TOUCHES": (_SQUARE, "POINT(112.01 32.01)", "LINESTRING(112.01 32.0,112.01 32.01)"),
    "S_WITHIN": ("POLYGON((111.9 31.9,112.021 31.9,112.021 32.021,111.9 32.021,111.9 31.9))",),
    "S_CONTAINS": ("POINT(112.014 32.004)", "LINESTRING(112.012 32.002,112.018 32.008)",
                   "POLYGON((112.012 32.002,112.018 32.002,112.018 32.008,112.012 32.002))"),
    "S_OVERLAPS": (_ACROSS,),
    "S_CROSSES": (_CHORD,),
}  # fmt: skip
_STREETS = {
    "S_INTERSECTS": (_SQUARE,),
    "S_DISJOINT": (_SQUARE, _CHORD),
    "S_CROSSES": (_ACROSS, _CHORD),
    "S_WITHIN": ("POLYGON((111.99 31.98,112.031 31.98,112.031 32.04,111.99 32.04,111.99 31.98))",),
    "S_EQUALS": ("LINESTRING(112.01 32.035,112.005 32.02,112.0 31.995)",),
}
_PLACES = {
    "S_INTERSECTS": (_SQUARE,),
    "S_DISJOINT": (_SQUARE, "POINT(112.01 32.01)"),
    "S_EQUALS": ("POINT(112.01 32.01)",),
    "S_TOUCHES": (_SQUARE,),
    "S_WITHIN": (_ACROSS, "MULTIPOINT((112.01 32.01),(112.02 32.02))"),
}


def _predicates(given: dict[str, tuple[str, ...]]) -> list[Predicate]:
    return [related(name, wkt) for name, literals in given.items() for wkt in literals]


PREDICATES = {"areas": _AREAS, "streets": _STREETS, "places": _PLACES}


@pytest.mark.parametrize("lang", LANGS)
def test_intersects_and_disjoint(model: TestClient, lang: str) -> None:
    """/conf/spatial-functions/s_intersects, s_disjoint"""
    for layer, name in geometries(model):
        every = [selected(model, f"S_INTERSECTS({name},{w})", lang, layer) for w in _WORLD]
        assert every[0] == every[1] != set()
        for world in _WORLD:
            assert selected(model, f"S_DISJOINT({name},{world})", lang, layer) == set()
        for other in (_LINE, "POINT(7.02 49.92)"):
            touched = selected(model, f"S_INTERSECTS({name},{other})", lang, layer)
            assert not touched & selected(model, f"S_DISJOINT({name},{other})", lang, layer)
        for function in ("S_INTERSECTS", "S_DISJOINT"):
            assert refused(model, f"{function}({name},POINT(90 180))", layer)


@pytest.mark.parametrize("lang", LANGS)
def test_the_other_relations(model: TestClient, lang: str) -> None:
    """/conf/spatial-functions/s_equals, s_touches, s_crosses, s_within, s_contains, s_overlaps"""
    kinds = {
        "places": "MULTIPOINT((7 50),(10 51))",
        "streets": _LINE,
        "areas": _WORLD[1],
    }
    for layer, name in geometries(model):
        found = {}
        for function in ("S_EQUALS", "S_TOUCHES", "S_WITHIN", "S_CONTAINS"):
            for other in (*_WORLD, _LINE, "MULTIPOINT((7 50),(10 51))"):
                found[function, other] = selected(model, f"{function}({name},{other})", lang, layer)
        for function in ("S_WITHIN", "S_CONTAINS"):
            assert found[function, _WORLD[0]] == found[function, _WORLD[1]]
        for other in (*_WORLD, _LINE):
            assert not found["S_WITHIN", other] & found["S_CONTAINS", other]
        if layer != "areas":
            for other in (*_WORLD, _LINE):
                selected(model, f"S_CROSSES({name},{other})", lang, layer)
        selected(model, f"S_OVERLAPS({name},{kinds[layer]})", lang, layer)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("layer", PREDICATES)
def test_data(model: TestClient, layer: str, lang: str) -> None:
    """/conf/spatial-functions/test-data"""
    for text, selects in _predicates(PREDICATES[layer]):
        assert selected(model, text, lang, layer) == expected(selects, layer), text


def test_the_data_tells_relations_apart() -> None:
    """Each relation selects something somewhere, and not everything."""
    for layer, given in PREDICATES.items():
        for text, selects in _predicates(given):
            found = expected(selects, layer)
            if text.startswith("S_TOUCHES") and layer == "places":
                assert found == {1, 2, 7, 8}  # a point on an outline touches it
            else:
                assert len(found) > 0, (layer, text)


@pytest.mark.parametrize("lang", LANGS)
def test_logical(model: TestClient, lang: str) -> None:
    """/conf/spatial-functions/logical"""
    logical(model, _predicates(_AREAS), lang, "areas")
