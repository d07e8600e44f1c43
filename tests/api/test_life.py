"""Lives over HTTP: changed, retired, void, split, merged, and refused in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from cim import entity_code

NOBODY = "420606990101000000099"


def box(west: float, east: float) -> dict[str, Any]:
    ring = [[west, 32], [east, 32], [east, 32.001], [west, 32.001], [west, 32]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture
def parcels(writing: TestClient) -> list[str]:
    """Codes of two parcels side by side and of one further off."""
    sides = ((112, 112.001), (112.001, 112.002), (112.01, 112.011))
    entities = [
        {"source_id": f"p{i}", "geometry": box(*ends), "division": "420606"}
        for i, ends in enumerate(sides)
    ]
    body = {"source_system": "cad", "class": "990101", "entities": entities}
    outcomes = writing.post("/entities", json=body).raise_for_status().json()["outcomes"]
    return [each["code"] for each in outcomes]


def told(client: TestClient, code: str) -> list[dict[str, Any]]:
    changes = client.get("/changes").raise_for_status().json()["changes"]
    return [each for each in changes if each["code"] == code]


def found(client: TestClient, code: str) -> dict[str, Any]:
    return dict(client.get(f"/resolve?code={code}").raise_for_status().json())


def halves(end: float = 112.001) -> list[dict[str, Any]]:
    return [
        {"source_id": "west", "geometry": box(112, 112.0005)},
        {"source_id": "east", "geometry": box(112.0005, end), "name": "东"},
    ]


def test_a_change_is_told_once(writing: TestClient, parcels: list[str]) -> None:
    code = parcels[0]
    written = f"{entity_code.format(code)[:6]}-{entity_code.format(code)[6:].lower()}"
    new = {"name": "一号", "properties": {"owner": "甲"}, "geometry": box(112, 112.0009)}
    for changed in (True, False):
        answer = writing.post(f"/entities/{written}/change", json={**new, "why": "变更登记"})
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert (said["code"], said["state"], said["changed"]) == (code, "active", changed)
        assert said["links"][0]["href"] == f"http://testserver/id/{said['external_code']}"
    assert writing.post(f"/entities/{code}/change", json={}).json()["changed"] is False
    feature = found(writing, code)["feature"]
    assert feature["properties"]["entity_name"] == "一号"
    assert feature["properties"]["attributes"] == {"owner": "甲"}
    assert feature["geometry"]["coordinates"] == new["geometry"]["coordinates"]  # type: ignore[index]
    assert [(each["change"], each["why"]) for each in told(writing, code)] == [
        ("assigned", None),
        ("changed", "变更登记"),
    ]
    forgotten = {"properties": {"owner": None}}
    assert writing.post(f"/entities/{code}/change", json=forgotten).json()["changed"] is True
    assert found(writing, code)["feature"]["properties"]["attributes"] is None


@pytest.mark.parametrize(("verb", "state"), [("retire", "retired"), ("void", "void")])
def test_a_life_ends_once(writing: TestClient, parcels: list[str], verb: str, state: str) -> None:
    path = f"/entities/{parcels[0]}/{verb}"
    assert writing.post(path, json={}).json()["errors"][0]["path"] == "$.why"
    ahead = {"why": "拆除", "valid_from": "2099-01-01"}
    assert writing.post(path, json=ahead).status_code == 422, "it has not happened yet"
    moment = datetime.now(UTC)
    body = {"why": "拆除", "document": "函7", "valid_from": moment.isoformat()}
    ended = writing.post(path, json=body)
    assert ended.status_code == 200, ended.text
    assert ended.json()["state"] == state == found(writing, parcels[0])["state"]
    last = told(writing, parcels[0])[-1]
    assert (last["change"], last["why"], last["document"]) == (state, "拆除", "函7")
    assert datetime.fromisoformat(last["valid_at"]) == moment
    again = writing.post(path, json=body)
    assert again.status_code == 409
    assert f"is {state} since" in again.json()["detail"]
    assert writing.post(f"/entities/{parcels[0]}/change", json={"name": "x"}).status_code == 409


def test_a_parcel_is_split(writing: TestClient, parcels: list[str]) -> None:
    path = f"/entities/{parcels[0]}/split"
    small = writing.post(path, json={"children": halves(112.0007)})
    assert small.status_code == 409
    assert "force it with a reason" in small.json()["detail"]
    answer = writing.post(path, json={"children": halves(), "why": "分宗", "document": "批7"})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["code"], said["state"]) == (parcels[0], "split")
    heirs = said["successors"]
    assert [(each["source_id"], each["state"]) for each in heirs] == [
        ("west", "active"),
        ("east", "active"),
    ]
    assert heirs[0]["links"][0]["href"].endswith(f"/id/{heirs[0]['external_code']}")
    assert told(writing, parcels[0])[-1]["successors"] == [each["code"] for each in heirs]
    assert told(writing, heirs[1]["code"])[0]["predecessors"] == [parcels[0]]
    assert found(writing, heirs[1]["code"])["feature"]["properties"]["entity_name"] == "东"
    assert writing.post(path, json={"children": halves()}).status_code == 409


def test_a_forced_split_says_why(writing: TestClient, parcels: list[str]) -> None:
    body = {"children": halves(112.0007), "forced": "道路征用", "source_system": "gis"}
    answer = writing.post(f"/entities/{parcels[0]}/split", json=body)
    assert answer.status_code == 200, answer.text
    last = told(writing, answer.json()["successors"][0]["code"])[-1]
    assert (last["source_system"], last["why"]) == ("gis", "道路征用")


def test_parcels_are_merged(writing: TestClient, parcels: list[str]) -> None:
    into = {"source_id": "both", "geometry": box(112, 112.002)}
    answer = writing.post("/entities/merge", json={"codes": parcels[:2], "into": into})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert [(each["code"], each["state"]) for each in said["predecessors"]] == [
        (code, "merged") for code in parcels[:2]
    ]
    [heir] = said["successors"]
    assert told(writing, heir["code"])[0]["predecessors"] == parcels[:2]
    external = entity_code.format(parcels[2])
    stays = {"codes": [external], "into": heir["code"], "why": "重复"}
    answer = writing.post("/entities/merge", json=stays)
    assert answer.status_code == 200, answer.text
    assert answer.json()["successors"][0]["code"] == heir["code"]
    assert answer.json()["successors"][0]["source_id"] is None
    assert found(writing, parcels[2])["state"] == "merged"
    assert writing.post("/entities/merge", json=stays).status_code == 409


def test_what_cannot_be_is_refused_and_changes_nothing(
    writing: TestClient, parcels: list[str]
) -> None:
    one, other = parcels[:2]
    before = writing.get("/changes").json()
    west = {"source_id": "west", "geometry": box(112, 112.0005)}
    known = {"source_id": "p1", "geometry": box(112.0005, 112.001)}
    broken = {"source_id": "east", "geometry": {"type": "Polygon", "coordinates": [[[1]]]}}
    whole = {"source_id": "all", "geometry": box(112, 112.002)}
    refused: list[tuple[str, dict[str, Any], int, str]] = [
        (f"{NOBODY}/change", {}, 404, f"no entity '{NOBODY}'"),
        ("42060699010100000009K/retire", {"why": "x"}, 422, "uic: "),
        (f"{one}/change", {"geometry": {"type": "Point"}}, 422, "$.geometry: the Point cannot"),
        (f"{one}/change", {"name": ""}, 422, "$.name: "),
        (f"{one}/change", {"properties": {"a": "\0"}}, 422, "properties: "),
        (f"{one}/change", {"name": "x", "valid_from": "1999-01-01"}, 409, "as it is since"),
        (f"{one}/split", {"children": [west]}, 422, "$.children: "),
        (f"{one}/split", {"children": [west, broken]}, 422, "$.children[1].geometry: the Polygon"),
        (f"{one}/split", {"children": [west, {**west, "source_id": "e"}]}, 409, "make up 50"),
        (f"{one}/split", {"children": [west, known]}, 409, "successor 'p1'"),
        ("merge", {"codes": [one, "12"], "into": whole}, 422, "$.codes[1]: uic: "),
        ("merge", {"codes": [one], "into": one}, 409, "not the successor itself"),
        ("merge", {"codes": [one], "into": whole}, 409, "two different predecessors"),
        ("merge", {"codes": [one, NOBODY], "into": whole}, 404, "no entity"),
        ("merge", {"codes": [one, other], "into": 5}, 422, "$.into: it should be a JSON object"),
        ("merge", {"codes": [one, other], "into": {}}, 422, "$.into.source_id: it is missing"),
        ("merge", {"codes": [one, other], "into": {**whole, "z": 1}}, 422, "$.into.z: it is not"),
    ]
    for path, body, status, words in refused:
        answer = writing.post(f"/entities/{path}", json=body)
        assert answer.status_code == status, answer.text
        assert words in answer.json()["detail"]
    assert writing.get("/changes").json() == before
