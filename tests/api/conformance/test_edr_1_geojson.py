"""OGC API - EDR 1.1 (19-086r6), GeoJSON: locations, and what is measured there."""

import jsonschema
from documents import get, walk
from starlette.testclient import TestClient
from test_features_1_geojson import FEATURE, PAGE

CLASS = "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/geojson"

STATIONS = "/collections/hydro_stations"
HOURS = "2024-07-14T00:00:00Z/2024-07-14T02:00:00Z"


def test_definition(client: TestClient) -> None:
    """/conf/geojson/definition"""
    for query in ({}, {"f": "GeoJSON"}):
        answer = client.get(f"{STATIONS}/locations", params=query).raise_for_status()
        assert answer.headers["content-type"] == "application/geo+json"


def test_content(client: TestClient) -> None:
    """/conf/geojson/content"""
    locations = get(client, f"{STATIONS}/locations")
    jsonschema.validate(locations, PAGE)
    assert len(walk(client, f"{STATIONS}/locations", limit=2)) == 5
    first = locations["features"][0]["id"]
    page = get(client, f"{STATIONS}/locations/{first}", datetime=HOURS, f="GeoJSON")
    jsonschema.validate(page, PAGE)
    assert len(page["features"]) > 5
    for feature in page["features"]:
        jsonschema.validate(feature, FEATURE)
