"""The feed of changes: in order, nothing lost, nothing twice, whoever commits late."""

from __future__ import annotations

from typing import Any

import shapely
from sqlalchemy import Connection, Engine
from starlette.testclient import TestClient

from cim.actions import Action
from cim.assignment.assign import Batch, assign
from cim.assignment.request import Request


def page(client: TestClient, **query: object) -> dict[str, Any]:
    values = {name: str(value) for name, value in query.items()}
    return dict(client.get("/changes", params=values).raise_for_status().json())


def give(connection: Connection, engine: Engine, *names: str) -> None:
    batch = Batch("pipes", "990703", Action("me"), guard=False)
    asked = [Request(name, shapely.Point(112.14, 32.02), division="420606") for name in names]
    assign(connection, engine, batch, asked)


def names(body: dict[str, Any]) -> list[str]:
    return [each["source_id"] for each in body["changes"]]


def test_who_commits_late_is_neither_lost_nor_doubled(writing: TestClient, engine: Engine) -> None:
    with engine.begin() as connection:
        give(connection, engine, "first")
    seen = page(writing)
    assert (names(seen), seen["more"]) == (["first"], False)
    slow, quick = engine.connect(), engine.connect()
    with slow, quick:
        give(slow, engine, "slow 1")
        give(quick, engine, "quick 1", "quick 2")
        quick.commit()
        waiting = page(writing, since=seen["next"])
        latest = page(writing, since="latest")
        assert waiting == {"changes": [], "next": seen["next"], "more": False}
        give(slow, engine, "slow 2")
        slow.commit()
    expected = ["slow 1", "slow 2", "quick 1", "quick 2"]
    after = page(writing, since=waiting["next"])
    assert names(after) == expected
    assert names(page(writing, since=latest["next"])) == expected
    assert names(page(writing, since=after["next"])) == []
    assert names(page(writing)) == ["first", *expected]


def test_pages_say_what_the_whole_says(writing: TestClient, engine: Engine) -> None:
    for i in range(5):
        with engine.begin() as connection:
            give(connection, engine, *(f"{i} {n}" for n in range(i + 3)))
    whole = page(writing)
    assert len(whole["changes"]) == 25
    told: list[dict[str, Any]] = []
    body = page(writing, limit=7)
    while True:
        told += body["changes"]
        if not body["more"]:
            break
        assert len(body["changes"]) == 7
        body = page(writing, limit=7, since=body["next"])
    assert told == whole["changes"]
    assert body["next"] == whole["next"] == told[-1]["position"]
    assert page(writing, since=told[6]["position"], limit=1)["changes"] == [told[7]]


def test_from_now_on(writing: TestClient, engine: Engine) -> None:
    with engine.begin() as connection:
        give(connection, engine, "before")
    now = page(writing, since="latest")
    assert (now["changes"], now["more"]) == ([], False)
    assert page(writing, since=now["next"])["changes"] == []
    with engine.begin() as connection:
        give(connection, engine, "after")
    assert names(page(writing, since=now["next"])) == ["after"]


def test_what_cannot_be_asked(writing: TestClient) -> None:
    assert page(writing)["next"] == "0-0"
    for since in ("yesterday", "1", "1-2-3", "-1-0", "9" * 19 + "-0", ""):
        answer = writing.get("/changes", params={"since": since})
        assert answer.status_code == 400, since
        assert answer.headers["content-type"] == "application/problem+json"
    for query in ("limit=0", "limit=10001", "from=1", "f=html"):
        assert writing.get(f"/changes?{query}").status_code == 400
