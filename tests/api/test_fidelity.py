"""What resolve says of a thing is what its collection says, field by field (解析保真).

Of every layer of the sample city some things are drawn; each is asked for by every address that it
has, now and as of now.
"""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
import shapely
from starlette.testclient import TestClient

from cim import entity_code

SAMPLE = 6
LAYERS = 10


@pytest.fixture(scope="module")
def items(client: TestClient) -> dict[str, list[dict[str, Any]]]:
    """Some features of each vector layer, as pages of its items give them."""
    rng = np.random.default_rng(553)
    drawn = {}
    for collection in client.get("/collections").json()["collections"]:
        if collection["itemType"] == "feature":
            url = f"/collections/{collection['id']}/items?limit=10000"
            features = client.get(url).json()["features"]
            picked = rng.choice(len(features), min(SAMPLE, len(features)), replace=False)
            drawn[collection["id"]] = [features[i] for i in picked.tolist()]
    return drawn


def without_links(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "links"}


def get(client: TestClient, path: str, **query: str) -> dict[str, Any]:
    return client.get(path, params=query).raise_for_status().json()  # type: ignore[no-any-return]


def test_every_address_says_the_same(
    client: TestClient, items: dict[str, list[dict[str, Any]]]
) -> None:
    now = datetime.now(UTC).isoformat()
    assert len(items) == LAYERS
    for layer, features in items.items():
        for feature in features:
            code = feature["id"]
            item = get(client, f"/collections/{layer}/items/{code}")
            assert without_links(item) == feature
            assert (
                without_links(get(client, f"/collections/{layer}/items/{code}", datetime=now))
                == feature
            )
            external = entity_code.format(code)
            assert get(client, f"/id/{external}", f="geojson") == item
            told = [
                get(client, "/resolve", code=code),
                get(client, "/resolve", code=external, datetime=now),
                get(client, f"/id/{external}"),
            ]
            for said in told:
                assert said["feature"] == feature
                assert said["layer"] == layer
                assert said["state"] == "active"
                for name in ("code", "region_code", "type_code"):
                    assert said[name] == feature["properties"][name]


def test_lists_say_the_same(client: TestClient, items: dict[str, list[dict[str, Any]]]) -> None:
    now = datetime.now(UTC).isoformat()
    for features in items.values():
        for feature in features[:2]:
            point = shapely.geometry.shape(feature["geometry"]).representative_point()
            place = {"lon": str(point.x), "lat": str(point.y), "limit": "1000"}
            here = {"grid": feature["properties"]["beidou_code"][:14], "limit": "1000"}
            for asked in (place, here):
                asked["class"] = feature["properties"]["type_code"]
                for query in (asked, asked | {"datetime": now}):
                    matches = {m["code"]: m for m in get(client, "/resolve", **query)["matches"]}
                    assert matches[feature["id"]]["feature"] == feature
                    listed = get(client, "/resolve", **query, f="geojson")["features"]
                    assert [m["feature"] for m in matches.values()] == listed
