"""CQL2, Property-Property Comparisons: values to the left, properties to the right, or both."""

import pytest
import shapely
from model_layers import LAYERS
from predicates import (
    APART,
    LANGS,
    LITERALS,
    OPERATORS,
    Predicate,
    Selects,
    at,
    disjoint,
    expected,
    ids,
    kind,
    logical,
    queryables,
    selected,
)
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/cql2/1.0/conf/property-property"

_TIME = at("2022-04-14T10:13:19Z")
_BOX = shapely.box(112.005, 31.995, 112.022, 32.015)
PREDICATES: list[Predicate] = [
    ("'København' = name", lambda p: p["name"] == "København"),
    ("'København' <= name", lambda p: p["name"] >= "København"),
    ("'København' > name", lambda p: p["name"] < "København"),
    ("name = nameascii", lambda p: p["name"] == p["nameascii"]),
    ("name >= nameascii", lambda p: p["name"] >= p["nameascii"]),
    ("name <> nameascii", lambda p: p["name"] != p["nameascii"]),
    ("1038400 < pop_other", lambda p: p["pop_other"] > 1038400),
    ("1038400 <> pop_other", lambda p: p["pop_other"] != 1038400),
    ("pop_min = pop_max", lambda p: p["pop_min"] == p["pop_max"]),
    ("pop_min < pop_max", lambda p: p["pop_min"] < p["pop_max"]),
    ("pop_other < pop_max", lambda p: p["pop_other"] < p["pop_max"]),
    ('"start" < "end"', lambda p: p.time("start") < p.time("end")),
    ("'København' LIKE 'K_benhavn'", lambda p: p.get("n") is not None),
    ("pop_other between pop_min and pop_max",
     lambda p: p["pop_min"] <= p["pop_other"] <= p["pop_max"]),
    ("pop_other not between pop_min and pop_max",
     lambda p: not p["pop_min"] <= p["pop_other"] <= p["pop_max"]),
    ("S_INTERSECTS(BBOX(112.005,31.995,112.022,32.015),geometry)",
     lambda p: p["geometry"].intersects(_BOX)),
    ("S_CONTAINS(BBOX(112.005,31.995,112.022,32.015),geometry)",
     lambda p: _BOX.contains(p["geometry"])),
    ("S_EQUALS(POINT(112.01 32.01),geometry)",
     lambda p: p["geometry"].equals(shapely.Point(112.01, 32.01))),
    ("T_AFTER(DATE('2022-04-16'),founded)", lambda p: p["founded"] < "2022-04-16"),
    ("T_BEFORE(INTERVAL('2021-01-01','2021-12-31'),founded)",
     lambda p: p["founded"] > "2021-12-31"),
    ("T_DISJOINT(TIMESTAMP('2022-04-14T10:13:19Z'),\"start\")", lambda p: p.time("start") != _TIME),
    ("T_CONTAINS(INTERVAL('2022-04-01T00:00:00Z','2022-06-15T00:00:00Z'),"
     'INTERVAL("start","end"))',
     lambda p: p.time("start") > at("2022-04-01T00:00:00Z")
     and p.time("end") < at("2022-06-15T00:00:00Z")),
]  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("layer", LAYERS)
def test_comparison_value_property(model: TestClient, layer: str, lang: str) -> None:
    """/conf/property-property/comparison-value-property"""
    for name, schema in queryables(model, layer).items():
        if of := kind(schema):
            found = {
                op: selected(model, f'{LITERALS[of]} {op} "{name}"', lang, layer)
                for op in OPERATORS
            }
            disjoint(found, *APART)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("layer", LAYERS)
def test_comparison_property_property(model: TestClient, layer: str, lang: str) -> None:
    """/conf/property-property/comparison-property-property"""
    for name, schema in queryables(model, layer).items():
        if kind(schema):
            found = {
                op: selected(model, f'"{name}" {op} "{name}"', lang, layer) for op in OPERATORS
            }
            assert found["<>"] == found["<"] == found[">"] == set()
            assert found["="] == found[">="] == found["<="]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("value", LITERALS.values())
def test_comparison_value_value(model: TestClient, value: str, lang: str) -> None:
    """/conf/property-property/comparison-value-value"""
    found = {op: selected(model, f"{value} {op} {value}", lang) for op in OPERATORS}
    assert found["<>"] == found["<"] == found[">"] == set()
    assert found["="] == found[">="] == found["<="] != set()


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("text", "selects"), PREDICATES, ids=ids(PREDICATES))
def test_data(model: TestClient, text: str, selects: Selects, lang: str) -> None:
    """/conf/property-property/test-data"""
    assert selected(model, text, lang) == expected(selects) != set()


@pytest.mark.parametrize("lang", LANGS)
def test_logical(model: TestClient, lang: str) -> None:
    """/conf/property-property/logical"""
    logical(model, PREDICATES, lang)
