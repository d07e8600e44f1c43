"""CQL2, Functions: each of `/functions`, with several operators."""

import pytest
from predicates import LANGS, expected, refused, selected
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/cql2/1.0/conf/functions"

_ARGUMENTS = {"string": "name", "number": "pop_other", "geometry": "geometry", "datetime": "start"}
_OPERATORS = {
    "number": ("> 1", "<> 0", "BETWEEN 0 AND 5", "IN (1, 2)", "+ 1 > 0"),
    "string": ("= 'a'", "LIKE 'B%'", "IN ('bern', 'BERN')"),
}


@pytest.mark.parametrize("lang", LANGS)
def test_functions(model: TestClient, lang: str) -> None:
    """/conf/functions/functions"""
    functions = model.get("/functions").json()["functions"]
    assert len(functions) > 10
    for function in functions:
        given = ", ".join(f'"{_ARGUMENTS[each["type"][0]]}"' for each in function["arguments"])
        call = f"{function['name']}({given})"
        [returns] = function["returns"]
        for operator in _OPERATORS.get(returns, ()):
            selected(model, f"{call} {operator}", lang)
        if returns == "geometry":
            for relation in ("S_INTERSECTS", "S_WITHIN"):
                selected(model, f"{relation}({call}, BBOX(112,32,112.02,32.02))", lang)


@pytest.mark.parametrize("lang", LANGS)
def test_what_functions_give(model: TestClient, lang: str) -> None:
    for text, selects in (
        ("upper(name) = 'KOBENHAVN'", lambda p: p["name"].upper() == "KOBENHAVN"),
        ("strlen(name) = 2", lambda p: len(p["name"]) == 2),
        ("year(founded) = 2022", lambda p: p["founded"][:4] == "2022"),
        ('month("end") IN (6, 7)', lambda p: p["end"][5:7] in {"06", "07"}),
        ("abs(share) < 1 AND floor(share) = -1", lambda p: -1 < p["share"] < 0),
        ("distance(geometry, POINT(112.01 32.01)) < 1", lambda p: p["n"] == 7),
    ):
        assert selected(model, text, lang) == expected(selects) != set(), text


def test_a_function_that_does_not_exist_is_refused(model: TestClient) -> None:
    assert refused(model, "soundex(name) = 'K150'")
    assert refused(model, "strlen() = 1")
    assert refused(model, "strlen(n) = 1")
