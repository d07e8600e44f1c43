"""CQL2, Accent-insensitive Comparisons: ACCENTI, held against Unicode decomposition in Python."""

import unicodedata

import pytest
from model_layers import LAYERS
from predicates import LANGS, Predicate, Selects, expected, ids, kind, logical, queryables, selected
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison"


def _bare(text: str) -> str:
    apart = unicodedata.normalize("NFD", text)
    return "".join(each for each in apart if unicodedata.category(each) != "Mn")


PREDICATES: list[Predicate] = [
    ("ACCENTI(name) = accenti('Chișinău')", lambda p: _bare(p["name"]) == "Chisinau"),
    ("ACCENTI(name) = accenti('Zurich')", lambda p: _bare(p["name"]) == "Zurich"),
    ("accenti(name) = ACCENTI('Arhus')", lambda p: _bare(p["name"]) == "Arhus"),
    ("ACCENTI(name) LIKE accenti('%é')", lambda p: _bare(p["name"]).endswith("e")),
    ("ACCENTI(name) = ACCENTI('襄阳')", lambda p: p["name"] == "襄阳"),
    ("ACCENTI(CASEI(name)) = accenti(casei('MALÉ'))",
     lambda p: _bare(p["name"]).casefold() == "male"),
    ("accenti(name) <> accenti('Malé')", lambda p: _bare(p["name"]) != "Male"),
]  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("layer", LAYERS)
def test_accenti(model: TestClient, layer: str, lang: str) -> None:
    """/conf/accent-insensitive-comparison/accenti-function: of every text"""
    for name, schema in queryables(model, layer).items():
        if kind(schema) == "string":
            equal = selected(model, f"ACCENTI(\"{name}\") = accenti('äöüéáí')", lang, layer)
            other = selected(model, f"ACCENTI(\"{name}\") <> accenti('aoueai')", lang, layer)
            assert not equal & other


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("text", "selects"), PREDICATES, ids=ids(PREDICATES))
def test_data(model: TestClient, text: str, selects: Selects, lang: str) -> None:
    """/conf/accent-insensitive-comparison/test-data"""
    assert selected(model, text, lang) == expected(selects) != set()


@pytest.mark.parametrize("lang", LANGS)
def test_logical(model: TestClient, lang: str) -> None:
    """/conf/accent-insensitive-comparison/logical"""
    logical(model, PREDICATES, lang)
