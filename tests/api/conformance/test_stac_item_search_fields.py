"""STAC API 1.0, Item Search, Fields: members left out, or alone."""

from typing import Any

from starlette.testclient import TestClient

CLASS = "https://api.stacspec.org/v1.0.0/item-search#fields"


def _items(client: TestClient, text: str, fields: dict[str, list[str]]) -> list[dict[str, Any]]:
    got = client.get("/search", params={"fields": text}).raise_for_status().json()["features"]
    posted = client.post("/search", json={"fields": fields}).raise_for_status().json()["features"]
    assert got == posted != []
    return list(got)


def test_exclude(client: TestClient) -> None:
    fields = {"exclude": ["assets", "properties.created"]}
    for item in _items(client, "-assets,-properties.created", fields):
        assert "assets" not in item
        assert "created" not in item["properties"]
        assert {"id", "geometry", "links"} <= item.keys()


def test_include(client: TestClient) -> None:
    fields = {"include": ["id", "properties.datetime"]}
    for item in _items(client, "id,properties.datetime", fields):
        assert set(item["properties"]) == {"datetime"}
        assert item["id"]


def test_both(client: TestClient) -> None:
    fields = {"include": ["properties"], "exclude": ["properties.created"]}
    for item in _items(client, "properties,-properties.created", fields):
        assert "created" not in item["properties"]
        assert len(item["properties"]) > 2
