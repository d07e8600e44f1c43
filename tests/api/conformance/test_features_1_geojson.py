"""OGC API - Features 1 (17-069r4), GeoJSON."""

from typing import Any

import jsonschema
import pytest
from documents import collections, get
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson"

_POSITION = {"type": "array", "minItems": 2, "maxItems": 3, "items": {"type": "number"}}
_RING = {"type": "array", "minItems": 4, "items": _POSITION}


def _geometry(name: str, coordinates: Any) -> dict[str, Any]:
    return {
        "required": ["type", "coordinates"],
        "properties": {"type": {"const": name}, "coordinates": coordinates},
    }


def _many(of: Any, least: int = 1) -> dict[str, Any]:
    return {"type": "array", "minItems": least, "items": of}


# What featureGeoJSON.yaml and geometryGeoJSON.yaml demand.
FEATURE: dict[str, Any] = {
    "type": "object",
    "required": ["type", "geometry", "properties"],
    "properties": {
        "type": {"const": "Feature"},
        "id": {"type": ["string", "integer"]},
        "properties": {"type": ["object", "null"]},
        "links": {"type": "array", "items": {"required": ["href", "rel"]}},
        "geometry": {
            "oneOf": [
                _geometry("Point", _POSITION),
                _geometry("MultiPoint", _many(_POSITION)),
                _geometry("LineString", _many(_POSITION, 2)),
                _geometry("MultiLineString", _many(_many(_POSITION, 2))),
                _geometry("Polygon", _many(_RING)),
                _geometry("MultiPolygon", _many(_many(_RING))),
            ]
        },
    },
}
PAGE: dict[str, Any] = {
    "type": "object",
    "required": ["type", "features"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": _many(FEATURE, 0),
        "links": {"type": "array", "items": {"required": ["href", "rel"]}},
        "timeStamp": {"type": "string"},
        "numberMatched": {"type": "integer", "minimum": 0},
        "numberReturned": {"type": "integer", "minimum": 0},
    },
}


def test_definition(client: TestClient, model: TestClient) -> None:
    """/conf/geojson/definition: the media type, by Accept, by `f` and without either"""
    for service in (client, model):
        for each in collections(service):
            here = f"/collections/{each['id']}/items"
            [first] = get(service, here, limit=1)["features"]
            for path in (here, f"{here}/{first['id']}"):
                for accept, f in (("application/geo+json", {}), ("*/*", {}), ("text/html", "json")):
                    query = {"f": f} if f else {}
                    answer = service.get(path, params=query, headers={"Accept": accept})
                    assert answer.headers["content-type"] == "application/geo+json"


@pytest.mark.parametrize("query", [{}, {"crs": "http://www.opengis.net/def/crs/EPSG/0/3857"}])
def test_content(client: TestClient, model: TestClient, query: dict[str, str]) -> None:
    """/conf/geojson/content"""
    for service in (client, model):
        for each in collections(service):
            here = f"/collections/{each['id']}/items"
            page = get(service, here, limit=20, **query)
            jsonschema.validate(page, PAGE)
            jsonschema.validate(get(service, f"{here}/{page['features'][0]['id']}"), FEATURE)
