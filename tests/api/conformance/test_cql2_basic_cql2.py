"""CQL2, Basic CQL2: comparisons, IS NULL, AND, OR and NOT over every kind of queryable."""

import pytest
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

CLASS = "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2"

_TIME = at("2022-04-14T10:13:19Z")
PREDICATES: list[Predicate] = [
    ("name = 'København'", lambda p: p["name"] == "København"),
    ("name >= 'København'", lambda p: p["name"] >= "København"),
    ("name > 'København'", lambda p: p["name"] > "København"),
    ("name <= 'København'", lambda p: p["name"] <= "København"),
    ("name < 'København'", lambda p: p["name"] < "København"),
    ("name <> 'København'", lambda p: p["name"] != "København"),
    ("name = '襄阳'", lambda p: p["name"] == "襄阳"),
    ("pop_other = 1038400", lambda p: p["pop_other"] == 1038400),
    ("pop_other >= 1038400", lambda p: p["pop_other"] >= 1038400),
    ("pop_other > 1038400", lambda p: p["pop_other"] > 1038400),
    ("pop_other <= 1038400", lambda p: p["pop_other"] <= 1038400),
    ("pop_other < 1038400", lambda p: p["pop_other"] < 1038400),
    ("pop_other <> 1038400", lambda p: p["pop_other"] != 1038400),
    ("pop_other IS NULL", lambda p: p.get("pop_other") is None),
    ("pop_other IS NOT NULL", lambda p: p.get("pop_other") is not None),
    ("share > 0.59", lambda p: p["share"] > 0.59),
    ("share <= -1.63", lambda p: p["share"] <= -1.63),
    ("founded = DATE('2022-04-16')", lambda p: p["founded"] == "2022-04-16"),
    ("founded > DATE('2021-04-16')", lambda p: p["founded"] > "2021-04-16"),
    ("founded <> DATE('2021-04-16')", lambda p: p["founded"] != "2021-04-16"),
    ('"start" = TIMESTAMP(\'2022-04-14T10:13:19Z\')', lambda p: p.time("start") == _TIME),
    ('"start" < TIMESTAMP(\'2022-04-14T10:13:19Z\')', lambda p: p.time("start") < _TIME),
    ('"start" >= TIMESTAMP(\'2022-04-14T18:13:19+08:00\')', lambda p: p.time("start") >= _TIME),
    ("active = true", lambda p: p["active"]),
    ("active = false", lambda p: not p["active"]),
    ("active IS NULL", lambda p: p.get("active") is None),
]  # fmt: skip


@pytest.mark.parametrize("layer", LAYERS)
def test_basic_test(model: TestClient, layer: str) -> None:
    """/conf/basic-cql2/basic-test: every queryable has its type, some of them comparable."""
    found = queryables(model, layer)
    for name, schema in found.items():
        assert "type" in schema or schema["format"].startswith("geometry-"), name
    assert any(kind(schema) for schema in found.values())


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("layer", LAYERS)
def test_comparison(model: TestClient, layer: str, lang: str) -> None:
    """/conf/basic-cql2/comparison"""
    for name, schema in queryables(model, layer).items():
        if of := kind(schema):
            found = {
                op: selected(model, f'"{name}" {op} {LITERALS[of]}', lang, layer)
                for op in OPERATORS
            }
            disjoint(found, *APART)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("layer", LAYERS)
def test_is_null(model: TestClient, layer: str, lang: str) -> None:
    """/conf/basic-cql2/is-null"""
    for name in queryables(model, layer):
        none = selected(model, f'"{name}" IS NULL', lang, layer)
        some = selected(model, f'"{name}" is not null', lang, layer)
        assert not none & some
        assert none | some == {row["n"] for row in LAYERS[layer]}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("layer", LAYERS)
def test_boolean(model: TestClient, layer: str, lang: str) -> None:
    """/conf/basic-cql2/boolean"""
    for text, all_ in (("true", True), ("false", False)):
        asked = {"filter": text, "filter-lang": lang, "limit": 1000}
        page = model.get(f"/collections/{layer}/items", params=asked)
        assert page.status_code == 200
        assert page.json()["numberReturned"] == (len(LAYERS[layer]) if all_ else 0)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("text", "selects"), PREDICATES, ids=ids(PREDICATES))
def test_data(model: TestClient, text: str, selects: Selects, lang: str) -> None:
    """/conf/basic-cql2/test-data, over rows of ours"""
    assert selected(model, text, lang) == expected(selects) != set()


@pytest.mark.parametrize("lang", LANGS)
def test_logical(model: TestClient, lang: str) -> None:
    """/conf/basic-cql2/logical"""
    logical(model, PREDICATES, lang)
