"""Landing page, conformance, collections, OpenAPI, health: true, and linked to each other."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate
from starlette.testclient import TestClient

DOCUMENTS = (
    "/",
    "/conformance",
    "/collections",
    "/collections/parcels",
    "/collections/parcels/schema",
    "/collections/parcels/queryables",
    "/collections/hydro_stations/sortables",
    "/functions",
    "/collections/hydro_stations",
    "/collections/hydro_stations/locations",
    "/classes",
    "/classes/990101",
    "/classes/990101/history",
    "/catalog",
    "/catalog/elements/parcel",
    "/catalog/fields/parcel.land_use",
    "/catalog/lists/division_level",
    "/catalog/versions",
    "/catalog/versions/cim@1",
    "/catalog/diff?from=cim&to=cim@1",
    "/collections/parcels/binding",
    "/collections/parcels/binding/suggestions",
    "/collections/parcels/binding/history",
    "/collections/imagery",
    "/collections/imagery/items",
    "/collections/catalog",
    "/collections/catalog/items?limit=3&q=宗地",
    "/collections/catalog/items/parcels",
    "/collections/catalog/items/imagery",
    "/collections/catalog/items/element.parcel",
    "/collections/catalog/items/hydro_stations.observations",
    "/collections/catalog/items/service.api",
    "/search?limit=1",
    "/reviews",
    "/layers/parcels/runs",
    "/tileMatrixSets",
    "/tiles",
    "/tiles/WebMercatorQuad",
    "/tiles/CGCS2000Quad",
    "/collections/parcels/tiles",
    "/collections/parcels/tiles/CGCS2000Quad",
    "/leases?division=420606&class=990101",
    "/api",
)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_link_of_a_document_leads_somewhere(client: TestClient, path: str) -> None:
    body = client.get(path).raise_for_status().json()
    for link in body.get("links", []):
        href = link["href"].removeprefix("http://testserver")
        if link.get("templated"):
            continue
        answer = client.get(href)
        assert answer.status_code == 200, href
        if "type" in link:
            assert answer.headers["content-type"].startswith(link["type"].split(";")[0]), href


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("name", "version"), [("openapi", "3.0"), ("openapi31", "3.1")])
def test_the_api_is_valid_openapi(
    client: TestClient, name: str, version: str, language: str
) -> None:
    document = client.get(f"/api?f={name}&lang={language}").raise_for_status()
    kind = f"application/vnd.oai.openapi+json;version={version}"
    assert document.headers["content-type"] == kind
    assert document.json()["openapi"].startswith(version)
    validate(document.json())
    assert client.get("/api", headers={"Accept": kind}).headers["content-type"] == kind


def test_the_api_names_every_path_and_filter(client: TestClient) -> None:
    api = client.get("/api").json()
    for collection in client.get("/collections").json()["collections"]:
        assert f"/collections/{collection['id']}" in api["paths"]
    parameters = api["paths"]["/collections/parcels/items"]["get"]["parameters"]
    assert "landuse" in {parameter.get("name") for parameter in parameters}
    assert api["components"]["parameters"]["limit"]["schema"]["maximum"] == 10_000


def texts(tree: Any) -> Iterator[str]:
    """What a description says to people: not its data, nor what is called `description` in them."""
    for name, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if name in {"summary", "description"} and isinstance(value, str):
            yield value
        elif name not in {"example", "examples", "enum"} and isinstance(value, dict | list):
            yield from texts(value)


def test_the_chinese_description_is_chinese_throughout(client: TestClient) -> None:
    told = set(texts(client.get("/api?lang=zh").json()))
    assert {text for text in told if not re.search("[\u4e00-\u9fff]", text)} == set()
    assert "问题详情（RFC 9457）" in told


def test_a_page_elsewhere_may_page_and_resume(client: TestClient) -> None:
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    asked["Access-Control-Request-Headers"] = "range, if-range"
    assert client.options("/jobs/1/file", headers=asked).status_code == 200
    page = client.get("/collections/parcels/items?f=flatgeobuf&limit=2")
    read = {
        name.strip().lower() for name in page.headers["access-control-expose-headers"].split(",")
    }
    assert read >= {"link", "ogc-numberreturned", "ogc-numbermatched", "content-disposition"}
    assert {"link", "ogc-numberreturned", "content-disposition"} <= set(page.headers)
    assert read >= {"content-bbox", "content-crs", "content-datetime", "content-range"}


def test_titles_in_both_languages(client: TestClient) -> None:
    chinese = client.get("/collections/parcels").json()
    english = client.get("/collections/parcels", headers={"Accept-Language": "en-GB"}).json()
    assert chinese["title"] != english["title"]
    assert client.get("/collections/parcels?lang=en").json() == english


def test_extent_holds_every_feature(client: TestClient) -> None:
    west, south, east, north = client.get("/collections/parcels").json()["extent"]["spatial"][
        "bbox"
    ][0]
    assert 111 < west < east < 113
    assert 31 < south < north < 33
    box = f"{west},{south},{east},{north}"
    page = client.get(f"/collections/parcels/items?limit=1&bbox={box}").json()
    all_of_it = client.get("/collections/parcels/items?limit=1").json()["numberMatched"]
    assert page["links"]
    assert client.get(f"/collections/parcels/items?limit=10000&bbox={box}").json()[
        "numberReturned"
    ] == min(all_of_it, 10_000)


def test_health(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json()["registryVersion"] > 0


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("path", ["/collections", "/resolve", "/api", "/nowhere", "/health"])
def test_caches_are_told_what_an_answer_depends_on(
    client: TestClient, path: str, encoding: str
) -> None:
    answer = client.get(path, headers={"Accept-Encoding": encoding})
    told = [value for name, value in answer.headers.multi_items() if name == "vary"]
    assert told == ["Accept, Accept-Language, Accept-Encoding"]


def test_request_id_comes_back(client: TestClient) -> None:
    answer = client.get("/collections/nothing", headers={"X-Request-ID": "abc123"})
    assert answer.headers["x-request-id"] == "abc123"
    assert answer.json()["requestId"] == "abc123"


def test_other_formats_are_not_acceptable(client: TestClient) -> None:
    assert client.get("/", headers={"Accept": "image/png"}).status_code == 406
    assert client.post("/").status_code == 405
