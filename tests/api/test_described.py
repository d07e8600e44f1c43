"""The description of the service and its list of layers: kept, cut into pages, and never old."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api import described, openapi, swagger
from cim import registry
from cim.database.connect import engine_of
from cim.layer import Text
from layers.load import VectorFile, load

PARCELS = "/collections/parcels"


def pages(client: TestClient, href: str) -> Iterator[Any]:
    following: str | None = href
    while following:
        page = client.get(following).raise_for_status().json()
        yield page
        following = next((li["href"] for li in page["links"] if li["rel"] == "next"), None)


def trees(engine: Engine, folder: Path, name: str) -> None:
    file = folder / f"{name}.geojson"
    feature = {
        "type": "Feature",
        "properties": {"k": "1"},
        "geometry": {"type": "Point", "coordinates": [112.1, 32.0]},
    }
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with engine.begin() as connection:
        vector = VectorFile(file, name, Text("行道树", "Trees"), key="k", division="420602")
        load(connection, engine, vector)


def test_pages_of_collections_are_the_whole_list(client: TestClient) -> None:
    every = client.get("/collections").json()
    found = list(pages(client, "/collections?limit=2"))
    assert [c for page in found for c in page["collections"]] == every["collections"]
    assert {page["numberMatched"] for page in found} == {len(every["collections"])}
    assert [page["numberReturned"] for page in found] == [len(p["collections"]) for p in found]
    for query in ("limit=0", "limit=many", "token=parcels", f"token={'9' * 30}", "offset=1"):
        assert client.get(f"/collections?{query}").status_code == 400, query
    shown = client.get("/collections?limit=2&f=html").text
    assert 'rel="next"' in shown


def test_a_new_layer_is_described_at_once(
    writing: TestClient, database: str, tmp_path: Path
) -> None:
    engine = engine_of(database)
    for number in range(3):
        before = writing.get("/api")
        trees(engine, tmp_path, f"trees_{number}")
        assert writing.get(f"/collections/trees_{number}").status_code == 200
        after = writing.get("/api", headers={"If-None-Match": before.headers["etag"]})
        assert f"/collections/trees_{number}/items" in after.json()["paths"]
        same = {"If-None-Match": after.headers["etag"]}
        assert writing.get("/api", headers=same).status_code == 304
    engine.dispose()


def test_the_description_is_the_same_packed_and_for_every_host(client: TestClient) -> None:
    plain = client.get("/api", headers={"Accept-Encoding": "identity"})
    packed = client.get("/api", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()
    other = client.get("/api", headers={"Host": "gis.example.org"}).json()
    assert other["servers"] == [{"url": "http://gis.example.org"}]
    assert other["paths"] == plain.json()["paths"]


def test_many_layers_share_their_paths(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = list(client.app.state.service.registry.layers.values())  # type: ignore[attr-defined]
    monkeypatch.setattr(openapi, "MOST_NAMED", 3)
    for key, made in described.make(layers).items():
        document = json.loads(made.answer("http://here").body)
        validate(document)
        assert "/collections/parcels/items" not in document["paths"], key
        asked = document["paths"]["/collections/{collectionId}/items"]["get"]["parameters"]
        assert "parcels" in asked[0]["schema"]["enum"]
        assert "/collections/hydro_stations/locations" in document["paths"]
        assert "/collections/imagery/coverage" in document["paths"]


def test_layers_that_did_not_change_stay_the_same(engine: Engine, tmp_path: Path) -> None:
    trees(engine, tmp_path, "one")
    with engine.begin() as connection:
        first = registry.read(connection)
        document = connection.exec_driver_sql(registry.READ).scalar_one()
    trees(engine, tmp_path, "two")
    with engine.begin() as connection:
        now = registry.parse(connection.exec_driver_sql(registry.READ).scalar_one(), first)
        connection.exec_driver_sql("UPDATE cim.layer SET name_field = 'k' WHERE name = 'one'")
        later = registry.parse(connection.exec_driver_sql(registry.READ).scalar_one(), now)
    assert registry.parse(document, first).layers["one"] is first.layers["one"]
    assert now.layers["one"] is first.layers["one"]
    assert later.layers["two"] is now.layers["two"]
    assert later.layers["one"] is not now.layers["one"]
    assert later.layers["one"].name_field == "k"


def test_refused_methods_name_those_there_are(client: TestClient) -> None:
    answer = client.request("PUT", "/classes")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/styles", "GET, HEAD, OPTIONS, POST"),
        ("/styles/parcels", "DELETE, GET, HEAD, OPTIONS, PUT"),
        ("/styles/parcels/metadata", "GET, HEAD, OPTIONS, PATCH"),
        ("/collections/parcels/styles", "GET, HEAD, OPTIONS"),
    ],
)
def test_options_are_told(client: TestClient, path: str, methods: str) -> None:
    answer = client.options(path)
    assert (answer.status_code, answer.headers["allow"]) == (204, methods)
    assert client.options("/nowhere").status_code == 404


def test_a_patch_of_another_type_is_told_which_there_are(told: TestClient) -> None:
    code = told.get("/collections/plots/items").json()["features"][0]["id"]
    for path in ("/styles/parcels/metadata", f"/collections/plots/items/{code}"):
        answer = told.patch(path, content=b"<a/>", headers={"Content-Type": "text/xml"})
        assert answer.status_code == 415
        assert answer.headers["accept-patch"].startswith("application/merge-patch+json")


def test_numbers_in_paths_have_an_end(client: TestClient) -> None:
    for path in ("/jobs/{}", "/reviews/{}", f"{PARCELS}/tiles/WebMercatorQuad/{{}}/1/1"):
        for digits in (19, 23, 5000):
            assert client.get(path.format("9" * digits)).status_code == 404
    assert client.get(f"{PARCELS}/items?owner_kind={'x' * 2000}").status_code == 400
    zone = "http://www.opengis.net/def/crs/EPSG/0/4532"
    far = {"bbox": "-4e186,-1e99,3e16,-0.5", "bbox-crs": zone}
    for path in ("/collections/hydro_stations/items", f"{PARCELS}/items"):
        assert client.get(path, params=far).status_code == 400
    assert client.get(f"{PARCELS}/items?floor_area_ratio=&name=nobody").status_code == 400


def test_the_page_says_what_to_run_where_swagger_is_missing(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown = client.get("/api?f=html")
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    monkeypatch.setattr(swagger, "_FOLDER", tmp_path)
    assert "npm ci --prefix api/page" in client.get("/api?f=html").text
    assert client.get("/static/swagger/index.html").status_code == 404


def test_values_of_another_kind_are_refused(client: TestClient, writing: TestClient) -> None:
    """What a run of random requests met as an error of the program."""
    assert client.get(f"{PARCELS}/items?filter={'0' * 5000} < 1").status_code == 400
    for body in (
        {"intersects": {"type": [], "coordinates": []}},
        {"sortby": [{"field": "datetime", "direction": {}}]},
        {"fields": {"exclude": 2.5}},
    ):
        assert client.post("/search", json=body).status_code == 400, body
    version = {"catalog": "water", "version": "1", "name_zh": "水", "name_en": "Water"}
    fields = {**version, "fields": [{"code": "a.b", "length": {}}]}
    assert writing.post("/catalog/versions", json=fields).status_code == 422
    binding = {"element": "parcel", "department": "局", "grade": {}}
    assert writing.put("/collections/nothing/binding", json=binding).status_code in {404, 422}


def test_ranges_are_read_or_passed_over(client: TestClient) -> None:
    scenes = client.get("/collections/imagery/scenes").json()["scenes"]
    cog = f"/collections/imagery/scenes/{scenes[0]['id']}/cog"
    whole = client.get(cog)
    size = len(whole.content)
    assert client.get(cog, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    for text, status in (
        ("bytes=0-9", 206),
        ("", 200),
        ("lines=1-2", 200),
        ("bytes=9-2", 200),
        (f"bytes={'9' * 5000}-", 200),
        (f"bytes={size}-", 416),
    ):
        answer = client.get(cog, headers={"Range": text})
        assert answer.status_code == status, text[:40]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-range"] == f"bytes */{size}"
