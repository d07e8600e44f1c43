"""OGC API - Features 3 (19-079r2), Features Filter: filters on items of every collection."""

import numpy as np
import pyproj
import pytest
from documents import collections, get, walk
from predicates import LANGS, query
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter"

_BOX = "S_INTERSECTS(geometry,BBOX({}))"


@pytest.mark.parametrize("lang", LANGS)
def test_filter_on_items(client: TestClient, lang: str) -> None:
    """/conf/features-filter/filter-on-items: filter-param, with each queryable"""
    for each in collections(client):
        here = f"/collections/{each['id']}/items"
        for name in get(client, f"/collections/{each['id']}/queryables")["properties"]:
            for text, none in ((f'"{name}" IS NULL', True), (f'"{name}" IS NOT NULL', False)):
                answer = client.get(here, params=query(text, lang, limit=5))
                assert answer.status_code == 200
                assert answer.headers["content-type"] == "application/geo+json"
                for feature in answer.json()["features"]:
                    if name in feature["properties"]:
                        assert (feature["properties"][name] is None) is none
        refused = {"filter": "THIS IS NOT A FILTER", "filter-lang": lang}
        assert client.get(here, params=refused).status_code == 400


@pytest.mark.parametrize("layer", ["places", "streets", "areas"])
def test_the_whole_box_in_every_crs(model: TestClient, layer: str) -> None:
    """/conf/features-filter/filter-on-items: filter-crs-wgs84, filter-crs-param"""
    here, told = f"/collections/{layer}/items", get(model, f"/collections/{layer}")
    every = [f["id"] for f in walk(model, here, limit=1000)]
    west, south, east, north = told["extent"]["spatial"]["bbox"][0]
    for uri in told["crs"]:
        box: tuple[float, ...] = (west, south, east, north)
        if "/EPSG/" in uri:
            transformer = pyproj.Transformer.from_crs(4490, int(uri.rpartition("/")[2]))
            box = transformer.transform_bounds(south, west, north, east)
        margin = 1 if max(box) > 180 else 1e-9  # metres: 20 degrees away its sides are bent
        low, high = np.array(box[:2]) - margin, np.array(box[2:]) + margin
        text = _BOX.format(",".join(f"{n:.10f}" for n in (*low, *high)))
        found = walk(model, here, filter=text, limit=1000, **{"filter-crs": uri})
        assert [f["id"] for f in found] == every, uri


def test_mixing_expressions(model: TestClient) -> None:
    """/conf/features-filter/filter-on-items: mixing-expression, by AND"""
    here, whole = "/collections/areas/items", _BOX.format("111,31,113,33")
    part = "112.005,31.995,112.012,32.005"
    boxed = walk(model, here, bbox=part, limit=1000)
    assert walk(model, here, bbox=part, filter=whole, limit=1000) == boxed != []
    assert walk(model, here, bbox="10,10,11,11", filter=whole) == []
    assert walk(model, here, n="3", filter="n > 3") == []
    [one] = walk(model, here, n="3", filter="n < 4", bbox="111,31,113,33")
    assert one["properties"]["n"] == 3


def test_unknown_queryables_are_refused(model: TestClient) -> None:
    """/conf/features-filter/filter-on-items: expression-construction"""
    for layer in ("places", "streets", "areas"):
        asked = {"filter": "this_is_not_a_queryable IS NULL"}
        assert model.get(f"/collections/{layer}/items", params=asked).status_code == 400
