"""Items in the order of several keys, walked page by page; sortables; tokens."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from commands import Cim
from starlette.testclient import TestClient
from test_filter import Feature, walk

from cim import item_page, registry
from cim.access import ANONYMOUS
from cim.database.connect import engine_of
from cim.database.sql import run
from cim.item_query import Key, Query

ITEMS = "/collections/parcels/items"


@pytest.fixture(scope="module")
def parcels(client: TestClient) -> list[Feature]:
    return list(walk(client, ITEMS, limit=10_000))


def _ordered(parcels: list[Feature], keys: str) -> list[str]:
    """Codes in an order, nulls last; a stable sort by the last key first.

    What is level comes by its code, in the direction of the last key.
    """
    found = sorted(
        parcels, key=lambda f: f["id"], reverse=keys.rsplit(",", maxsplit=1)[-1].startswith("-")
    )
    for key in reversed(keys.split(",")):
        name, down = key.lstrip("+-"), key.startswith("-")
        none = [f for f in found if f["properties"][name] is None]
        some = [f for f in found if f["properties"][name] is not None]
        # `reverse` would turn round what is level
        some.sort(key=lambda f: f["properties"][name], reverse=False)
        if down:
            groups: dict[Any, list[Feature]] = {}
            for feature in some:
                groups.setdefault(feature["properties"][name], []).append(feature)
            some = [f for value in reversed(groups) for f in groups[value]]
        found = some + none
    return [f["id"] for f in found]


@pytest.mark.parametrize(
    "keys",
    ["area_m2", "-area_m2", "landuse,-area_m2", "-landuse,+code", "floor_area_ratio",
     "-floor_area_ratio,landuse,area_m2", "approved,-landuse"],
)  # fmt: skip
def test_pages_follow_each_other_in_order(
    client: TestClient, parcels: list[Feature], keys: str
) -> None:
    found = [f["id"] for f in walk(client, ITEMS, sortby=keys, limit=991)]
    assert found == _ordered(parcels, keys)


def test_an_order_goes_with_a_filter_and_a_box(client: TestClient, parcels: list[Feature]) -> None:
    text, box = "floor_area_ratio IS NULL OR landuse LIKE '07%'", "112.1,31.9,112.2,32.1"
    within = {f["id"] for f in walk(client, ITEMS, bbox=box, filter=text, limit=10_000)}
    some = [f for f in parcels if f["id"] in within]
    query = {"bbox": box, "filter": text, "sortby": "-floor_area_ratio,landuse", "limit": 97}
    found = [f["id"] for f in walk(client, ITEMS, **query)]
    assert found == _ordered(some, "-floor_area_ratio,landuse")
    assert 97 < len(found) < len(parcels)


def test_every_sortable_sorts(client: TestClient) -> None:
    for name in ("parcels", "hydro_stations"):
        answer = client.get(f"/collections/{name}/items?limit=1")
        assert f"/collections/{name}/sortables>" in answer.headers["link"]
        body = client.get(f"/collections/{name}/sortables").json()
        assert body["$id"].endswith("/sortables")
        for each in body["properties"]:
            page = client.get(f"/collections/{name}/items", params={"sortby": f"-{each}"})
            assert page.status_code == 200, each


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"sortby": "geometry"}, "'geometry'"),
        ({"sortby": "area_m2,nothing"}, "key 2"),
        ({"sortby": ""}, "key 1"),
        ({"sortby": "area_m2,-area_m2"}, "once"),
        ({"sortby": "area_m2", "token": "420602990101000000001"}, "given out"),
        ({"sortby": "area_m2", "token": "W10"}, "given out"),
        ({"sortby": "area_m2", "token": "é"}, "given out"),
        ({"token": "W10"}, "given out"),
    ],
)
def test_bad_orders_are_told_what_is_wrong(
    client: TestClient, query: dict[str, str], says: str
) -> None:
    answer = client.get(ITEMS, params=query)
    assert (answer.status_code, says in answer.json()["detail"]) == (400, True), answer.json()


def test_an_index_makes_an_order_quick(cim: Cim, database: str, tmp_path: Path) -> None:
    trees = gpd.GeoDataFrame(
        {"height": [*range(40), *[None] * 10], "名称": [f"树{i % 7}" for i in range(50)]},
        geometry=gpd.points_from_xy([112 + i / 1000 for i in range(50)], [32] * 50),
        crs=4490,
    )
    trees.to_file(tmp_path / "trees.gpkg")
    load = ("layer", "load", tmp_path / "trees.gpkg", "--layer", "trees")
    assert cim(*load, "--division", "420602").status == 0
    assert "trees.名称: indexed" in cim("layer", "index", "trees", "height", "名称").out
    assert "already" in cim("layer", "index", "trees", "height").out
    assert "one of" in cim("layer", "index", "trees", "geom").err
    engine = engine_of(database)
    with engine.connect() as connection:
        layer = registry.read(connection).layers["trees"]
        run(connection, "SET enable_seqscan = off")
        for descending in (True, False):
            query = Query(limit=5, sort=(Key("height", descending),), at=("20",), after="0" * 21)
            sql, values = (page := item_page.page(layer, query, ANONYMOUS)).sql, page.values
            plan = "\n".join(row[0] for row in run(connection, f"EXPLAIN {sql}", *values))
            assert "trees_by_" in plan
            heights = [
                json.loads(row.feature + b"}")["properties"]["height"]
                for row in run(connection, sql, *values)
            ]
            assert heights == ([*range(19, 13, -1)] if descending else [*range(20, 26)])
    engine.dispose()


def test_a_token_is_of_one_order(client: TestClient) -> None:
    page = client.get(f"{ITEMS}?sortby=-area_m2&limit=1").json()
    following = next(link["href"] for link in page["links"] if link["rel"] == "next")
    other = client.get(following.replace("sortby=-area_m2", "sortby=area_m2"))
    assert (other.status_code, "another order" in other.json()["detail"]) == (400, True)
