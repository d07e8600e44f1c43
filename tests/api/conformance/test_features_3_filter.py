"""OGC API - Features 3 (19-079r2), Filter: the parameters, whatever they filter."""

import pytest
from documents import CRS84, get, parameters
from predicates import LANGS, query
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter"

_TILE = "/collections/parcels/tiles/WebMercatorQuad/14/6650/13294"
# Every resource that takes a filter, with a queryable of its own.
RESOURCES = {
    "/collections/parcels/items": "landuse",
    "/collections/catalog/items": "title",
    "/collections/imagery/items": "id",
    "/resolve?grid=N49I80081": "landuse",
    "/resolve?lon=112.14&lat=32.012": "landuse",
    _TILE: "landuse",
    "/tiles/WebMercatorQuad/14/6650/13294": "landuse",
}


def _status(client: TestClient, path: str, **asked: str) -> int:
    place, _, fixed = path.partition("?")
    given = dict(each.split("=") for each in fixed.split("&")) if fixed else {}
    return client.get(place, params={**given, **asked}).status_code


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("path", RESOURCES)
def test_filter_param(client: TestClient, path: str, lang: str) -> None:
    """/conf/filter/filter-param: a filter that is none is refused everywhere"""
    name = RESOURCES[path]
    for text in (f"{name} IS NULL", f"{name} IS NOT NULL"):
        assert _status(client, path, **query(text, lang)) in {200, 204}, text
    refused = {"filter": "THIS IS NOT A FILTER", "filter-lang": lang}
    assert _status(client, path, **refused) == 400


@pytest.mark.parametrize("path", RESOURCES)
def test_filter_lang_default(client: TestClient, path: str) -> None:
    """/conf/filter/filter-lang-default: CQL2 text"""
    assert _status(client, path, filter=f"{RESOURCES[path]} IS NOT NULL") in {200, 204}
    assert _status(client, path, filter="THIS IS NOT A FILTER") == 400
    assert _status(client, path, filter="1 = 1", **{"filter-lang": "sql"}) == 400


@pytest.mark.parametrize("path", RESOURCES)
def test_expression_construction(client: TestClient, path: str) -> None:
    """/conf/filter/expression-construction: what is no queryable is refused"""
    assert _status(client, path, filter="this_is_not_a_queryable IS NULL") == 400


@pytest.mark.parametrize("path", RESOURCES)
def test_filter_crs(client: TestClient, path: str) -> None:
    """/conf/filter/filter-crs-wgs84, filter-crs-param"""
    box = "S_INTERSECTS(geometry,BBOX({}))"
    for crs, numbers, status in (
        (None, "112,31,113,33", {200, 204}),
        (CRS84, "112,31,113,33", {200, 204}),
        ("http://www.opengis.net/def/crs/EPSG/0/4490", "31,112,33,113", {200, 204}),
        (None, "1000000,1000000,2000000,2000000", {400}),
        ("http://www.opengis.net/def/crs/OGC/0/does_not_exist", "112,31,113,33", {400}),
    ):
        asked = {"filter": box.format(numbers)} | ({"filter-crs": crs} if crs else {})
        assert _status(client, path, **asked) in status, (crs, numbers)


def test_get_functions(client: TestClient) -> None:
    """/conf/filter/get-functions"""
    body = get(client, "/functions")
    types = {"string", "number", "integer", "datetime", "geometry", "boolean"}
    assert len({each["name"] for each in body["functions"]}) == len(body["functions"]) > 0
    for each in body["functions"]:
        assert set(each["returns"]) <= types
        assert all(set(one["type"]) <= types and one["title"] for one in each["arguments"])


def test_parameters_are_described(client: TestClient) -> None:
    """/req/filter/filter-param, filter-lang-param, filter-crs-param"""
    for path in ("/collections/parcels/items", "/collections/catalog/items"):
        found = parameters(client, path)
        assert found["filter"]["schema"]["type"] == "string"
        assert set(LANGS) <= set(found["filter-lang"]["schema"]["enum"])
        assert found["filter-lang"]["schema"].get("default", "cql2-text") == "cql2-text"
        assert found["filter-crs"]["schema"]["type"] == "string"
