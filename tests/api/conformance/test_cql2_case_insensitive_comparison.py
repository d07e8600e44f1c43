"""CQL2, Case-insensitive Comparisons: CASEI, held against Python's casefold."""

import pytest
from model_layers import LAYERS
from predicates import LANGS, Predicate, Selects, expected, ids, kind, logical, queryables, selected
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison"

PREDICATES: list[Predicate] = [
    ("CASEI(name) = casei('KØBENHAVN')", lambda p: p["name"].casefold() == "københavn"),
    ("CASEI(name) = casei('Kobenhavn')", lambda p: p["name"].casefold() == "kobenhavn"),
    ("CASEI(name) = casei('ελλάδα')", lambda p: p["name"].casefold() == "ελλάδα"),
    ("casei(name) LIKE casei('k%N')",
     lambda p: p["name"].casefold().startswith("k") and p["name"].casefold().endswith("n")),
    ("CASEI(name) IN (casei('KOBENHAVN'), CASEI('malé'))",
     lambda p: p["name"].casefold() in {"kobenhavn", "malé"}),
    ("casei(name) <> casei('male')", lambda p: p["name"].casefold() != "male"),
]  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("layer", LAYERS)
def test_casei(model: TestClient, layer: str, lang: str) -> None:
    """/conf/case-insensitive-comparison/casei-function: of every text"""
    for name, schema in queryables(model, layer).items():
        if kind(schema) == "string":
            equal = selected(model, f"CASEI(\"{name}\") = casei('foO')", lang, layer)
            other = selected(model, f"CASEI(\"{name}\") <> casei('FOo')", lang, layer)
            assert not equal & other


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("text", "selects"), PREDICATES, ids=ids(PREDICATES))
def test_data(model: TestClient, text: str, selects: Selects, lang: str) -> None:
    """/conf/case-insensitive-comparison/test-data"""
    assert selected(model, text, lang) == expected(selects) != set()


@pytest.mark.parametrize("lang", LANGS)
def test_logical(model: TestClient, lang: str) -> None:
    """/conf/case-insensitive-comparison/logical"""
    logical(model, PREDICATES, lang)
