"""STAC API by the client of others (pystac-client) over a running server, valid by pystac."""

from __future__ import annotations

from typing import Any

import httpx
import pystac
import pystac_client
import pytest
from pystac.validation import JsonSchemaSTACValidator
from starlette.testclient import TestClient

NEW, OLD = "imagery_2025-05-01_20250501T030500Z", "imagery_2024-05-01_20240501T030500Z"
PLACE = {"type": "Point", "coordinates": [112.14, 32.02]}


@pytest.fixture(scope="module")
def stac(city_url: str) -> pystac_client.Client:
    return pystac_client.Client.open(city_url)


def ids(client: pystac_client.Client, **asked: Any) -> list[str]:
    return [item.id for item in client.search(**asked).items()]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [NEW, OLD]),
        ({"limit": 1}, [NEW, OLD]),  # pages follow each other
        ({"limit": 1, "sortby": "+properties.datetime"}, [OLD, NEW]),
        ({"sortby": "-id"}, [NEW, OLD]),
        ({"datetime": "2025"}, [NEW]),
        ({"bbox": [112, 31, 113, 33], "datetime": "../2024-12-31"}, [OLD]),
        ({"bbox": [10, 10, 11, 11]}, []),
        ({"intersects": PLACE}, [NEW, OLD]),
        ({"ids": [OLD, "nothing"]}, [OLD]),
        ({"collections": ["imagery"]}, [NEW, OLD]),
        ({"collections": ["parcels"]}, []),
        ({"filter": "datetime > TIMESTAMP('2025-01-01T00:00:00Z')"}, [NEW]),
        ({"filter": {"op": "=", "args": [{"property": "id"}, OLD]}}, [OLD]),
        ({"filter": '"eo:cloud_cover" > 5 AND "proj:code" IS NULL'}, []),
        ({"filter": "S_INTERSECTS(geometry, POINT(112.14 32.02))", "limit": 1}, [NEW, OLD]),
    ],
)
def test_a_client_finds_scenes(
    stac: pystac_client.Client, method: str, asked: dict[str, Any], expected: list[str]
) -> None:
    assert ids(stac, method=method, **asked) == expected
    assert stac.search(method=method, **asked).matched() == len(expected)


def test_what_is_found_is_valid_and_leads_to_files(stac: pystac_client.Client) -> None:
    validator = JsonSchemaSTACValidator()
    found = stac.search(collections=["imagery"]).item_collection()
    assert len(found) == 2
    for item in found:
        _valid(validator, item.to_dict(), pystac.STACObjectType.ITEM)
        assert item.get_self_href() == f"{stac.get_self_href().rstrip('/')}" + (
            f"/collections/imagery/items/{item.id}"
        )
        head = httpx.get(item.assets["data"].href, headers={"Range": "bytes=0-3"})
        assert head.status_code == 206
        assert head.content in {b"II*\0", b"II+\0"}
    [root] = [stac.to_dict()]
    _valid(validator, root, pystac.STACObjectType.CATALOG)
    for collection in stac.get_collections():
        _valid(validator, collection.to_dict(), pystac.STACObjectType.COLLECTION)


def _valid(validator: Any, told: dict[str, Any], kind: Any) -> None:
    validator.validate_core(told, kind, told["stac_version"])


def test_a_collection_has_two_faces(stac: pystac_client.Client, client: TestClient) -> None:
    imagery = stac.get_collection("imagery")
    assert imagery is not None
    assert sorted(item.id for item in imagery.get_items()) == [OLD, NEW]
    one = imagery.get_item(OLD)
    assert one is not None
    assert one.id == OLD
    bands = [band["name"] for band in imagery.summaries.to_dict()["eo:bands"]]
    told = client.get("/collections/imagery").json()
    assert told["item_assets"]["data"]["roles"] == ["data"]
    assert {"red", "nir"} <= set(bands)
    assert told["itemType"] == "coverage"
    assert [link["href"] for link in told["links"] if link["rel"].endswith("/coverage")]
    children = {child.id for child in stac.get_children()}
    assert children == {"imagery"}
    assert "eo:cloud_cover" in stac.get_merged_queryables(["imagery"])["properties"]


def test_fields_are_left_out_or_alone(stac: pystac_client.Client) -> None:
    [less] = stac.search(ids=[OLD], fields=["-assets", "-properties.created"]).items_as_dicts()
    assert "assets" not in less
    assert set(less["properties"]) >= {"datetime"}
    assert "created" not in less["properties"]
    [alone] = stac.search(ids=[OLD], fields=["properties.created"]).items_as_dicts()
    assert set(alone["properties"]) == {"datetime", "created"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"colour": "red"}, "not known here"),
        ({"bbox": [1, 2, 3]}, "4 or 6"),
        ({"bbox": ["a", 2, 3, 4]}, "no number"),
        ({"bbox": [112, 31, 113, 33], "intersects": PLACE}, "not both"),
        ({"intersects": {"type": "Point", "coordinates": ["a"]}}, "no GeoJSON"),
        ({"intersects": {"type": "Feature", "geometry": PLACE}}, "no GeoJSON"),
        ({"limit": -1}, "whole number"),
        ({"limit": True}, "whole number"),
        ({"ids": "a"}, "is a list"),
        ({"sortby": [{"field": "mood"}]}, "known are"),
        ({"sortby": ["id"]}, "direction"),
        ({"fields": ["id"]}, "include and exclude"),
        ({"filter": {"op": "=", "args": [{"property": "mood"}, 1]}}, "no property 'mood'"),
        ({"filter": [1]}, "text or an object"),
        ({"token": "x"}, "not given out"),
        ({"datetime": "soon"}, "RFC 3339"),
    ],
)
def test_what_cannot_be_read_is_refused(
    client: TestClient, body: dict[str, Any], says: str
) -> None:
    answer = client.post("/search", json=body)
    assert answer.status_code == 400
    assert says in answer.json()["detail"]


def test_another_collection_s_items_are_not_here(client: TestClient) -> None:
    here = "/collections/imagery/items"
    assert client.get(f"{here}?collections=parcels").status_code == 400
    assert client.get(f"{here}/nothing").status_code == 404
    assert client.get("/collections/nothing/queryables").status_code == 404
    assert client.get(f"{here}/{OLD}").json()["collection"] == "imagery"
