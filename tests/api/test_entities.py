"""POST /entities: one code or many, the same for the same request, refused by its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.entities import bodies
from api.entities.examples import EXAMPLES
from api.entities.schemas import BODIES
from cim import entity_code
from cim.settings import Settings

TOKENS = {"a-token-of-the-bureau": "urban", "another-token-of-ours": "land"}
HYDRANT = {
    "source_system": "pipes",
    "class": "990703",
    "source_id": "H-1",
    "geometry": {"type": "Point", "coordinates": [112.14, 32.02]},
    "division": "420606",
    "name": "消防栓1",
    "properties": {"diameter": 100},
}

SOME = "420606990703000000001"
WRITES = [
    ("POST", "/entities"),
    ("POST", f"/entities/{SOME}/change"),
    ("POST", f"/entities/{SOME}/retire"),
    ("POST", f"/entities/{SOME}/void"),
    ("POST", f"/entities/{SOME}/split"),
    ("POST", "/entities/merge"),
    ("POST", "/reviews/1"),
    ("POST", "/reservations"),
    ("DELETE", "/reservations/1"),
    ("PUT", "/quotas/urban"),
]

UNFIT: list[tuple[dict[str, Any], str, str]] = [
    ({"source_id": 7}, "$.source_id", "it should be a text"),
    ({"colour": "red"}, "$.colour", "it is not known here"),
    ({"class": "99"}, "$.class", "pattern"),
    ({"class": "990798"}, "$.class", "no entity class '990798'"),
    ({"layer": "nothing"}, "$.layer", "there is no layer 'nothing'"),
    ({"reservation": 5}, "$.reservation", "no reservation '5'"),
    ({"reservation": "5"}, "$.reservation", "valid integer"),
    ({"aliases": {"a b": 5}}, "$.aliases['a b']", "it should be a text"),
    ({"properties": []}, "$.properties", "it should be a JSON object"),
    ({"valid_from": "yesterday"}, "$.valid_from", "not an RFC 3339 time"),
    ({"valid_from": 2024}, "$.valid_from", "RFC 3339"),
    ({"source_system": " "}, "$.source_system", "blank"),
    ({"why": "a\0b"}, "$.why", "NUL"),
    ({"guard": "no"}, "$.guard", "boolean"),
]

REJECTED: list[tuple[dict[str, Any], str]] = [
    ({"geometry": None}, "geometry: it is no GeoJSON geometry"),
    ({"geometry": {"type": "Point", "coordinates": [112]}}, "geometry: the Point cannot be read"),
    ({"geometry": {"type": "Point", "coordinates": [32.02, 112.14]}}, "cannot be in"),
    ({"division": "420699"}, "division: there is no division '420699'"),
    ({"division": None}, "name its division"),
    ({"source_id": " "}, "source_id: it is empty"),
    ({"name": "a\0"}, "name: it has a NUL"),
    ({"aliases": {"parcel": "7"}}, "aliases.parcel: parcel: "),
    ({"aliases": {"isbn": "7"}}, "aliases.isbn: no code scheme 'isbn'"),
    ({"properties": {"a": [{"b": "\0"}]}}, "properties: "),
    ({"code": "420606990703000000077"}, "nobody reserved it"),
]


@pytest.fixture
def guarded(database: str, open_folder: Path) -> Iterator[TestClient]:
    """A service whose writers have tokens, asked from elsewhere."""
    settings = Settings(home=open_folder / "guarded", database_url=database, tokens=TOKENS)
    with TestClient(create_app(settings), client=("10.0.0.7", 5000)) as client:
        yield client


def ask(client: TestClient, **more: Any) -> Any:
    return client.post("/entities", json={**HYDRANT, **more})


def test_one_code(writing: TestClient) -> None:
    first = ask(writing, why="新装", document="襄城管〔2026〕7号")
    assert first.status_code == 201, first.text
    said = first.json()
    code = said["code"]
    assert entity_code.validate(said["external_code"]) == code == "420606990703000000001"
    assert first.headers["location"] == f"http://testserver/id/{said['external_code']}"
    assert (said["status"], said["state"], said["source_id"]) == ("assigned", "active", "H-1")
    place = first.headers["location"].removeprefix("http://testserver")
    assert writing.get(place).raise_for_status().json()["code"] == code
    again = ask(writing)
    assert again.status_code == 200
    assert (again.json()["status"], again.json()["code"]) == ("existing", code)
    found = writing.get(f"/resolve?code={said['external_code']}").json()
    assert found["feature"]["properties"]["attributes"] == {"diameter": 100}
    near = {"type": "Point", "coordinates": [112.140005, 32.02]}
    waiting = ask(writing, source_id="H-2", geometry=near)
    assert waiting.status_code == 202
    review = waiting.json()["review"]
    assert waiting.json()["code"] == code
    assert "m apart" in waiting.json()["reason"]
    shown = writing.get(review["href"].removeprefix("http://testserver")).json()
    assert (shown["id"], shown["candidate"]["code"]) == (review["id"], code)
    assert ask(writing, source_id="H-2", geometry=near, guard=False).status_code == 201


def test_many_codes(writing: TestClient) -> None:
    common = {"source_system": "pipes", "class": "990703"}
    entities = [
        {"source_id": f"H-{i}", "division": "420606", "geometry": _point(i)} for i in range(4)
    ]
    entities[1]["geometry"] = {"type": "Point"}
    entities[3]["geometry"] = _point(0)
    for statuses in (["assigned", "rejected", "assigned"], ["existing", "rejected", "existing"]):
        answer = writing.post("/entities", json={**common, "entities": entities})
        assert answer.status_code == 200, answer.text
        outcomes, counts = answer.json()["outcomes"], answer.json()["counts"]
        assert [each["status"] for each in outcomes] == [*statuses, "duplicate?"]
        assert [each["row"] for each in outcomes] == [1, 2, 3, 4]
        assert counts == {statuses[0]: 2, "rejected": 1, "duplicate?": 1} | dict.fromkeys(
            {"assigned", "existing"} - {statuses[0]}, 0
        )
        assert outcomes[1]["reason"].startswith("geometry: the Point cannot be read")
        assert outcomes[3]["review"]["href"].endswith("/reviews/1")


def _point(i: int) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [112.14 + i / 1000, 32.02]}


@pytest.mark.parametrize(("wrong", "place", "words"), UNFIT)
def test_a_body_that_does_not_fit_is_told_by_its_places(
    writing: TestClient, wrong: dict[str, Any], place: str, words: str
) -> None:
    answer = ask(writing, **wrong)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert [fault["path"] for fault in problem["errors"]] == [place]
    assert words in problem["errors"][0]["detail"]
    assert problem["detail"].startswith(place)


def test_every_fault_of_a_body_is_told(writing: TestClient) -> None:
    body = {"source_system": "pipes", "class": "990703", "entities": [{"source_id": "a"}, 5]}
    problem = writing.post("/entities", json=body).json()
    assert problem["errors"] == [
        {"path": "$.entities[0].geometry", "detail": "it is missing"},
        {"path": "$.entities[1]", "detail": "it should be a JSON object"},
    ]
    many = writing.post("/entities", json={**body, "entities": [{}] * 10_001})
    assert many.status_code == 413
    assert "10,001 requests at once" in many.json()["detail"]
    assert writing.post("/entities", json={**body, "entities": []}).status_code == 422
    assert writing.post("/entities?x=1", json=HYDRANT).status_code == 400
    assert writing.post("/entities", json=[]).status_code == 400
    assert writing.get("/changes").json()["changes"] == []


def test_an_entity_that_breaks_a_rule_is_rejected(writing: TestClient) -> None:
    for wrong, words in REJECTED:
        answer = ask(writing, **wrong)
        assert answer.status_code == 422, answer.text
        assert answer.json()["title"] == "Rejected"
        assert words in answer.json()["detail"]
    assert writing.get("/readyz").json()["registryVersion"] == 1  # no register, no trace
    assert ask(writing).json()["code"] == "420606990703000000001"


def test_an_invalid_geometry_is_rejected_or_repaired(writing: TestClient) -> None:
    ring = [[112.14, 32.02], [112.15, 32.03], [112.15, 32.02], [112.14, 32.03], [112.14, 32.02]]
    bow = {"class": "990101", "geometry": {"type": "Polygon", "coordinates": [ring]}}
    answer = ask(writing, **bow)
    assert answer.status_code == 422
    said = "self-intersection at (112.14500000, 32.02500000); repair (--repair) may mend it"
    assert said in answer.json()["detail"]
    answer = ask(writing, **bow, repair=True)
    assert answer.status_code == 201
    assert "its boundary moved by 0.0 m" in answer.json()["reason"]
    waiting = ask(writing, **bow, repair=True, source_id="H-2")
    assert waiting.status_code == 202
    review = f"/reviews/{waiting.json()['review']['id']}"
    decided = writing.post(review, json={"decision": "different"})
    assert decided.json()["status"] == "assigned", decided.text


def test_a_layer_takes_what_is_assigned_to_it(writing: TestClient) -> None:
    assert ask(writing, **{"class": "990101"}).status_code == 201
    answer = ask(writing, layer="assigned_990101", source_id="another")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "$.layer"
    assert writing.patch("/classes/990703", json={"state": "deprecated"}).status_code == 200
    assert ask(writing, source_id="new").status_code == 409
    assert ask(writing).json()["status"] == "existing", "what has a code keeps it"


def test_many_who_ask_at_once_get_one_code(writing: TestClient) -> None:
    """More writers than there are connections, all for the same two things."""
    with ThreadPoolExecutor(24) as pool:
        wanted = [{"source_id": f"H-{i % 2}", "geometry": _point(i % 2)} for i in range(48)]
        answers = list(pool.map(lambda more: ask(writing, **more), wanted))
    assert {answer.status_code for answer in answers} == {200, 201}, answers[0].text
    assert sorted(a.status_code for a in answers)[-2:] == [201, 201]
    assert len({answer.json()["code"] for answer in answers}) == 2


def test_a_token_says_who_writes(guarded: TestClient) -> None:
    for method, path in WRITES:
        answer = guarded.request(method, path, json={})
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"] == "Bearer"
    guarded.headers["Authorization"] = "Bearer a-token-of-the-bureau"
    assert ask(guarded, why="新装").status_code == 201
    guarded.headers["Authorization"] = "Bearer a-token-of-nobody"
    assert ask(guarded).status_code == 401
    [told] = guarded.get("/changes").json()["changes"]
    assert (told["who"], told["why"], told["change"]) == ("urban", "新装", "assigned")


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_only_this_machine_writes_without_tokens(
    client: TestClient, method: str, path: str
) -> None:
    for headers in ({"X-Forwarded-For": "10.0.0.7"}, {"Origin": "https://elsewhere.example"}):
        assert client.request(method, path, json={}, headers=headers).status_code == 403


def test_a_page_elsewhere_may_ask_what_it_may_send(client: TestClient) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        asked = {"Origin": "https://a.example", "Access-Control-Request-Method": method}
        asked["Access-Control-Request-Headers"] = "authorization"
        answer = client.options("/quotas/urban", headers=asked)
        assert answer.status_code == 200
        assert method in answer.headers["access-control-allow-methods"]


def test_the_examples_of_the_description_are_true(writing: TestClient) -> None:
    paths = writing.get("/api?lang=en").json()["paths"]
    models = {model.__name__: model for model in BODIES}
    described = []
    for path, operations in paths.items():
        for method, operation in operations.items():
            body = operation.get("requestBody", {"content": {}})["content"]
            names = re.findall(r"schemas/(\w+)", json.dumps(body.get("application/json")))
            if operation["operationId"] in EXAMPLES:
                described.append((method.upper(), path.format(code=SOME, id=1, department="urban")))
                for example in body["application/json"]["examples"].values():
                    name = names["entities" in example["value"]]
                    assert bodies.fit(models[name], example["value"])
    assert sorted([*described, ("DELETE", "/reservations/1")]) == sorted(WRITES)
    shown = paths["/entities"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    answers = [writing.post("/entities", json=each["value"]) for each in shown.values()]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[1].json()["counts"]["existing"] == 1


def test_a_quota_ends_it(writing: TestClient) -> None:
    assert writing.put("/quotas/urban", json={"class": "990703", "codes": 1}).status_code == 200
    assert ask(writing, department="urban").status_code == 201
    answer = ask(writing, department="urban", source_id="H-9", geometry=_point(9))
    assert answer.status_code == 409
    assert "'urban' may have 0 more codes" in answer.json()["detail"]


def test_a_body_of_another_type_is_told_so(writing: TestClient) -> None:
    answer = writing.post("/entities", content=b"{}", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, "table" in answer.text) == (415, False)
    assert "'text/plain' cannot be read here; known are application/json" in answer.json()["detail"]
