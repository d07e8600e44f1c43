"""STAC API 1.0, Item Search: `/search` by GET and by POST, its items valid by pystac."""

from typing import Any

import pystac
import pytest
from documents import get, hrefs
from pystac.validation import JsonSchemaSTACValidator
from starlette.testclient import TestClient

CLASS = "https://api.stacspec.org/v1.0.0/item-search"

NEW, OLD = "imagery_2025-05-01_20250501T030500Z", "imagery_2024-05-01_20240501T030500Z"
PLACE = {"type": "Point", "coordinates": [112.14, 32.02]}


def _ids(answer: Any) -> list[str]:
    return [item["id"] for item in answer.raise_for_status().json()["features"]]


def test_it_is_linked_by_both_methods(client: TestClient) -> None:
    links = [each for each in get(client, "/")["links"] if each["rel"] == "search"]
    assert {each.get("method", "GET") for each in links} == {"GET", "POST"}
    assert all(each["type"] == "application/geo+json" for each in links)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [NEW, OLD]),
        ({"limit": 1}, [NEW]),
        ({"bbox": [112, 31, 113, 33]}, [NEW, OLD]),
        ({"bbox": [10, 10, 11, 11]}, []),
        ({"datetime": "2025-01-01T00:00:00Z/.."}, [NEW]),
        ({"ids": [OLD]}, [OLD]),
        ({"collections": ["imagery"]}, [NEW, OLD]),
        ({"collections": ["nothing"]}, []),
    ],
)
def test_search(client: TestClient, asked: dict[str, Any], expected: list[str]) -> None:
    flat = {k: ",".join(map(str, v)) if isinstance(v, list) else v for k, v in asked.items()}
    for answer in (client.get("/search", params=flat), client.post("/search", json=asked)):
        assert answer.headers["content-type"] == "application/geo+json"
        assert _ids(answer) == expected


def test_intersects(client: TestClient) -> None:
    assert _ids(client.post("/search", json={"intersects": PLACE})) == [NEW, OLD]
    both = {"intersects": PLACE, "bbox": [1, 2, 3, 4]}
    assert client.post("/search", json=both).status_code == 400


def test_items_are_valid_and_pages_follow(client: TestClient) -> None:
    page = get(client, "/search", limit=1)
    validator = JsonSchemaSTACValidator()
    seen = []
    while True:
        for item in page["features"]:
            validator.validate_core(item, pystac.STACObjectType.ITEM, item["stac_version"])
            seen.append(item["id"])
        if not (following := hrefs(page, "next")):
            break
        page = get(client, following[0])
    assert seen == [NEW, OLD]
