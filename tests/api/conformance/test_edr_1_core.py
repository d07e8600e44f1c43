"""OGC API - EDR 1.1 (19-086r6), Core: what every EDR service has."""

from documents import CRS84, collections, get, hrefs
from openapi_spec_validator import validate
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/core"


def test_root_api_and_conformance(client: TestClient) -> None:
    """/conf/core/root-op, root-success, api-definition, api-definition-success, conformance"""
    body = get(client, "/")
    for rel in ("service-desc", "service-doc", "conformance", "data"):
        assert hrefs(body, rel)
    validate(get(client, hrefs(body, "service-desc")[0]))
    assert CLASS in get(client, hrefs(body, "conformance")[0])["conformsTo"]


def test_crs84(client: TestClient) -> None:
    """/conf/core/crs84: coordinates are longitude, latitude where nobody asks otherwise"""
    [stations] = [each for each in collections(client) if "data_queries" in each]
    assert stations["crs"][0] == CRS84
    west, south, east, north = stations["extent"]["spatial"]["bbox"][0]
    here = f"/collections/{stations['id']}/locations"
    for feature in get(client, here)["features"]:
        lon, lat = feature["geometry"]["coordinates"][:2]
        assert west <= lon <= east
        assert south <= lat <= north
        assert get(client, here, crs="CRS84")["features"]


def test_unknown_parameters_and_values_are_refused(client: TestClient) -> None:
    """/conf/core/http, query-param-unknown, query-param-invalid"""
    here = "/collections/hydro_stations"
    for path in ("locations?nothing=1", "position?coords=POINT(112.135 32.0275)&nothing=1",
                 "position?coords=POINT(x y)", "locations?datetime=soon", "locations?crs=EPSG:1",
                 "locations?bbox=1,2,3", "position"):  # fmt: skip
        assert client.get(f"{here}/{path}").status_code == 400, path
