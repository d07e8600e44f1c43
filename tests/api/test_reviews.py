"""Suspected duplicates over HTTP: both sides shown, decided once, and remembered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import sync_playwright
from starlette.testclient import TestClient

from cim.settings import Settings

CHROMIUM = Path("/usr/bin/chromium")

COMMON = {"source_system": "pipes", "class": "990703"}


def ask(client: Any, name: str, metres: float, **more: Any) -> Any:
    place = {"type": "Point", "coordinates": [112.14 + metres / 94_500, 32.02]}
    body = {**COMMON, "source_id": name, "geometry": place, "division": "420606", "name": name}
    return client.post("/entities", json=body | more)


@pytest.fixture
def suspected(writing: TestClient) -> tuple[str, int]:
    """The code of H-1, and the review of H-2, which stands a metre off."""
    code = ask(writing, "H-1", 0).json()["code"]
    more = {"properties": {"diameter": 100}, "valid_from": "2020-05-01", "department": "water"}
    return code, ask(writing, "H-2", 1, **more).json()["review"]["id"]


def test_a_review_shows_both_sides(writing: TestClient, suspected: tuple[str, int]) -> None:
    code, review = suspected
    page = writing.get("/reviews").raise_for_status().json()
    [shown] = page["reviews"]
    assert shown["id"] == review
    assert {**shown, **COMMON, "source_id": "H-2"} == shown
    assert shown["request"]["properties"] == {"diameter": 100}
    assert shown["request"]["geometry"]["type"] == "Point"
    assert (shown["candidate"]["code"], shown["candidate"]["name"]) == (code, "H-1")
    assert (shown["decision"], shown["unit"]) == (None, "m")
    assert 0.9 < shown["measure"] < 1.1
    links = {link["rel"]: link["href"] for link in shown["candidate"]["links"]}
    item = writing.get(links["item"].removeprefix("http://testserver")).raise_for_status().json()
    assert item["properties"]["entity_name"] == "H-1"
    assert writing.get(f"/reviews/{review}").json() == shown
    html = writing.get("/reviews?f=html&lang=en").raise_for_status().text
    assert "H-2" in html
    assert html.count("<button") == 2


def test_reviews_come_in_pages(writing: TestClient) -> None:
    ask(writing, "H-1", 0)
    for i in range(5):
        assert ask(writing, f"H-1{i}", 1).status_code == 202
    seen, path = [], "/reviews?limit=2"
    while path:
        page = writing.get(path).raise_for_status().json()
        seen += [each["source_id"] for each in page["reviews"]]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        path = following[0].removeprefix("http://testserver") if following else ""
    assert seen == [f"H-1{i}" for i in range(5)]
    for query in ("limit=0", "limit=x", "after=-1", "limit=1001", "state=open"):
        assert writing.get(f"/reviews?{query}").status_code == 400, query


def test_the_same_thing_has_one_code(writing: TestClient, suspected: tuple[str, int]) -> None:
    code, review = suspected
    answer = writing.post(f"/reviews/{review}", json={"decision": "same", "why": "同一栓"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["code"]) == ("existing", code)
    assert ask(writing, "H-2", 1).json()["code"] == code
    assert writing.get("/reviews").json()["reviews"] == []
    shown = writing.get(f"/reviews/{review}").json()
    assert (shown["decision"], shown["who"], shown["why"]) == ("same", "local", "同一栓")
    again = writing.post(f"/reviews/{review}", json={"decision": "different"})
    assert again.status_code == 409
    assert "decided already" in again.json()["detail"]


def test_a_different_thing_gets_its_code(writing: TestClient, suspected: tuple[str, int]) -> None:
    code, review = suspected
    answer = writing.post(f"/reviews/{review}", json={"decision": "different"})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["status"] == "assigned"
    assert said["code"] != code
    assert said["links"][0]["href"].endswith(f"/id/{said['external_code']}")
    told = writing.get("/changes").json()["changes"][-1]
    assert (told["code"], told["valid_at"]) == (said["code"], "2020-05-01T00:00:00Z")
    assert ask(writing, "H-2", 1).json()["code"] == said["code"]


def test_a_reserved_code_waits_with_its_request(writing: TestClient) -> None:
    ask(writing, "H-1", 0)
    block = {"project": "地铁", "division": "420606", "class": "990703", "size": 2}
    body = {**block, "expires_at": "2099-01-01"}
    held = writing.post("/reservations", json=body).raise_for_status().json()
    review = ask(writing, "H-2", 1, reservation=held["id"]).json()["review"]["id"]
    other = ask(writing, "H-3", -1, reservation=held["id"]).json()["review"]["id"]
    decided = writing.post(f"/reviews/{review}", json={"decision": "different"}).json()
    assert decided["code"] == held["first_code"]
    assert writing.delete(f"/reservations/{held['id']}").status_code == 200
    decided = writing.post(f"/reviews/{other}", json={"decision": "different"}).json()
    assert decided["status"] == "assigned", decided
    assert decided["code"] > held["last_code"]


@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs a browser: apt-get install chromium")
def test_the_two_buttons_of_a_review_decide_it(
    serve: Callable[[Settings, int], str], database: str, open_folder: Path
) -> None:
    settings = Settings(home=open_folder / "reviewing", database_url=database)
    here = serve(settings, 1)
    with httpx.Client(base_url=here) as client:
        for i in range(3):
            ask(client, f"H-{i}", i / 2)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(f"{here}/reviews?f=html&lang=en")
            page.get_by_role("button", name="1: same").click()
            page.get_by_text("H-1: existing 420606990703000000001").wait_for()
            page.get_by_role("button", name="2: different").click()
            page.get_by_text("H-2: assigned 420606990703000000002").wait_for()
            assert page.get_by_role("button").count() == 0
            browser.close()
        assert client.get("/reviews").json()["reviews"] == []


def test_what_cannot_be_decided(writing: TestClient, suspected: tuple[str, int]) -> None:
    for method in ("GET", "POST"):
        body = {"json": {"decision": "same"}} if method == "POST" else {}
        answer = writing.request(method, f"/reviews/{10**17}", **body)
        assert (answer.status_code, answer.json()["title"]) == (404, "Not in the table")
    _, review = suspected
    unfit = writing.post(f"/reviews/{review}", json={"decision": "perhaps"})
    assert unfit.status_code == 422
    assert unfit.json()["errors"][0]["path"] == "$.decision"
    for method in ("GET", "POST"):
        body = None if method == "GET" else {"decision": "same"}
        answer = writing.request(method, f"/reviews/{review + 7}", json=body)
        assert answer.status_code == 404, answer.text
    assert writing.get("/reviews/one").status_code == 404
    assert writing.get(f"/reviews/{10**30}").status_code in {400, 404}
