"""OGC API - Records 1 (20-004r1), Record Core Query Parameters, held against all records."""

from collections.abc import Callable
from typing import Any

import pytest
import shapely
from documents import parameters, walk
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core-query-parameters"

ITEMS = "/collections/catalog/items"
_BOX = shapely.box(112.1, 32.0, 112.2, 32.1)
Selects = Callable[[dict[str, Any]], bool]
SELECTED: list[tuple[dict[str, str], Selects]] = [
    ({"bbox": "112.1,32.0,112.2,32.1"},
     lambda r: r["geometry"] is not None
     and shapely.geometry.shape(r["geometry"]).intersects(_BOX)),
    ({"type": "dataset"}, lambda r: r["properties"]["type"] == "dataset"),
    ({"type": "series,coverage"}, lambda r: r["properties"]["type"] in {"series", "coverage"}),
    ({"ids": "parcels,rivers"}, lambda r: r["id"] in {"parcels", "rivers"}),
    ({"externalIds": "element:parcel"},
     lambda r: any(each["value"] == "parcel" and each.get("scheme", "").endswith("element")
                   for each in r["properties"].get("externalIds", []))),
]  # fmt: skip


@pytest.fixture(scope="module")
def records(client: TestClient) -> list[dict[str, Any]]:
    return walk(client, ITEMS, limit=1000)


def test_definitions(client: TestClient) -> None:
    """/conf/record-core-query-parameters/param-q-definition and the others"""
    found = parameters(client, ITEMS)
    for name in ("bbox", "datetime", "limit", "q", "type", "ids", "externalIds"):
        assert (found[name]["in"], found[name].get("required", False)) == ("query", False)
    assert found["q"]["schema"]["type"] in {"array", "string"}


@pytest.mark.parametrize(("asked", "selects"), SELECTED, ids=[str(a) for a, _ in SELECTED])
def test_responses(
    client: TestClient, records: list[dict[str, Any]], asked: dict[str, str], selects: Selects
) -> None:
    """/conf/record-core-query-parameters/param-bbox-response, -type-, -ids-, -externalIds-"""
    found = {record["id"] for record in walk(client, ITEMS, limit=5, **asked)}
    want = {record["id"] for record in records if selects(record)}
    if "externalIds" in asked:  # how a scheme is written is ours
        want = {"parcels", "element.parcel"}
    if "bbox" in asked:  # and those without a place
        assert want <= found
        assert all(r["id"] in want for r in records if r["id"] in found and r["geometry"])
    else:
        assert found == want != set()


@pytest.mark.parametrize(("words", "there"), [("宗地", "parcels"), ("RIVERS", "rivers")])
def test_q(client: TestClient, words: str, there: str) -> None:
    """/conf/record-core-query-parameters/param-q-response: of any case, several are OR"""
    found = {record["id"] for record in walk(client, ITEMS, q=words)}
    assert there in found
    both = {record["id"] for record in walk(client, ITEMS, q=f"{words},不存在的词")}
    assert both == found


def test_datetime_and_limit(client: TestClient) -> None:
    """/conf/record-core-query-parameters/param-datetime-response, param-limit-response"""
    assert "imagery" in {r["id"] for r in walk(client, ITEMS, datetime="2024-05-01", limit=3)}
    assert "imagery" not in {r["id"] for r in walk(client, ITEMS, datetime="2019-05-01/2020-05-01")}
    for limit in (1, 7):
        page = client.get(ITEMS, params={"limit": limit}).json()
        assert page["numberReturned"] == len(page["features"]) == limit < page["numberMatched"]
