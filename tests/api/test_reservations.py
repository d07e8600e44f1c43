"""Codes kept for a project, quotas of departments, and what became of every serial."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from starlette.testclient import TestClient

from cim import leases
from cim.assignment import reservations
from cim.database.connect import engine_of

BLOCK = {
    "project": "地铁一号线",
    "division": "420606",
    "class": "990703",
    "size": 5,
    "expires_at": "2099-01-01T08:00:00+08:00",
}
UNFIT: list[tuple[dict[str, Any], int, str]] = [
    ({"size": 0}, 422, "$.size"),
    ({"size": 100_001}, 422, "$.size"),
    ({"size": 2.5}, 422, "$.size"),
    ({"project": " "}, 422, "$.project"),
    ({"division": "420699"}, 422, "$.division"),
    ({"class": "990798"}, 422, "$.class"),
    ({"expires_at": "soon"}, 422, "$.expires_at"),
    ({"colour": 1}, 422, "$.colour"),
    ({"expires_at": "2001-01-01"}, 409, "which is past"),
]


def ask(client: TestClient, name: str, **more: Any) -> Any:
    place = {"type": "Point", "coordinates": [112.14, 32.02]}
    body = {"source_system": "pipes", "class": "990703", "source_id": name, "geometry": place}
    return client.post("/entities", json={**body, "division": "420606", "guard": False, **more})


def test_a_reservation_lives_and_ends(writing: TestClient) -> None:
    made = writing.post("/reservations", json={**BLOCK, "why": "施工"})
    assert made.status_code == 201, made.text
    held = made.json()
    here = made.headers["location"].removeprefix("http://testserver")
    assert here == f"/reservations/{held['id']}"
    assert (held["first_code"], held["last_code"]) == (
        "420606990703000000001",
        "420606990703000000005",
    )
    assert held["first_external_code"].startswith(held["first_code"])
    assert (held["size"], held["unused"], held["who"]) == (5, 5, "local")
    assert held["expires_at"] == "2099-01-01T00:00:00Z"
    assert ask(writing, "a", reservation=held["id"]).json()["code"] == held["first_code"]
    assert ask(writing, "b", code="420606990703000000003").json()["status"] == "assigned"
    assert writing.get(here).json() == {**held, "unused": 3}
    assert writing.get("/reservations").json() == {"reservations": [{**held, "unused": 3}]}
    assert writing.delete(here, params={"why": "竣工"}).json() == {"id": held["id"], "void": 3}
    assert writing.get("/reservations").json() == {"reservations": []}
    ended = writing.get(here).json()
    assert (ended["state"], ended["unused"], ended["ended_at"] is None) == ("released", 0, False)
    gone = writing.get("/changes").json()["changes"][-3:]
    assert [(each["change"], each["why"]) for each in gone] == [("void", "竣工")] * 3
    assert writing.delete(here).status_code == 409
    assert ask(writing, "c", reservation=held["id"]).status_code == 409
    for unknown in (77, 10**20):
        answer = writing.get(f"/reservations/{unknown}")
        assert (answer.status_code, str(unknown) in answer.json()["detail"]) == (404, True)
    assert writing.delete(f"/reservations/{10**20}").status_code == 404
    assert writing.delete("/reservations/77").status_code == 404
    assert writing.delete(here, params={"reason": "x"}).status_code == 400


def test_a_reservation_expires(writing: TestClient, database: str) -> None:
    held = writing.post("/reservations", json=BLOCK).json()
    assert (held["state"], held["unused"]) == ("living", 5)
    engine = engine_of(database)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE cim.reservation SET reserved_at = now() - interval '2 days',"
                " expires_at = now() - interval '1 day'"
            )
        )
    said = writing.get(f"/reservations/{held['id']}").json()
    assert (said["state"], said["unused"], said["ended_at"]) == ("expired", 0, None)
    with engine.begin() as connection:
        assert reservations.expire(connection) == 1
    engine.dispose()
    said = writing.get(f"/reservations/{held['id']}").json()
    assert (said["state"], said["ended_at"] is None) == ("expired", False)


def test_a_reservation_that_cannot_be(writing: TestClient) -> None:
    for wrong, status, words in UNFIT:
        answer = writing.post("/reservations", json={**BLOCK, **wrong})
        assert answer.status_code == status, answer.text
        assert words in answer.json()["detail"]
    assert writing.get("/reservations").json() == {"reservations": []}


def test_quotas(writing: TestClient) -> None:
    of_all = writing.put("/quotas/规划局", json={"codes": 7})
    assert of_all.status_code == 200, of_all.text
    assert of_all.json() == {"department": "规划局", "class": None, "codes": 7, "used": 0}
    writing.put("/quotas/规划局", json={"class": "990703", "codes": 6}).raise_for_status()
    held = writing.post("/reservations", json={**BLOCK, "department": "规划局"})
    assert held.status_code == 201
    assert ask(writing, "a", reservation=held.json()["id"], department="规划局").status_code == 201
    over = writing.post("/reservations", json={**BLOCK, "size": 3, "department": "规划局"})
    assert over.status_code == 409
    assert "'规划局' may have" in over.json()["detail"]
    writing.delete(f"/reservations/{held.json()['id']}").raise_for_status()
    quotas = writing.get("/quotas").json()["quotas"]
    assert [(each["class"], each["codes"], each["used"]) for each in quotas] == [
        (None, 7, 1),
        ("990703", 6, 1),
    ]
    for wrong in ({"codes": -1}, {"codes": "7"}, {}, {"class": "990798", "codes": 1}):
        assert writing.put("/quotas/规划局", json=wrong).status_code == 422, wrong
    assert writing.put("/quotas/%20", json={"codes": 1}).status_code == 400


def test_every_serial_is_explained(writing: TestClient, database: str) -> None:
    held = writing.post("/reservations", json=BLOCK).json()
    ask(writing, "a", reservation=held["id"])
    ask(writing, "b", department="water")
    writing.delete(f"/reservations/{held['id']}").raise_for_status()
    engine = engine_of(database)
    leases.lease(engine, "420606", "990703", 10, "a writer who was killed")
    leases.lease(engine, "420602", "990703", 1, "another division")
    with engine.connect() as connection:
        known = leases.use(connection, "420606", "990703")
        assert connection.scalar(text("SELECT count(*) FROM cim.entity")) == 6
    engine.dispose()
    said = writing.get("/leases?division=420606&class=990703").raise_for_status().json()
    assert said["total"] == {"size": 16, "used": 2, "reserved": 0, "void": 4, "lost": 10}
    counted = [{name: each[name] for name in said["total"]} for each in said["leases"]]
    assert counted == [
        {"size": 5, "used": 1, "reserved": 0, "void": 4, "lost": 0},
        {"size": 1, "used": 1, "reserved": 0, "void": 0, "lost": 0},
        {"size": 10, "used": 0, "reserved": 0, "void": 0, "lost": 10},
    ]
    assert [each["purpose"] for each in said["leases"]] == [
        "reserved for 地铁一号线",
        "pipes for local",
        "a writer who was killed",
    ]
    assert (said["leases"][1]["department"], said["leases"][1]["first_code"]) == (
        "water",
        "420606990703000000006",
    )
    assert (known.total.size, known.total.lost, len(known.blocks)) == (16, 10, 3)


def test_leases_come_in_pages(writing: TestClient) -> None:
    for i in range(3):
        ask(writing, str(i))
    path, seen = "/leases?division=420606&class=990703&limit=2", []
    while path:
        page = writing.get(path).raise_for_status().json()
        assert page["total"]["size"] == 3
        seen += [each["first"] for each in page["leases"]]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        path = following[0].removeprefix("http://testserver") if following else ""
    assert seen == [1, 2, 3]
    assert writing.get("/leases?division=420602&class=990703").json()["total"]["size"] == 0
    for query in ("", "division=420606", "division=420699&class=990703", "division=420606&class=9"):
        assert writing.get(f"/leases?{query}").status_code == 400, query
