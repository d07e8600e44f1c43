"""The past: features, codes and places as they were; see `story` for what happened."""

from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient
from story import CODES

from cim import entity_code

ITEMS = "/collections/plots/items"
NAMES = {code: name for name, code in CODES.items()}


def uses(client: TestClient, query: str) -> dict[str, str]:
    """Land use by plot, walking all pages of one feature each."""
    found, url = {}, f"{ITEMS}?limit=1&{query}"
    while url:
        page = client.get(url).raise_for_status().json()
        found |= {NAMES[f["id"]]: f["properties"]["landuse"] for f in page["features"]}
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    return found


@pytest.mark.parametrize(
    ("time", "expected", "use"),
    [
        ("2019-12-31", "", None),
        ("2020-01-01T00:00:00Z", "ABDGHP", "01"),
        ("2020-12-31T23:59:59Z", "ABDGHP", "01"),
        ("2021-01-01", "ABDHP", "01"),  # a day: as it was in the end
        ("2022-01-01T00:00:00Z", "ABEFH", "07"),
        ("2023-01-01T08:00:00%2B08:00", "ACEF", "07"),
        ("2020-06-01/2021-06-01", "ABDGHP", "01"),
        ("2021-08-01/2022-12-31", "ABEFHP", "07"),
        ("../2020-06-01", "ABDGHP", "01"),
        ("2023-06-01/2024-01-01", "ACEF", "07"),
        ("2021-06-01/..", "ABCDEFHNOP", "07"),
    ],
)
def test_items_as_they_were(told: TestClient, time: str, expected: str, use: str | None) -> None:
    found = uses(told, f"datetime={time}")
    assert "".join(found) == expected
    assert found.get("A") == use
    assert uses(told, f"datetime={time}&bbox=111,31,113,33") == found
    residential = {name: each for name, each in found.items() if each == "07"}
    assert uses(told, f"datetime={time}&landuse=07") == residential


def test_a_box_selects_what_was_in_it_then(told: TestClient) -> None:
    box = "bbox=112.001,32.001,112.009,32.009"
    assert uses(told, f"{box}&datetime=2021-01-01") == {"A": "01"}
    assert uses(told, f"{box}&datetime=2021-01-01/2024-01-01") == {}
    of_now = told.get("/collections/plots").json()["extent"]["spatial"]["bbox"][0]
    around = "bbox=" + ",".join(map(str, of_now))  # A was not in it yet
    assert "".join(uses(told, f"{around}&datetime=2020-06-01")) == "BDGHP"
    assert uses(told, box) == {}


def test_without_a_time_it_is_the_present(told: TestClient) -> None:
    assert uses(told, "") == {"A": "07", "C": "01", "E": "01", "F": "01", "N": "01"}
    assert told.get(f"{ITEMS}?limit=1").json()["numberMatched"] == 5


def test_number_matched_is_counted_or_absent(told: TestClient) -> None:
    whole = told.get(f"{ITEMS}?datetime=2022-01-01").json()
    assert whole["numberMatched"] == whole["numberReturned"] == 5
    assert "numberMatched" not in told.get(f"{ITEMS}?datetime=2022-01-01&limit=2").json()


def test_one_item_as_it_was(told: TestClient) -> None:
    then = told.get(f"{ITEMS}/{CODES['A']}?datetime=2021-01-01").raise_for_status().json()
    assert then["properties"]["landuse"] == "01"
    page = told.get(f"{ITEMS}?datetime=2021-01-01").json()["features"]
    assert {k: v for k, v in then.items() if k != "links"} == page[0]
    here = next(link["href"] for link in then["links"] if link["rel"] == "self")
    assert told.get(here).json() == then
    pages = [
        told.get(f"{ITEMS}{one}?f=html&datetime=2021-01-01").text for one in ("", f"/{CODES['A']}")
    ]
    assert all("datetime=2021-01-01" in page for page in pages)
    gone = f"{ITEMS}/{CODES['B']}"
    assert told.get(f"{gone}?datetime=2021-01-01").status_code == 200
    for address in (gone, f"{gone}?datetime=2023-01-01T00:00:00Z"):
        assert told.get(address).status_code == 404


def test_the_collection_says_when_it_begins(told: TestClient) -> None:
    listed = told.get("/collections").json()["collections"]
    layers = [body for body in listed if body["itemType"] != "record"]
    for body in (told.get("/collections/plots").json(), *layers):
        assert body["extent"]["temporal"] == {"interval": [["2020-01-01T00:00:00Z", None]]}


@pytest.mark.parametrize(
    ("name", "time", "state", "since", "successors"),
    [
        ("A", "2021-01-01", "active", "2020-01-01", ""),
        ("A", "2024-01-01", "active", "2020-01-01", ""),
        ("G", "2020-06-01", "active", "2020-01-01", ""),
        ("G", "2022-01-01", "merged", "2021-01-01", "B"),  # B was live then
        ("G", "2023-01-01", "merged", "2021-01-01", "C"),
        ("D", "2021-07-01T00:00:00Z", "split", "2021-07-01", "EF"),
        ("P", "2022-01-02", "split", "2022-01-01", "H"),  # C was not there yet
        ("P", "2023-01-02", "split", "2022-01-01", "CH"),  # H had been retired
        ("H", "2022-05-01", "retired", "2022-05-01", ""),
        ("R", "2024-06-01", "reserved", "2024-01-01", ""),
        ("X", "2024-05-01", "reserved", "2024-01-01", ""),
        ("X", "2024-07-01", "void", "2024-06-01", ""),
    ],
)
def test_codes_as_of_a_time(
    told: TestClient, name: str, time: str, state: str, since: str, successors: str
) -> None:
    address = f"/resolve?code={CODES[name]}&datetime={time}"
    said = told.get(address).raise_for_status().json()
    assert (said["state"], said["since"][:10]) == (state, since)
    assert "".join(NAMES[heir["code"]] for heir in said["successors"]) == successors
    item = told.get(f"{ITEMS}/{CODES[name]}?datetime={time}")
    if state == "active":
        assert said["feature"] == {k: v for k, v in item.json().items() if k != "links"}
    else:
        assert item.status_code == 404
        assert "feature" not in said


def test_before_the_beginning_nothing_has_the_code(told: TestClient) -> None:
    for name, begins in (("C", "2023-01-01"), ("A", "2020-01-01"), ("R", "2024-01-01")):
        answer = told.get(f"/resolve?code={CODES[name]}&datetime=2019-06-01")
        assert answer.status_code == 404
        assert f"begins at {begins}" in answer.json()["detail"]


def test_without_events_it_began_when_it_was_loaded(told: TestClient) -> None:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    for name, state in (("N", "active"), ("O", "retired")):
        said = told.get(f"/resolve?code={CODES[name]}&datetime={now}").raise_for_status().json()
        assert said["state"] == state
        early = told.get(f"/resolve?code={CODES[name]}&datetime=2021-01-01")
        assert early.status_code == 404


def test_an_interval_is_answered_as_of_its_end(told: TestClient) -> None:
    said = told.get(f"/resolve?code={CODES['A']}&datetime=2020-06-01/2022-06-01").json()
    assert said["feature"]["properties"]["landuse"] == "07"
    assert said["datetime"] == "2020-06-01/2022-06-01"


@pytest.mark.parametrize(("time", "expected"), [("2021-01-01", "A"), ("2022-06-01", "")])
def test_places_and_cells_as_of_a_time(told: TestClient, time: str, expected: str) -> None:
    here = told.get(f"/resolve?lon=112.005&lat=32.005&datetime={time}").json()
    assert "".join(NAMES[m["code"]] for m in here["matches"]) == expected
    cell = told.get("/grid/beidou/encode?lon=112.005&lat=32.005&level=6").json()["code"]
    there = told.get(f"/resolve?grid={cell}&datetime={time}").json()
    assert "".join(NAMES[m["code"]] for m in there["matches"]) == expected
    for match in here["matches"]:
        item = told.get(f"{ITEMS}/{match['code']}?datetime={time}").json()
        assert match["feature"] == {k: v for k, v in item.items() if k != "links"}


def test_cells_of_the_past_are_walked_in_pages(told: TestClient) -> None:
    found, url = [], "/resolve?grid=N49I80&datetime=2022-02-01&limit=2"
    while url:
        page = told.get(url).raise_for_status().json()
        found += [(NAMES[m["code"]], m["state"]) for m in page["matches"]]
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert found == [(name, "active") for name in "ABEFH"]


def test_what_is_missing_of_the_past_is_told(told: TestClient) -> None:
    assert told.get("/resolve?q=地块&datetime=2021-01-01").status_code == 400
    assert told.get(f"/resolve?code={CODES['A']}&datetime=yesterday").status_code == 400


def test_what_was_written_over_http_is_read_as_of_its_time(writing: TestClient) -> None:
    """Assigned in 2020, changed in 2021, split in 2022."""

    def box(west: float, east: float) -> dict[str, object]:
        ring = [[west, 32], [east, 32], [east, 32.001], [west, 32.001], [west, 32]]
        return {"type": "Polygon", "coordinates": [ring]}

    def post(path: str, **body: object) -> Any:
        answer = writing.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    one = {"source_id": "p", "geometry": box(112, 112.002), "division": "420606", "name": "一号"}
    batch = {"source_system": "cad", "class": "990101", "entities": [one]}
    code = post("/entities", **batch, valid_from="2020-01-01")["outcomes"][0]["code"]
    post(f"/entities/{code}/change", name="二号", why="更名", valid_from="2021-01-01")
    halves = [
        {"source_id": side, "geometry": box(west, west + 0.001)}
        for side, west in (("w", 112.0), ("e", 112.001))
    ]
    heirs = post(f"/entities/{code}/split", children=halves, why="分宗", valid_from="2022-01-01")
    heirs = [heir["code"] for heir in heirs["successors"]]

    def as_of(time: str) -> tuple[str, str | None, list[str]]:
        said = writing.get(f"/resolve?code={code}&datetime={time}").raise_for_status().json()
        name = said["feature"]["properties"]["entity_name"] if "feature" in said else None
        return said["state"], name, [heir["code"] for heir in said["successors"]]

    assert writing.get(f"/resolve?code={code}&datetime=2019-01-01").status_code == 404
    assert as_of("2020-06-01") == ("active", "一号", [])
    assert as_of("2021-06-01") == ("active", "二号", [])
    assert as_of("2022-06-01") == ("split", None, sorted(heirs))
    now = writing.get(f"/resolve?code={code}").json()
    assert (now["state"], now["since"][:10], now["why"]) == ("split", "2022-01-01", "分宗")
    layer = now["layer"]
    for time, expected in (("2020-06-01", [code]), ("2022-06-01", sorted(heirs))):
        for place in ("bbox=111,31,113,33", "limit=10"):
            page = writing.get(f"/collections/{layer}/items?{place}&datetime={time}").json()
            assert [feature["id"] for feature in page["features"]] == expected
        for asked in ("lon=112.0005&lat=32.0005", "grid=N49I80"):
            found = writing.get(f"/resolve?{asked}&datetime={time}").json()["matches"]
            assert {match["code"] for match in found} <= set(expected)
            assert found
    history = writing.get(f"/id/{entity_code.format(code)}/history").json()
    assert [event["kind"] for event in history["events"]] == ["split", "changed", "assigned"]
    assert [version["changed"] for version in history["versions"]] == [["entity_name"], []]
    assert writing.get("/resolve?q=二号").json()["matches"] == []  # a name ends with its thing
