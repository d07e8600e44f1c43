"""STAC API 1.0, Item Search, Filter: CQL2 as text and as JSON, by GET and by POST."""

import json
from typing import Any

import pytest
from documents import get, hrefs
from predicates import JSON, TEXT, written
from starlette.testclient import TestClient

CLASS = "https://api.stacspec.org/v1.0.0-rc.3/item-search#filter"

NEW, OLD = "imagery_2025-05-01_20250501T030500Z", "imagery_2024-05-01_20240501T030500Z"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("collection = 'imagery'", [NEW, OLD]),
        (f"id = '{OLD}'", [OLD]),
        ("datetime > TIMESTAMP('2025-01-01T00:00:00Z')", [NEW]),
        ("T_BEFORE(datetime, TIMESTAMP('2025-01-01T00:00:00Z'))", [OLD]),
        ("S_INTERSECTS(geometry, POINT(112.14 32.02))", [NEW, OLD]),
        ("NOT (S_INTERSECTS(geometry, BBOX(112,31,113,33)))", []),
    ],
)
def test_filter(client: TestClient, text: str, expected: list[str]) -> None:
    document = json.loads(written(text, JSON))
    asked: list[Any] = [
        client.get("/search", params={"filter": text}),
        client.get("/search", params={"filter": text, "filter-lang": TEXT}),
        client.get("/search", params={"filter": json.dumps(document), "filter-lang": JSON}),
        client.post("/search", json={"filter": document}),
        client.post("/search", json={"filter": document, "filter-lang": JSON}),
    ]
    for answer in asked:
        found = answer.raise_for_status().json()["features"]
        assert [item["id"] for item in found] == expected


def test_queryables(client: TestClient) -> None:
    relation = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
    for path in ("/", "/collections/imagery"):
        [href] = hrefs(get(client, path), relation)
        body = client.get(href).raise_for_status()
        assert body.headers["content-type"] == "application/schema+json"
        assert {"id", "datetime", "geometry"} <= body.json()["properties"].keys()
    assert client.get("/search?filter=nope = 1").status_code == 400
