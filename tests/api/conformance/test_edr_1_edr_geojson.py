"""OGC API - EDR 1.1 (19-086r6), EDR GeoJSON."""

from typing import Any

import jsonschema
import pytest
from documents import get
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/edr-geojson"

STATIONS = "/collections/hydro_stations"
HOURS = "2024-07-14T00:00:00Z/2024-07-14T02:00:00Z"
# edrFeatureCollectionGeoJSON.yaml, edrProperties.yaml
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "features"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "parameters": {
            "type": "array",
            "items": {
                "required": ["type", "observedProperty"],
                "properties": {"type": {"const": "Parameter"}},
            },
        },
        "features": {
            "type": "array",
            "minItems": 1,
            "items": {
                "required": ["type", "geometry", "properties"],
                "properties": {
                    "type": {"const": "Feature"},
                    "properties": {
                        "required": ["datetime", "parameter-name", "label", "edrqueryendpoint"],
                        "properties": {
                            "datetime": {"type": "string"},
                            "label": {"type": "string"},
                            "parameter-name": {"type": "array", "items": {"type": "string"}},
                            "edrqueryendpoint": {"type": "string"},
                        },
                    },
                },
            },
        },
    },
}


def _paths(client: TestClient) -> list[str]:
    first = get(client, f"{STATIONS}/locations")["features"][0]["id"]
    series = f"f=GeoJSON&datetime={HOURS}"
    return [
        f"{STATIONS}/locations",
        f"{STATIONS}/locations/{first}?{series}",
        f"{STATIONS}/position?coords=POINT(112.135 32.0275)&{series}",
    ]


@pytest.mark.parametrize("which", range(3))
def test_definition_and_content(client: TestClient, which: int) -> None:
    """/conf/edr-geojson/definition, content"""
    answer = client.get(_paths(client)[which]).raise_for_status()
    assert answer.headers["content-type"] == "application/geo+json"
    jsonschema.validate(answer.json(), SCHEMA)


def test_endpoints_answer(client: TestClient) -> None:
    """The address of each feature is one of a query, and its parameters are told."""
    page = get(client, f"{STATIONS}/locations")
    told = {each["id"] for each in page["parameters"]}
    for feature in page["features"]:
        assert set(feature["properties"]["parameter-name"]) <= told
        endpoint = feature["properties"]["edrqueryendpoint"].removeprefix("http://testserver")
        assert client.get(endpoint, params={"datetime": HOURS}).status_code == 200
