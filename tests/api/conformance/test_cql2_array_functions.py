"""CQL2, Array Functions: arrays as sets."""

import pytest
from predicates import LANGS, Predicate, Selects, expected, ids, logical, queryables, selected
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/cql2/1.0/conf/array-functions"

PREDICATES: list[Predicate] = [
    ("A_CONTAINS(tags,('a','b'))", lambda p: {"a", "b"} <= set(p["tags"])),
    ("A_CONTAINEDBY(tags,('a','b','x'))", lambda p: set(p["tags"]) <= {"a", "b", "x"}),
    ("A_EQUALS(tags,('b','a'))", lambda p: set(p["tags"]) == {"a", "b"}),
    ("A_OVERLAPS(tags,('d','x'))", lambda p: bool(set(p["tags"]) & {"d", "x"})),
    ("A_CONTAINEDBY(('c'),tags)", lambda p: "c" in p["tags"]),
    ("A_CONTAINS(('a','c'),tags)", lambda p: set(p["tags"]) <= {"a", "c"}),
    ("A_EQUALS(tags,())", lambda p: p["tags"] == []),
    ("A_EQUALS(tags,tags)", lambda p: p["tags"] is not None),
]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("function", ["A_CONTAINS", "A_CONTAINEDBY", "A_EQUALS", "A_OVERLAPS"])
def test_array_predicates(model: TestClient, function: str, lang: str) -> None:
    """/conf/array-functions/array-predicates"""
    found = queryables(model, "places").items()
    arrays = [name for name, each in found if "array" in each.get("type", ())]
    assert arrays == ["tags"]
    for name in arrays:
        selected(model, f"{function}({name},('foo','bar'))", lang)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("text", "selects"), PREDICATES, ids=ids(PREDICATES))
def test_data(model: TestClient, text: str, selects: Selects, lang: str) -> None:
    """The same over rows of ours; the standard has no data for it."""
    assert selected(model, text, lang) == expected(selects) != set()


@pytest.mark.parametrize("lang", LANGS)
def test_logical(model: TestClient, lang: str) -> None:
    """/conf/array-functions/logical"""
    logical(model, PREDICATES, lang)
