"""STAC API 1.0, Item Search, Sort: by GET as text, by POST as objects."""

import pytest
from starlette.testclient import TestClient

CLASS = "https://api.stacspec.org/v1.0.0/item-search#sort"


@pytest.mark.parametrize("field", ["id", "properties.datetime", "datetime"])
@pytest.mark.parametrize(("sign", "direction"), [("+", "asc"), ("-", "desc"), ("", "asc")])
def test_sortby(client: TestClient, field: str, sign: str, direction: str) -> None:
    got = client.get("/search", params={"sortby": f"{sign}{field}"}).raise_for_status().json()
    body = {"sortby": [{"field": field, "direction": direction}]}
    posted = client.post("/search", json=body).raise_for_status().json()
    times = [item["properties"]["datetime"] for item in got["features"]]
    assert times == sorted(times, reverse=direction == "desc")
    assert [item["id"] for item in posted["features"]] == [item["id"] for item in got["features"]]
    assert len(times) == 2


def test_what_is_no_field_is_refused(client: TestClient) -> None:
    assert client.get("/search?sortby=mood").status_code == 400
    body = {"sortby": [{"field": "mood", "direction": "asc"}]}
    assert client.post("/search", json=body).status_code == 400
