"""Items of a collection: pages, filters, bad questions, one item; against the rows themselves."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import shapely
from sqlalchemy import text
from starlette.testclient import TestClient

from cim.database.connect import engine_of
from cim.settings import Settings

ITEMS = "/collections/parcels/items"


@pytest.fixture(scope="module")
def parcels(city: Settings) -> dict[str, Any]:
    """Geometry and land use of every parcel by code, read straight from the table."""
    engine = engine_of(str(city.database_url))
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT code, ST_AsBinary(geom), landuse FROM layer.parcels")
        )
        found = {code: (shapely.from_wkb(bytes(wkb)), landuse) for code, wkb, landuse in rows}
    engine.dispose()
    return found


def walk(client: TestClient, url: str) -> Iterator[dict[str, Any]]:
    while url:
        page = client.get(url).raise_for_status().json()
        assert page["numberReturned"] == len(page["features"])
        yield from page["features"]
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")


def test_next_links_walk_the_layer_exactly_once(
    client: TestClient, parcels: dict[str, Any]
) -> None:
    seen = [feature["id"] for feature in walk(client, f"{ITEMS}?limit=1000")]
    assert len(seen) == len(parcels) >= 5000
    assert set(seen) == set(parcels)


def test_links_have_the_host_of_the_request(client: TestClient) -> None:
    page = client.get(f"{ITEMS}?limit=1", headers={"Host": "cim.example:8080"}).json()
    assert all(link["href"].startswith("http://cim.example:8080/") for link in page["links"])


def test_bbox_gives_what_intersects_it(client: TestClient, parcels: dict[str, Any]) -> None:
    west, south, east, north = next(iter(parcels.values()))[0].buffer(0.004).bounds
    box = shapely.box(west, south, east, north)
    expected = {code for code, (geometry, _) in parcels.items() if geometry.intersects(box)}
    found = {f["id"] for f in walk(client, f"{ITEMS}?bbox={west},{south},{east},{north}&limit=7")}
    assert found == expected
    assert len(expected) > 14
    over_the_antimeridian = f"{ITEMS}?bbox={west},-90,-170,90&limit=10000"
    east_of = {code for code, (geometry, _) in parcels.items() if geometry.bounds[2] >= west}
    assert {f["id"] for f in walk(client, over_the_antimeridian)} == east_of


def test_property_filters(client: TestClient, parcels: dict[str, Any]) -> None:
    uses = sorted({landuse for _, landuse in parcels.values()})
    for use in itertools.islice(uses, 3):
        expected = {code for code, (_, landuse) in parcels.items() if landuse == use}
        assert {f["id"] for f in walk(client, f"{ITEMS}?landuse={use}&limit=1000")} == expected
    assert client.get(f"{ITEMS}?landuse=none").json()["features"] == []
    county = {code for code in parcels if code.startswith("420606")}
    assert {f["id"] for f in walk(client, f"{ITEMS}?region_code=420606&limit=5000")} == county


def test_number_matched_is_exact_or_absent(client: TestClient, parcels: dict[str, Any]) -> None:
    assert client.get(f"{ITEMS}?limit=1").json()["numberMatched"] == len(parcels)
    west, south, east, north = next(iter(parcels.values()))[0].buffer(0.004).bounds
    page = client.get(f"{ITEMS}?bbox={west},{south},{east},{north}&limit=1").json()
    assert "numberMatched" not in page


def test_one_item_is_the_one_in_the_page(client: TestClient) -> None:
    feature = client.get(f"{ITEMS}?limit=1").json()["features"][0]
    answer = client.get(f"{ITEMS}/{feature['id']}")
    assert answer.headers["content-type"] == "application/geo+json"
    item = answer.json()
    assert {rel["rel"] for rel in item.pop("links")} >= {"self", "collection"}
    assert item == feature
    assert set(item["properties"]) >= {"code", "region_code", "type_code", "beidou_code", "landuse"}


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("limit=0", "limit"),
        ("limit=ten", "limit"),
        ("bbox=1,2,3", "bbox"),
        ("bbox=112,33,113,32", "bbox"),
        ("bbox=1,2,nan,4", "bbox"),
        ("bbox=4490000,1,4490001,2", "bbox"),
        ("datetime=yesterday", "datetime"),
        ("datetime=2025-01-02/2025-01-01", "datetime"),
        ("datetime=2025-13-01", "datetime"),
        ("token=next", "token"),
        ("landuze=0101", "landuze"),
        ("limit=1&limit=2", "limit"),
        ("area_m2=big", "big"),
        ("f=xml", "'xml'"),
    ],
)
def test_bad_questions_are_told_what_is_wrong(client: TestClient, query: str, says: str) -> None:
    answer = client.get(f"{ITEMS}?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 400
    assert says in problem["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/collections/nothing",
        "/collections/nothing/items",
        f"{ITEMS}/42",
        f"{ITEMS}/{'9' * 21}",
        "/nothing",
    ],
)
def test_what_is_not_there_is_a_404(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_limit_above_the_maximum_is_the_maximum(
    client: TestClient, parcels: dict[str, Any]
) -> None:
    page = client.get(f"{ITEMS}?limit=1000000").json()
    assert page["numberReturned"] == min(10_000, len(parcels))


def test_now_is_the_present(client: TestClient) -> None:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    for query in ("limit=50", "limit=50&bbox=112.1,32,112.2,32.1", "limit=50&landuse=1401"):
        present = client.get(f"{ITEMS}?{query}").json()["features"]
        assert present
        for time in (now, f"../{now}"):
            page = client.get(f"{ITEMS}?{query}&datetime={time}")
            assert page.json()["features"] == present, time
    assert client.get(f"{ITEMS}?datetime=2000-01-01").json()["numberMatched"] == 0
