"""CQL2, Advanced Comparison Operators: LIKE, BETWEEN and IN, also negated."""

import pytest
from model_layers import LAYERS
from predicates import (
    LANGS,
    Predicate,
    Selects,
    expected,
    ids,
    kind,
    logical,
    queryables,
    selected,
)
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators"

_NAMES = {"Bern", "kobenhavn", "Berlin", "athens"}
_POPS = {1038400, 1064000, 1, 2}
PREDICATES: list[Predicate] = [
    ("name LIKE 'B_r%'", lambda p: p["name"][0] == "B" and p["name"][2] == "r"),
    ("name NOT LIKE 'B_r%'", lambda p: not (p["name"][0] == "B" and p["name"][2] == "r")),
    ("name LIKE '%\\%'", lambda p: p["name"].endswith("%")),
    ("name LIKE '%\\_%'", lambda p: "_" in p["name"]),
    ("name LIKE '襄%'", lambda p: p["name"].startswith("襄")),
    ("pop_other between 1000000 and 1100000", lambda p: 10**6 <= p["pop_other"] <= 1_100_000),
    ("pop_other not between 1000000 and 1100000",
     lambda p: not 10**6 <= p["pop_other"] <= 1_100_000),
    ("share BETWEEN -1 AND 1.5", lambda p: -1 <= p["share"] <= 1.5),
    ("name IN ('Bern','kobenhavn','Berlin','athens')", lambda p: p["name"] in _NAMES),
    ("name NOT IN ('Bern','kobenhavn','Berlin','athens')", lambda p: p["name"] not in _NAMES),
    ("pop_other in (1038400,1064000,1,2)", lambda p: p["pop_other"] in _POPS),
    ("pop_other not in (1038400,1064000,1,2)", lambda p: p["pop_other"] not in _POPS),
    ("founded in (DATE('2021-04-16'),DATE('1999-01-01'))", lambda p: p["founded"] == "2021-04-16"),
    ("founded not in (DATE('2021-04-16'))", lambda p: p["founded"] != "2021-04-16"),
    ('"start" in (TIMESTAMP(\'2022-04-14T10:13:19Z\'))',
     lambda p: p["start"] == "2022-04-14T10:13:19Z"),
    ('"start" not in (TIMESTAMP(\'2022-04-14T10:13:19Z\'))',
     lambda p: p["start"] != "2022-04-14T10:13:19Z"),
    ("active in (true)", lambda p: p["active"]),
    ("active not in (false)", lambda p: p["active"]),
]  # fmt: skip


def _of(model: TestClient, layer: str, *kinds: str) -> list[str]:
    return [name for name, schema in queryables(model, layer).items() if kind(schema) in kinds]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("layer", LAYERS)
def test_like(model: TestClient, layer: str, lang: str) -> None:
    """/conf/advanced-comparison-operators/like"""
    for name in _of(model, layer, "string"):
        found = {
            pattern: selected(model, f"\"{name}\" like '{pattern}'", lang, layer)
            for pattern in ("%", "_%", "", "%%", "\\%\\_")
        }
        assert not found["_%"] & found[""]
        assert found["%"] == found["%%"]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("layer", LAYERS)
def test_between(model: TestClient, layer: str, lang: str) -> None:
    """/conf/advanced-comparison-operators/between"""
    for name in _of(model, layer, "number", "integer"):
        selected(model, f'"{name}" BETWEEN 0 AND 100', lang, layer)
        assert selected(model, f'"{name}" between 100.0 and 1.0', lang, layer) == set()


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("layer", LAYERS)
def test_in(model: TestClient, layer: str, lang: str) -> None:
    """/conf/advanced-comparison-operators/in"""
    lists = {
        "number": "(1, 2, 3)", "integer": "(1, 2, 3)", "string": "('foo', 'bar')",
        "boolean": "(true)", "date": "(DATE('2022-04-14'), DATE('2022-04-15'))",
        "date-time": "(TIMESTAMP('2022-04-14T14:52:56Z'), TIMESTAMP('2022-04-14T15:52:56Z'))",
    }  # fmt: skip
    for name, schema in queryables(model, layer).items():
        if of := kind(schema):
            selected(model, f'"{name}" in {lists[of]}', lang, layer)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("text", "selects"), PREDICATES, ids=ids(PREDICATES))
def test_data(model: TestClient, text: str, selects: Selects, lang: str) -> None:
    """/conf/advanced-comparison-operators/test-data"""
    assert selected(model, text, lang) == expected(selects) != set()


@pytest.mark.parametrize("lang", LANGS)
def test_logical(model: TestClient, lang: str) -> None:
    """/conf/advanced-comparison-operators/logical"""
    logical(model, PREDICATES, lang)
