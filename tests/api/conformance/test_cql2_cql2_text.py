"""CQL2, CQL2 Text: escapes and spellings. Every other class of CQL2 here is asked as text, too."""

import pytest
from predicates import TEXT, Selects, expected, refused, selected
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text"


@pytest.mark.parametrize(
    ("text", "selects"),
    [
        ("name = 'O''Higgins'", lambda p: p["name"] == "O'Higgins"),
        ("name LIKE 'O''%'", lambda p: p["name"] == "O'Higgins"),
        ("name = 'Tab\there'", lambda p: p["name"] == "Tab\there"),
        ("name = 'Bar\\Foo'", lambda p: p["name"] == "Bar\\Foo"),
    ],
)
def test_escaping(model: TestClient, text: str, selects: Selects) -> None:
    """/conf/cql2-text/escaping"""
    assert selected(model, text, TEXT) == expected(selects) != set()


@pytest.mark.parametrize(
    "text",
    [
        '"pop_other">1038400 aNd Not("name"=\'Bern\')',
        "  pop_other  >  1038400 AND NOT ( name = 'Bern' ) ",
        "((pop_other>1.0384e6)) AND name<>'Bern'",
    ],
)
def test_words_of_any_case_and_spaces(model: TestClient, text: str) -> None:
    """/conf/cql2-text/validate: the grammar"""
    want = expected(lambda p: p["pop_other"] > 1038400 and p["name"] != "Bern")
    assert selected(model, text, TEXT) == want != set()


def test_text_is_the_default(model: TestClient) -> None:
    asked = {"filter": "name = 'Bern'"}
    plain = model.get("/collections/places/items", params=asked).json()["features"]
    named = model.get("/collections/places/items", params={**asked, "filter-lang": TEXT}).json()
    assert plain == named["features"] != []


@pytest.mark.parametrize("text", ["THIS IS NOT A FILTER", "name =", "name = 'Bern", "", "n == 1"])
def test_what_is_no_cql2_is_refused(model: TestClient, text: str) -> None:
    assert refused(model, text)
