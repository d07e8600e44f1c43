"""OGC API - Features 8 (draft 24-030), Sorting: the parameter `sortby`."""

from typing import Any

import pytest
from documents import get, walk
from model_layers import LAYERS
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/sorting"


def _ordered(features: list[dict[str, Any]], name: str, down: bool) -> list[Any]:
    values = [feature["properties"].get(name) for feature in features]
    known = sorted((each for each in values if each is not None), reverse=down)
    return [*known, *[None] * (len(values) - len(known))]


@pytest.mark.parametrize("layer", LAYERS)
def test_sortby_param(model: TestClient, layer: str) -> None:
    """/conf/sorting/sortby-param: by each sortable, both ways; an order that is none is refused"""
    here = f"/collections/{layer}/items"
    plain = walk(model, here, limit=1000)
    for name in get(model, f"/collections/{layer}/sortables")["properties"]:
        for sign in ("", "+", "-"):
            found = walk(model, here, limit=1000, sortby=f"{sign}{name}")
            assert {f["id"] for f in found} == {f["id"] for f in plain}
            values = [feature["properties"].get(name) for feature in found]
            assert values == _ordered(plain, name, sign == "-"), (name, sign)
    for wrong in ("THIS IS NOT A SORTBY EXPRESSION", "", "-", "geometry"):
        assert model.get(here, params={"sortby": wrong}).status_code == 400


def test_several_keys(model: TestClient) -> None:
    """/req/sorting/sortby-response: the next key tells what is level in the one before"""
    found = walk(model, "/collections/places/items", sortby="-active,founded,n", limit=7)
    keys = [
        (
            {True: 0, False: 1, None: 2}[p["active"]],
            p["founded"] is None,
            p["founded"] or "",
            p["n"],
        )
        for p in (feature["properties"] for feature in found)
    ]
    assert keys == sorted(keys)
    assert len(keys) == len(LAYERS["places"])


@pytest.mark.parametrize("layer", LAYERS)
def test_expression_construction(model: TestClient, layer: str) -> None:
    """/conf/sorting/expression-construction"""
    assert get(model, f"/collections/{layer}/sortables")["additionalProperties"] is False
    asked = {"sortby": "this_is_not_a_sortable"}
    assert model.get(f"/collections/{layer}/items", params=asked).status_code == 400


def test_sortby_order_default(client: TestClient) -> None:
    """/conf/sorting/sortby-order-default: that of the catalogue, which tells one"""
    [order] = get(client, "/collections/catalog")["defaultSortOrder"]
    assert (order["field"], order["direction"]) == ("updated", "desc")
    found = get(client, "/collections/catalog/items", limit=1000)["features"]
    assert len(found) > 10
    times = [record["properties"].get("updated") or "" for record in found]  # none comes last
    assert times == sorted(times, reverse=True)
