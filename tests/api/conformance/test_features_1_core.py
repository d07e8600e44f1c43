"""OGC API - Features 1 (17-069r4), Core: Annex A.2, as the executable test suite has it, too."""

from datetime import UTC, datetime
from typing import Any

import pytest
import shapely
from documents import collections, get, hrefs, html, pages, parameters, walk
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"

GEOJSON = {"Accept": "application/geo+json"}
# The meridian, the equator, the antimeridian and the poles, as the test suite of the OGC asks.
BOXES = ("-1.5,50,1.5,53", "-80,-5,-70,5", "177,65,-177,70", "-180,85,180,90", "-180,-90,180,-85")


@pytest.fixture(scope="module")
def layers(client: TestClient) -> list[dict[str, Any]]:
    return collections(client)


def test_http_and_root(client: TestClient) -> None:
    """/conf/core/http, root-op, root-success, api-definition-op, conformance-op"""
    body = get(client, "/")
    for rel in ("service-desc", "conformance", "data"):
        assert hrefs(body, rel)
    assert CLASS in get(client, hrefs(body, "conformance")[0])["conformsTo"]


def test_fc_md(client: TestClient, layers: list[dict[str, Any]]) -> None:
    """/conf/core/fc-md-op, fc-md-success, fc-md-links, fc-md-items, fc-md-items-links"""
    body = get(client, "/collections")
    for rel, kind in (("self", "application/json"), ("alternate", "text/html")):
        assert hrefs(body, rel, kind)
    assert len(layers) >= 8
    for layer in layers:
        assert hrefs(layer, "items", "application/geo+json")
        assert hrefs(layer, "items", "text/html")
        assert all({"rel", "type"} <= link.keys() for link in layer["links"])


def test_fc_md_extent(client: TestClient, layers: list[dict[str, Any]]) -> None:
    """/conf/core/fc-md-extent: every feature is in it"""
    for layer in layers:
        whole = shapely.box(*layer["extent"]["spatial"]["bbox"][0]).buffer(1e-6)
        page = get(client, f"/collections/{layer['id']}/items", limit=200)
        shapes = [shapely.geometry.shape(f["geometry"]) for f in page["features"]]
        assert all(shape.within(whole) for shape in shapes), layer["id"]


def test_sfc_md(client: TestClient, layers: list[dict[str, Any]]) -> None:
    """/conf/core/sfc-md-op, sfc-md-success: what the list said of it"""
    for layer in layers:
        alone = get(client, f"/collections/{layer['id']}")
        for name in ("id", "title", "description", "extent"):
            assert alone.get(name) == layer.get(name)


def test_fc_op_and_response(client: TestClient, layers: list[dict[str, Any]]) -> None:
    """/conf/core/fc-op, fc-response, fc-links, fc-rel-type, fc-timeStamp, crs84"""
    for layer in layers:
        before = datetime.now(UTC).replace(microsecond=0)
        answer = client.get(f"/collections/{layer['id']}/items", headers=GEOJSON)
        page = answer.raise_for_status().json()
        assert answer.headers["content-type"] == "application/geo+json"
        assert page["type"] == "FeatureCollection"
        assert before <= datetime.fromisoformat(page["timeStamp"]) <= datetime.now(UTC)
        assert page["numberReturned"] == len(page["features"]) > 0
        for rel, kind in (("self", "application/geo+json"), ("alternate", "text/html")):
            assert hrefs(page, rel, kind)
        assert all({"rel", "type"} <= link.keys() for link in page["links"])
        for feature in page["features"]:
            west, south, east, north = shapely.geometry.shape(feature["geometry"]).bounds
            assert -180 <= west <= east <= 180
            assert -90 <= south <= north <= 90


def test_fc_number_matched_and_returned(client: TestClient) -> None:
    """/conf/core/fc-numberMatched, fc-numberReturned: exact on every page, or absent"""
    for query in ({}, {"bbox": "112.13,32.0,112.15,32.02"}, {"landuse": "0801"}):
        features, told = [], set()
        for page in pages(client, "/collections/parcels/items", limit=900, **query):
            assert page["numberReturned"] == len(page["features"])
            told.add(page.get("numberMatched"))
            features += page["features"]
        assert told <= {None, len(features)}
        assert len({feature["id"] for feature in features}) == len(features) > 0


def test_parameter_definitions(client: TestClient, layers: list[dict[str, Any]]) -> None:
    """/conf/core/fc-limit-definition, fc-bbox-definition, fc-time-definition"""
    for layer in layers:
        found = parameters(client, f"/collections/{layer['id']}/items")
        for name in ("limit", "bbox", "datetime"):
            one = found[name]
            assert (one["in"], one.get("required", False)) == ("query", False)
            assert (one["style"], one["explode"]) == ("form", False)
        limit, bbox = found["limit"]["schema"], found["bbox"]["schema"]
        assert limit["type"] == "integer"
        assert 1 <= limit["minimum"] <= limit["default"] <= limit["maximum"]
        assert (bbox["type"], bbox["items"]["type"]) == ("array", "number")
        sizes = [(each["minItems"], each["maxItems"]) for each in bbox["oneOf"]]
        assert sizes == [(4, 4), (6, 6)]
        assert found["datetime"]["schema"]["type"] == "string"


def test_fc_limit_response(client: TestClient, layers: list[dict[str, Any]]) -> None:
    """/conf/core/fc-limit-response-1, -2"""
    for layer in layers:
        here = f"/collections/{layer['id']}/items"
        most = parameters(client, here)["limit"]["schema"]["maximum"]
        for limit in (1, 100) if layer["id"] != "reservoirs" else (1, 100, most, most + 1):
            answer = client.get(here, params={"limit": limit})
            assert answer.status_code == 200
            assert len(answer.json()["features"]) <= min(limit, most)


@pytest.mark.parametrize("box", BOXES)
def test_fc_bbox_response_elsewhere(client: TestClient, box: str) -> None:
    """/conf/core/fc-bbox-response"""
    for layer in ("parcels", "rivers", "hydro_stations"):
        assert get(client, f"/collections/{layer}/items", bbox=box)["features"] == []


def test_fc_bbox_response(model: TestClient) -> None:
    """/conf/core/fc-bbox-response: points, lines and polygons, with heights, over 180 degrees"""
    for layer in ("places", "streets", "areas"):
        here = f"/collections/{layer}/items"
        every = walk(model, here, limit=1000)
        for box in ((112.005, 31.99, 112.024, 32.014), (112.01, 32.0, 112.02, 32.01)):
            asked = shapely.box(*box)
            want = [
                f["id"] for f in every if shapely.geometry.shape(f["geometry"]).intersects(asked)
            ]
            flat = ",".join(map(str, box))
            high = ",".join(map(str, (*box[:2], -5, *box[2:], 5)))
            for text in (flat, high):
                assert [f["id"] for f in walk(model, here, bbox=text, limit=3)] == want != []
        whole = walk(model, here, bbox="111,-90,-170,90", limit=1000)
        assert [f["id"] for f in whole] == [f["id"] for f in every]


def test_fc_time_response(client: TestClient, layers: list[dict[str, Any]]) -> None:
    """/conf/core/fc-time-response: instants, intervals, open ends, durations"""
    for layer in layers:
        here, (begin, _) = (
            f"/collections/{layer['id']}/items",
            layer["extent"]["temporal"]["interval"][0],
        )
        for time, there in (
            (f"{begin}/..", True),
            ("../2999-01-01T00:00:00Z", True),
            ("2999-01-01T00:00:00Z", True),
            ("1990-01-01T00:00:00Z", False),
            ("1990-01-01T00:00:00Z/1990-03-18T12:31:12Z", False),
            ("1990-01-01/P2D", False),
            ("1990-01-01T00:00:00Z/P1M6DT12H31M12S", False),
        ):
            page = get(client, here, datetime=time)
            assert bool(page["features"]) is there, (layer["id"], time)


@pytest.mark.parametrize(
    "query",
    ["unknownParameter12345=1", "limit=unlimited", "bbox=1,2,3", "datetime=x", "Limit=1"],
)
def test_query_params(client: TestClient, layers: list[dict[str, Any]], query: str) -> None:
    """/conf/core/query-param-invalid, query-param-unknown"""
    for layer in layers:
        assert client.get(f"/collections/{layer['id']}/items?{query}").status_code == 400
    assert client.get(f"/collections?{query}").status_code == 400


def test_f(client: TestClient, layers: list[dict[str, Any]]) -> None:
    """/conf/core/f-op, f-success, f-links"""
    for layer in layers:
        [first] = get(client, f"/collections/{layer['id']}/items", limit=1)["features"]
        path = f"/collections/{layer['id']}/items/{first['id']}"
        answer = client.get(path, headers=GEOJSON).raise_for_status()
        assert answer.headers["content-type"] == "application/geo+json"
        feature = answer.json()
        assert {**feature, "links": None} == {**first, "links": None}
        assert hrefs(feature, "self", "application/geo+json") == [path]
        assert hrefs(feature, "alternate", "text/html")
        assert hrefs(feature, "collection", "application/json") == [f"/collections/{layer['id']}"]
        html(client, hrefs(feature, "alternate", "text/html")[0])
        assert client.get(f"{path}0").status_code == 404
    assert client.get("/collections/dUmmYColLection/items").status_code == 404
