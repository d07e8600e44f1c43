"""The permanent address of a thing: its writings, its states, its history, its JSON-LD."""

from typing import Any
from urllib.parse import quote

import pytest
from pyld import jsonld
from starlette.testclient import TestClient
from story import CODES

from cim import entity_code

EXTERNAL = {name: entity_code.format(code) for name, code in CODES.items()}
NAMES = {external: name for name, external in EXTERNAL.items()}
LD, GEOJSON = "application/ld+json", "application/geo+json"


def get(client: TestClient, name: str, query: str = "", **more: Any) -> Any:
    return client.get(f"/id/{EXTERNAL[name]}{query}", follow_redirects=False, **more)


def heirs(said: dict[str, Any]) -> str:
    return "".join(NAMES[heir["href"].rpartition("/")[2]] for heir in said["successors"])


@pytest.mark.parametrize("query", ["", "?f=geojson&lang=en"])
def test_other_writings_lead_to_the_address(told: TestClient, query: str) -> None:
    code, external = CODES["A"], EXTERNAL["A"]
    hyphens = f"{code[:6]}-{code[6:12]}-{code[12:]}"
    full_width = "".join(chr(ord(c) + 0xFEE0) for c in external)
    for text in (code, hyphens, external.lower(), full_width):
        answer = told.get(f"/id/{quote(text)}{query}", follow_redirects=False)
        if text == external:  # its check character is a digit, which has no other case
            continue
        assert answer.status_code == 301, text
        assert answer.headers["location"] == f"http://testserver/id/{external}{query}"
    history = told.get(f"/id/{code}/history?limit=1", follow_redirects=False)
    assert history.headers["location"] == f"http://testserver/id/{external}/history?limit=1"


def test_a_live_thing(told: TestClient) -> None:
    answer = get(told, "C")
    assert answer.headers["content-type"] == LD
    said = answer.json()
    assert (said["@id"], said["state"]) == (f"http://testserver/id/{EXTERNAL['C']}", "active")
    assert said["since"] == "2023-01-01T00:00:00+00:00"
    assert [(p["code"], p["state"], p["until"][:10]) for p in said["predecessors"]] == [
        (CODES["B"], "merged", "2023-01-01"),
        (CODES["P"], "split", "2022-01-01"),
    ]
    item = told.get(f"/collections/plots/items/{CODES['C']}")
    assert said["feature"] == {k: v for k, v in item.json().items() if k != "links"}
    geojson = get(told, "C", "?f=geojson")
    assert geojson.content == item.content
    assert geojson.headers["content-type"] == item.headers["content-type"] == GEOJSON


def test_the_formats(told: TestClient) -> None:
    for name, status in (("A", 200), ("B", 410), ("R", 200)):
        asked = {"*/*": LD, "application/json": "application/json", "text/html": "text/html"}
        for accept, kind in (asked | {GEOJSON: GEOJSON, LD: LD}).items():
            answer = get(told, name, headers={"Accept": accept})
            assert answer.status_code == status
            assert answer.headers["content-type"].startswith(kind)
        forms = {"json": "application/json", "jsonld": LD, "html": "text/html", "geojson": GEOJSON}
        for form, kind in forms.items():
            answer = get(told, name, f"?f={form}")
            assert answer.status_code == status
            assert answer.headers["content-type"].startswith(kind)
        assert get(told, name, "?f=json").json() == get(told, name, "?f=jsonld").json()


@pytest.mark.parametrize(
    ("name", "state", "since", "successors"),
    [
        ("B", "merged", "2023-01-01", "C"),
        ("G", "merged", "2021-01-01", "C"),  # by way of B
        ("D", "split", "2021-07-01", "EF"),
        ("P", "split", "2022-01-01", "CH"),  # H was retired
        ("H", "retired", "2022-05-01", ""),
    ],
)
def test_what_has_ended_is_gone_with_successors(
    told: TestClient, name: str, state: str, since: str, successors: str
) -> None:
    answer = get(told, name)
    said = answer.json()
    assert (answer.status_code, said["state"], said["since"][:10]) == (410, state, since)
    assert (said["why"], said["document"]) == ("宗地变更", "襄资规〔2023〕1号")
    assert heirs(said) == successors
    links = [link["href"] for link in said["links"] if link["rel"] == "successor-version"]
    assert links == [heir["href"] for heir in said["successors"]]
    live = [heir["state"] == "active" for heir in said["successors"]]
    assert [told.get(href).status_code == 200 for href in links] == live
    placeless = get(told, name, "?f=geojson").json()
    assert (placeless["type"], placeless["geometry"]) == ("Feature", None)
    assert placeless["properties"]["state"] == state
    page = get(told, name, "?f=html").text
    assert "襄资规〔2023〕1号" in page
    assert all(heir["external_code"] in page for heir in said["successors"])
    resolved = told.get(f"/resolve?code={CODES[name]}").raise_for_status().json()
    shared = set(said) & set(resolved) - {"links"}
    assert {"state", "since", "successors", "why", "document"} <= shared
    assert {k: said[k] for k in shared} == {k: resolved[k] for k in shared}


def test_following_goes_to_the_one_live_successor(told: TestClient) -> None:
    for name in "BGP":  # P also went into H, which is retired
        answer = get(told, name, "?follow=1&f=json")
        assert answer.status_code == 307
        place = answer.headers["location"]
        assert place == f"http://testserver/id/{EXTERNAL['C']}?follow=1&f=json"
        assert told.get(place).json()["state"] == "active"
    several = get(told, "D", "?follow=1")
    assert (several.status_code, heirs(several.json())) == (300, "EF")
    assert get(told, "H", "?follow=1").status_code == 410
    assert get(told, "D", "?follow=0").status_code == 410
    assert get(told, "A", "?follow=1").status_code == 200
    assert get(told, "A", "?follow=yes").status_code == 400


def test_a_reserved_and_a_void_code(told: TestClient) -> None:
    said = get(told, "R").raise_for_status().json()
    assert (said["state"], said["since"][:10]) == ("reserved", "2024-01-01")
    assert said["reservation"]["project"] == "东津新区一期"
    assert said["reservation"]["expires"][:10] == "2030-01-01"
    assert "东津新区一期" in get(told, "R", "?f=html").text
    assert get(told, "R", "?f=geojson").json()["properties"]["state"] == "reserved"
    assert told.get(f"/resolve?code={CODES['R']}").json()["reservation"] == said["reservation"]
    assert get(told, "V").status_code == 410
    over = get(told, "X")
    said = over.json()
    assert (over.status_code, said["state"], said["since"][:10]) == (410, "void", "2024-06-01")


@pytest.mark.parametrize(
    ("text", "status"),
    [("420602990101999999999X", 422), ("parcel", 422), ("420602001001GB00001", 422)],
)
def test_what_is_no_code(told: TestClient, text: str, status: int) -> None:
    assert told.get(f"/id/{text}").status_code == status


def test_a_code_that_nobody_has(told: TestClient) -> None:
    unknown = entity_code.format("420602990101999999999")
    for path in (f"/id/{unknown}", f"/id/{unknown}/history"):
        answer = told.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_history_of_a_thing(told: TestClient) -> None:
    said = told.get(f"/id/{EXTERNAL['A']}/history").raise_for_status().json()
    assert [(e["kind"], e["valid_at"][:10], e["who"], e["document"]) for e in said["events"]] == [
        ("changed", "2022-01-01", "资规局", "襄资规〔2023〕1号"),
        ("assigned", "2020-01-01", "资规局", None),
    ]
    times = ("valid_from", "valid_to", "recorded_at", "replaced_at")
    assert [tuple((v[t] or "—")[:10] for t in times) for v in said["versions"]] == [
        ("2022-01-01", "—", "2022-01-09", "—"),
        ("2022-01-01", "2022-01-01", "2022-01-08", "2022-01-09"),
        ("2020-01-01", "2022-01-01", "2020-01-05", "2022-01-09"),
    ]
    assert [sorted(v["changed"]) for v in said["versions"]] == [
        ["landuse"],
        ["geometry", "landuse"],
        [],
    ]
    first = told.get(said["versions"][-1]["links"][0]["href"]).json()
    assert first["properties"]["landuse"] == "01"
    page = told.get(f"/id/{EXTERNAL['A']}/history?f=html").raise_for_status().text
    assert "襄资规〔2023〕1号" in page


def test_the_history_is_walked_in_pages(told: TestClient) -> None:
    whole = told.get(f"/id/{EXTERNAL['A']}/history").json()
    events, versions, pages = [], [], 0
    url = f"/id/{EXTERNAL['A']}/history?limit=1"
    while url:
        page = told.get(url).raise_for_status().json()
        events, versions, pages = events + page["events"], versions + page["versions"], pages + 1
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert (events, versions, pages) == (whole["events"], whole["versions"], 3)
    assert told.get(f"/id/{EXTERNAL['A']}/history?token=next").status_code == 400
    gone = told.get(f"/id/{EXTERNAL['B']}/history").json()
    assert [event["kind"] for event in gone["events"]] == ["merged", "assigned"]
    assert gone["versions"][0]["valid_to"][:10] == "2023-01-01"


def test_the_json_ld_means_what_it_says(client: TestClient, told: TestClient) -> None:
    """An independent processor expands it, with the context that we serve."""

    def load(url: str, _: Any) -> dict[str, Any]:
        document = client.get(url).raise_for_status()
        assert document.headers["content-type"] == LD
        return {"contextUrl": None, "documentUrl": url, "document": document.json()}

    def expand(document: dict[str, Any]) -> dict[str, Any]:
        (only,) = jsonld.expand(document, {"documentLoader": load})
        return only  # type: ignore[no-any-return]

    own = "http://testserver/context.jsonld#"
    code = client.get("/collections/buildings/items?limit=1").json()["features"][0]["id"]
    document = client.get(f"/id/{entity_code.format(code)}").json()
    meant = expand(document)
    assert meant["@id"] == document["@id"]
    assert meant["@type"] == [f"{own}Entity"]
    assert meant[f"{own}external_code"] == [{"@value": document["external_code"]}]
    names = {each["@language"]: each["@value"] for each in meant[f"{own}type_name"]}
    assert names == document["type_name"]
    aliases = {
        (
            a["https://schema.org/propertyID"][0]["@value"],
            a["https://schema.org/value"][0]["@value"],
        )
        for a in meant.get("https://schema.org/identifier", [])
    }
    assert aliases == {(alias["scheme"], alias["value"]) for alias in document["aliases"]}
    (feature,) = meant[f"{own}feature"]
    geojson = "https://purl.org/geojson/vocab#"
    assert feature["@type"] == [f"{geojson}Feature"]
    (geometry,) = feature[f"{geojson}geometry"]
    (ring,) = geometry[f"{geojson}coordinates"][0]["@list"][0]["@list"][:1]
    first = [number["@value"] for number in ring["@list"]]
    assert first == document["feature"]["geometry"]["coordinates"][0][0]
    (fields,) = feature[f"{geojson}properties"]
    said = {k: v for k, v in document["feature"]["properties"].items() if v is not None}
    assert len(fields) == len(said)

    gone = expand(told.get(f"/id/{EXTERNAL['D']}").json())
    replaced = [heir["@id"] for heir in gone["http://purl.org/dc/terms/isReplacedBy"]]
    assert replaced == [f"http://testserver/id/{EXTERNAL[name]}" for name in "EF"]
    live = expand(told.get(f"/id/{EXTERNAL['C']}").json())
    assert f"http://testserver/id/{EXTERNAL['B']}" in {
        before["@id"] for before in live["http://purl.org/dc/terms/replaces"]
    }
    since = live[f"{own}since"][0]
    assert since["@type"] == "http://www.w3.org/2001/XMLSchema#dateTime"
