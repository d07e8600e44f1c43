"""CQL2, CQL2 JSON: documents written by hand, as the schema of the standard has them.

Every other class of CQL2 here is asked as JSON, too, as another library writes it.
"""

import json
from typing import Any

import pytest
import shapely
from predicates import JSON, Selects, expected
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json"

_BOX = shapely.box(112.005, 31.995, 112.022, 32.015)


def _name(name: str) -> dict[str, str]:
    return {"property": name}


DOCUMENTS: dict[str, tuple[Any, Selects]] = {
    "comparison": ({"op": "<>", "args": [_name("name"), "Bern"]}, lambda p: p["name"] != "Bern"),
    "and, or, not": (
        {"op": "or", "args": [
            {"op": "and", "args": [_name("active"), {"op": ">", "args": [_name("n"), 3]},
                                   {"op": "<", "args": [_name("n"), 20]}]},
            {"op": "not", "args": [{"op": ">=", "args": [_name("n"), 2]}]}]},
        lambda p: p["n"] < 2 or (p.get("active") and 3 < p["n"] < 20),
    ),
    "isNull": ({"op": "isNull", "args": [_name("active")]}, lambda p: p.get("active") is None),
    "like": ({"op": "like", "args": [_name("name"), "B_r%"]},
             lambda p: p["name"][0] == "B" and p["name"][2] == "r"),
    "between": ({"op": "between", "args": [_name("n"), 3, 5]}, lambda p: 3 <= p["n"] <= 5),
    "in": ({"op": "in", "args": [_name("name"), ["Bern", "Brno"]]},
           lambda p: p["name"] in {"Bern", "Brno"}),
    "casei, accenti": (
        {"op": "=", "args": [{"op": "accenti", "args": [{"op": "casei", "args": [_name("name")]}]},
                             {"op": "accenti", "args": [{"op": "casei", "args": ["MALÉ"]}]}]},
        lambda p: p["name"].casefold() in {"malé", "male"},
    ),
    "bbox": ({"op": "s_intersects", "args": [_name("geometry"),
                                             {"bbox": [112.005, 31.995, 112.022, 32.015]}]},
             lambda p: p["geometry"].intersects(_BOX)),
    "geometry": ({"op": "s_within", "args": [_name("geometry"), shapely.geometry.mapping(_BOX)]},
                 lambda p: p["geometry"].within(_BOX)),
    "date": ({"op": "t_after", "args": [_name("founded"), {"date": "2021-12-31"}]},
             lambda p: p["founded"] > "2021-12-31"),
    "timestamp": ({"op": "<", "args": [_name("start"), {"timestamp": "2022-04-10T10:13:19Z"}]},
                  lambda p: p["start"] < "2022-04-10T10:13:19Z"),
    "interval": (
        {"op": "t_intersects", "args": [{"interval": [_name("start"), _name("end")]},
                                        {"interval": ["2022-06-15T00:00:00Z", ".."]}]},
        lambda p: p["end"] >= "2022-06-15T00:00:00Z",
    ),
    "arrays": ({"op": "a_contains", "args": [_name("tags"), ["a", "d"]]},
               lambda p: {"a", "d"} <= set(p["tags"])),
    "arithmetic": (
        {"op": "=", "args": [{"op": "-", "args": [_name("pop_max"), _name("pop_min")]},
                             {"op": "*", "args": [2, 125000]}]},
        lambda p: p["pop_max"] - p["pop_min"] == 250_000,
    ),
    "div, %, ^": (
        {"op": "and", "args": [
            {"op": "=", "args": [{"op": "div", "args": [_name("n"), 4]}, 2]},
            {"op": "<", "args": [{"op": "%", "args": [_name("n"), 4]},
                                 {"op": "^", "args": [3, 0.5]}]}]},
        lambda p: p["n"] // 4 == 2 and p["n"] % 4 < 2,
    ),
    "functions": ({"op": "=", "args": [{"op": "strlen", "args": [_name("name")]}, 2]},
                  lambda p: len(p["name"]) == 2),
    "property-property": ({"op": "=", "args": [_name("name"), _name("nameascii")]},
                          lambda p: p["name"] == p["nameascii"]),
    "escapes": ({"op": "=", "args": [_name("name"), "Tab\there"]},
                lambda p: p["name"] == "Tab\there"),
}  # fmt: skip


def _selected(model: TestClient, document: Any) -> set[int]:
    asked = {"filter": json.dumps(document), "filter-lang": JSON, "limit": 1000}
    answer = model.get("/collections/places/items", params=asked)
    assert answer.status_code == 200, answer.text
    return {feature["properties"]["n"] for feature in answer.json()["features"]}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_validate(model: TestClient, name: str) -> None:
    """/conf/cql2-json/validate"""
    document, selects = DOCUMENTS[name]
    assert _selected(model, document) == expected(selects) != set()


@pytest.mark.parametrize(
    "text", ["name = 'Bern'", "{", "[]", '{"op":"=","args":[]}', '{"op":"nope","args":[1,2]}', "1"]
)
def test_what_is_no_cql2_json_is_refused(model: TestClient, text: str) -> None:
    asked = {"filter": text, "filter-lang": JSON}
    assert model.get("/collections/places/items", params=asked).status_code == 400
