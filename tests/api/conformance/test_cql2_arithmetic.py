"""CQL2, Arithmetic Expressions: on either side, in BETWEEN and IN."""

import pytest
from model_layers import LAYERS
from predicates import LANGS, Predicate, Selects, expected, ids, kind, logical, queryables, selected
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/cql2/1.0/conf/arithmetic"

PREDICATES: list[Predicate] = [
    ("pop_other = 1038392+8", lambda p: p["pop_other"] == 1038400),
    ("pop_other >= 1038402-2*2^0", lambda p: p["pop_other"] >= 1038400),
    ("pop_other > 1038402-20/10", lambda p: p["pop_other"] > 1038400),
    ("pop_other > 1038402-21 div 10", lambda p: p["pop_other"] > 1038400),
    ("pop_other > 1038401-5%2", lambda p: p["pop_other"] > 1038400),
    ("pop_other <= 1038312+8*11", lambda p: p["pop_other"] <= 1038400),
    ("pop_other < 1038392+2^3", lambda p: p["pop_other"] < 1038400),
    ("pop_other <> 1038402-2^1", lambda p: p["pop_other"] != 1038400),
    ("pop_other between 4000000/4 and (3*(300000+50000))",
     lambda p: 10**6 <= p["pop_other"] <= 1_050_000),
    ("pop_other in (1000000+38400,3*1000000+13258)", lambda p: p["pop_other"] == 1038400),
    ("1038392+8 = pop_other", lambda p: p["pop_other"] == 1038400),
    ("n % 4 = 3 AND n div 8 = 1", lambda p: p["n"] % 4 == 3 and p["n"] // 8 == 1),
    ("pop_max - pop_min = 250000", lambda p: p["pop_max"] - p["pop_min"] == 250_000),
    ("share * 2 - 1 > share", lambda p: p["share"] * 2 - 1 > p["share"]),
    ("n ^ 2 > pop_other / 10000", lambda p: p["n"] ** 2 > p["pop_other"] / 10000),
]  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("layer", LAYERS)
def test_arithmetic(model: TestClient, layer: str, lang: str) -> None:
    """/conf/arithmetic/arithmetic: of every number"""
    numbers = [
        name
        for name, schema in queryables(model, layer).items()
        if kind(schema) in {"number", "integer"}
    ]
    assert numbers
    for name in numbers:
        for text in (
            f'"{name}" + 1 > "{name}"',
            f'2 * "{name}" - "{name}" = "{name}"',
            f'("{name}" + 4) / 2 <= 10',
            f'"{name}" div 3 = 1 OR "{name}" % 3 = 1',
            f'"{name}" ^ 2 >= 0',
        ):
            selected(model, text, lang, layer)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("text", "selects"), PREDICATES, ids=ids(PREDICATES))
def test_data(model: TestClient, text: str, selects: Selects, lang: str) -> None:
    """/conf/arithmetic/test-data"""
    assert selected(model, text, lang) == expected(selects) != set()


@pytest.mark.parametrize("lang", LANGS)
def test_logical(model: TestClient, lang: str) -> None:
    """/conf/arithmetic/logical"""
    logical(model, PREDICATES, lang)
