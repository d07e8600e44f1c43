"""The class table over HTTP and by the command: read, changed with history, refused in words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from starlette.testclient import TestClient

from api.classes.changes import MERGE_PATCH
from cim import classes

TAP = {
    "code": "990799",
    "name_zh": "直饮水点",
    "name_en": "drinking tap",
    "geometry": "point",
    "tolerance": 2,
}

REFUSED: list[tuple[str, str, Any, int, str]] = [
    ("POST", "", {**TAP, "code": "010101"}, 422, "not under major 99"),
    ("POST", "", {**TAP, "code": 990799}, 422, "code is one line"),
    ("POST", "", {**TAP, "colour": "red"}, 422, "colour cannot be set here"),
    ("POST", "", {**TAP, "why": "\0"}, 422, "why is a text"),
    ("POST", "", {**TAP, "code": "990101"}, 409, "990101 is there already: 宗地"),
    ("PATCH", "/990797", {"name_zh": "甲"}, 404, "no entity class '990797'"),
    ("PATCH", "/990101", {"version": 7}, 422, "version cannot be set here"),
    ("PATCH", "/990101", {"name_zh": None}, 422, "name_zh cannot be empty"),
    ("PATCH", "/990101", {"state": "gone"}, 422, "state is one of active, deprecated"),
    ("PATCH", "/990101", {"state": ["deprecated"]}, 422, "state is one of"),
    ("PATCH", "/990101", {"replaced_by": "990102"}, 422, "replaced_by is for a class whose"),
    ("PATCH", "/990101", {"state": "deprecated", "replaced_by": {}}, 422, "another class"),
    ("PATCH", "/999999", {"state": "deprecated"}, 409, "used by the program itself"),
    ("PATCH", "/990101", [], 400, "not a JSON object"),
    ("DELETE", "/990501", None, 409, "used by the program itself"),
    ("DELETE", "/99%00", None, 404, "no entity class"),
    ("DELETE", "/990101?what=x", None, 400, "not known here"),
]


def patch(client: TestClient, code: str, **fields: Any) -> dict[str, Any]:
    answer = client.patch(
        f"/classes/{code}", content=json.dumps(fields), headers={"Content-Type": MERGE_PATCH}
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_table_tells_where_each_class_is_from(client: TestClient) -> None:
    body = client.get("/classes").raise_for_status().json()
    assert {c["code"] for c in body["classes"]} == set(classes.classes())
    parcel = next(c for c in body["classes"] if c["code"] == "990101")
    assert {n: parcel[n] for n in ("name_zh", "source", "conf", "version", "state")} == {
        "name_zh": "宗地",
        "source": "local99",
        "conf": "L",
        "version": 1,
        "state": "active",
    }
    assert (parcel["tolerance"], parcel["gbt13923"], parcel["replaced_by"]) == (0.8, None, None)
    assert client.get("/classes?state=deprecated").json()["classes"] == []
    assert client.get("/classes?state=old").status_code == 400
    assert client.get("/classes/010101").status_code == 404
    assert client.get("/classes/010101/history").status_code == 404
    links = {link["rel"]: link["href"] for link in client.get("/classes/990101").json()["links"]}
    assert links["data"].endswith("/collections/parcels")
    [brought] = client.get(links["version-history"]).json()["changes"]
    assert (brought["kind"], brought["who"], brought["changed"]) == ("brought", "cim", [])


def test_a_class_lives_its_life_and_everybody_sees_it_at_once(writing: TestClient) -> None:
    before = writing.get("/readyz").json()["registryVersion"]
    added = writing.post("/classes", json={**TAP, "why": "新增"})
    assert added.status_code == 201, added.text
    here = added.headers["location"].removeprefix("http://testserver")
    assert here == "/classes/990799"
    assert writing.get(here).json() == added.json()
    assert writing.get("/readyz").json()["registryVersion"] == before + 1
    assert patch(writing, "990799", name_zh="饮水点", tolerance=None)["tolerance"] is None
    assert patch(writing, "990799")["version"] == 2
    gone = patch(writing, "990799", state="deprecated", replaced_by="990703", why="并入")
    assert (gone["state"], gone["replaced_by"], gone["version"]) == ("deprecated", "990703", 3)
    [listed] = writing.get("/classes?state=deprecated").json()["classes"]
    assert listed["code"] == "990799"
    page = writing.get("/classes/990799?f=html&lang=en").raise_for_status().text
    assert "nothing new is put into it" in page
    assert "hydrant" in page
    assert patch(writing, "990799", replaced_by=None, name_en="tap")["version"] == 5
    assert patch(writing, "990799", state="active")["state"] == "active"
    assert writing.delete("/classes/990799", params={"why": "误加"}).status_code == 204
    assert writing.get(here).status_code == 404
    changes = writing.get(f"{here}/history").raise_for_status().json()["changes"]
    assert [c["kind"] for c in changes] == [
        "added",
        "changed",
        "deprecated",
        "changed",
        "deprecated",
        "restored",
        "removed",
    ]
    assert {c["who"] for c in changes} == {"local"}
    assert [c["why"] for c in changes if c["why"]] == ["新增", "并入", "误加"]
    assert changes[1]["changed"] == ["name_zh", "tolerance"]
    assert "删除" in writing.get(f"{here}/history?f=html").raise_for_status().text


def test_what_is_refused_is_told_and_changes_nothing(writing: TestClient) -> None:
    for method, path, body, status, words in REFUSED:
        answer = writing.request(method, f"/classes{path}", json=body)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert words in answer.json()["detail"]
    assert writing.get("/readyz").json()["registryVersion"] == 1


def test_a_patch_is_all_or_nothing(writing: TestClient) -> None:
    body = {"name_zh": "地块", "state": "deprecated", "replaced_by": "990799"}
    assert writing.patch("/classes/990101", json=body).status_code == 422
    assert writing.get("/classes/990101").json()["name_zh"] == "宗地"


def test_only_writers_write(client: TestClient) -> None:
    proxied = {"X-Forwarded-For": "10.0.0.7"}
    assert client.post("/classes", json=TAP, headers=proxied).status_code == 403
    assert client.delete("/classes/990101", headers=proxied).status_code == 403
    assert client.patch("/classes/990101", json={}, headers=proxied).status_code == 403


def test_the_api_describes_what_is_read_and_written(client: TestClient) -> None:
    api = client.get("/api?lang=en").json()
    one = api["paths"]["/classes/{code}"]
    assert set(one) == {"get", "patch", "delete"}
    shown = client.get("/classes/990101").json()
    assert set(api["components"]["schemas"]["class"]["properties"]) == set(shown)
    new = api["components"]["schemas"]["newClass"]["properties"]
    assert set(new) == set(shown) - {"version", "state", "replaced_by", "links"} | {"why"}


def test_the_command(new_database: Callable[[], str]) -> None:
    environment = {**os.environ, "CIM_DATABASE_URL": new_database(), "USER": "wang"}
    environment["LOGNAME"] = "wang"

    def cim(*words: str) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "api.cli", "class", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    add = ("--zh", "直饮水点", "--en", "tap", "--geometry", "point", "--why", "新增")
    assert cim("add", "990799", *add) == (0, "990799 直饮水点: version 1, active\n", "")
    assert cim("change", "990799", "--zh", "饮水点", "--who", "li")[0] == 0
    assert cim("deprecate", "990799", "--replaced-by", "990703")[1] == (
        "990799 饮水点: version 3, deprecated, take 990703\n"
    )
    assert cim("add", "010101", *add) == (
        1,
        "",
        "cim: code '010101' is not under major 99: name the official table as its source\n",
    )
    listed = json.loads(cim("list", "--json", "--state", "deprecated")[1])["classes"]
    assert [c["code"] for c in listed] == ["990799"]
    assert cim("remove", "990799")[:2] == (0, "990799: removed\n")
    shown = json.loads(cim("show", "990799", "--json")[1])
    assert shown["class"] is None
    assert [(c["kind"], c["who"]) for c in shown["changes"]] == [
        ("added", "wang"),
        ("changed", "li"),
        ("deprecated", "wang"),
        ("removed", "wang"),
    ]
    told = cim("show", "990799")[1]
    assert "changed by li, name_zh: 直饮水点 → 饮水点" in told
