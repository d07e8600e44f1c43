"""OGC API - Features 2 (18-058r1), CRS: axes as they are registered; against pyproj."""

import itertools
import re
from functools import cache
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from documents import CRS84, collections, get, parameters
from model_layers import LAYERS
from numpy.typing import NDArray
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs"

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84H = "http://www.opengis.net/def/crs/OGC/0/CRS84h"
NAMED = (CRS84, CRS84H, *(f"{EPSG}{n}" for n in (4326, 3857, 4258, 4490, 4546, 4547, 4525)))


@pytest.fixture(scope="module")
def offered(model: TestClient) -> list[str]:
    found: list[str] = get(model, "/collections/places")["crs"]
    return found


@cache
def _transformer(uri: str) -> pyproj.Transformer | None:
    """From CGCS2000 (latitude, longitude) to a CRS, in the order registered for it."""
    if "/EPSG/" not in uri:
        return None
    return pyproj.Transformer.from_crs(4490, int(uri.rpartition("/")[2]))


def _moved(lon_lat: NDArray[Any], uri: str) -> NDArray[Any]:
    transformer = _transformer(uri)
    if transformer is None:
        return lon_lat
    return np.column_stack(transformer.transform(lon_lat[:, 1], lon_lat[:, 0]))


def _metric(uri: str) -> bool:
    return "/EPSG/" in uri and pyproj.CRS.from_epsg(int(uri.rpartition("/")[2])).is_projected


def _shapes(features: list[dict[str, Any]]) -> NDArray[Any]:
    return shapely.get_coordinates([shapely.geometry.shape(f["geometry"]) for f in features])


def test_crs_uri_and_lists(client: TestClient, model: TestClient) -> None:
    """/conf/crs/crs-uri, fc-md-crs-list, fc-md-storageCrs, default-crs"""
    for service in (client, model):
        for each in collections(service):
            assert each["crs"][0] == CRS84
            assert set(NAMED) <= set(each["crs"])
            assert len(each["crs"]) == len(set(each["crs"]))
            assert each["storageCrs"] in each["crs"]
            for uri in (*each["crs"], each["storageCrs"]):
                assert re.fullmatch(
                    r"http://www\.opengis\.net/def/crs/(OGC/(1\.3|0)/CRS84h?|EPSG/0/\d+)", uri
                )
                if "/EPSG/" in uri:
                    pyproj.CRS.from_epsg(int(uri.rpartition("/")[2]))
    assert model.get("/collections/areas").json()["storageCrs"] == f"{EPSG}4490"


@pytest.mark.parametrize("layer", LAYERS)
def test_default_and_content_crs(model: TestClient, layer: str) -> None:
    """/conf/crs/crs-parameter-default, ogc-crs-header, ogc-crs-header-value"""
    here = f"/collections/{layer}/items"
    plain = model.get(here)
    first = plain.json()["features"][0]["id"]
    for path in (here, f"{here}/{first}"):
        answer = model.get(path)
        assert answer.headers["content-crs"] == f"<{CRS84}>"
        named = model.get(path, params={"crs": CRS84})
        assert named.headers["content-crs"] == f"<{CRS84}>"
        assert {**named.json(), "links": 0, "timeStamp": 0} == {
            **answer.json(),
            "links": 0,
            "timeStamp": 0,
        }


@pytest.mark.parametrize("layer", LAYERS)
def test_crs_parameter(model: TestClient, offered: list[str], layer: str) -> None:
    """/conf/crs/crs-parameter, crs-parameter-transform: items and one of them, in every CRS"""
    here = f"/collections/{layer}/items"
    plain = get(model, here, limit=100)["features"]
    lon_lat = _shapes(plain)
    for uri in offered:
        answer = model.get(here, params={"limit": 100, "crs": uri}).raise_for_status()
        assert answer.headers["content-crs"] == f"<{uri}>"
        moved = answer.json()["features"]
        assert [f["id"] for f in moved] == [f["id"] for f in plain]
        near = 1e-3 if _metric(uri) else 2e-8
        np.testing.assert_allclose(_shapes(moved), _moved(lon_lat, uri), rtol=0, atol=near)
        one = model.get(f"{here}/{moved[0]['id']}", params={"crs": uri})
        assert one.headers["content-crs"] == f"<{uri}>"
        assert one.json()["geometry"] == moved[0]["geometry"]


@pytest.mark.parametrize("name", ["crs", "bbox-crs"])
@pytest.mark.parametrize(
    "uri",
    [
        "http://www.opengis.net/def/crs/OGC/0/does_not_exist",
        f"{EPSG}0",
        f"{EPSG}27700",
        "http://example.org/crs/84",
        "",
        "4326",
    ],
)
def test_invalid(model: TestClient, name: str, uri: str) -> None:
    """/conf/crs/crs-parameter-invalid, bbox-crs-parameter-invalid"""
    for layer in LAYERS:
        answer = model.get(
            f"/collections/{layer}/items", params={name: uri, "bbox": "112,31,113,33"}
        )
        assert answer.status_code == 400
        assert name in answer.json()["detail"]
    if name == "crs":
        [first] = get(model, "/collections/places/items", limit=1)["features"]
        answer = model.get(f"/collections/places/items/{first['id']}", params={"crs": uri})
        assert answer.status_code == 400


@pytest.mark.parametrize("layer", LAYERS)
def test_bbox_crs_parameter(model: TestClient, offered: list[str], layer: str) -> None:
    """/conf/crs/bbox-crs-parameter: the whole extent, in every CRS, has every feature"""
    here = f"/collections/{layer}/items"
    every = [f["id"] for f in get(model, here, limit=1000)["features"]]
    west, south, east, north = get(model, f"/collections/{layer}")["extent"]["spatial"]["bbox"][0]
    for uri in offered:
        transformer = _transformer(uri)
        box: Any = (west, south, east, north)
        if transformer is not None:
            box = transformer.transform_bounds(south, west, north, east)
            if uri not in NAMED:  # 20 degrees away the sides of a box are bent
                box = (box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1)
        text = ",".join(f"{n:.9f}" for n in box)
        found = get(model, here, bbox=text, limit=1000, **{"bbox-crs": uri})["features"]
        assert [f["id"] for f in found] == every, uri


@pytest.mark.parametrize("uri", NAMED)
def test_bbox_crs_selects_the_same(model: TestClient, uri: str) -> None:
    """/conf/crs/bbox-crs-parameter: a part of it, whose edges meet no point"""
    corners = np.array([(112.005, 31.995), (112.024, 32.016)])
    low, high = np.sort(_moved(corners, uri), axis=0)
    text = ",".join(str(n) for n in (*low, *high))
    here = "/collections/places/items"
    found = get(model, here, bbox=text, limit=1000, **{"bbox-crs": uri})["features"]
    plain = get(model, here, bbox="112.005,31.995,112.024,32.016", limit=1000)["features"]
    assert [f["id"] for f in found] == [f["id"] for f in plain] != []
    swapped = ",".join(str(n) for n in itertools.chain(low[::-1], high[::-1]))
    answer = model.get(here, params={"bbox": swapped, "bbox-crs": uri, "limit": 1000})
    if answer.status_code == 200:  # the other order of axes is another place
        assert answer.json()["features"] == []


def test_bbox_crs_default_and_crs_go_together(model: TestClient) -> None:
    """/conf/crs/bbox-crs-parameter-default; `crs` does not say what `bbox` is in"""
    here, box = "/collections/areas/items", "112.005,31.995,112.024,32.016"
    plain = get(model, here, bbox=box, limit=1000)["features"]
    named = get(model, here, bbox=box, limit=1000, **{"bbox-crs": CRS84})["features"]
    moved = get(model, here, bbox=box, limit=1000, crs=f"{EPSG}4547")["features"]
    assert plain == named != []
    assert [f["id"] for f in moved] == [f["id"] for f in plain]


def test_parameter_definitions(client: TestClient) -> None:
    """/conf/crs/fc-bbox-crs-definition, fc-crs-definition"""
    for each in collections(client):
        for name in ("crs", "bbox-crs"):
            one = parameters(client, f"/collections/{each['id']}/items")[name]
            assert (one["in"], one.get("required", False)) == ("query", False)
            assert one["schema"]["type"] == "string"
            assert set(one["schema"]["enum"]) == set(each["crs"])
