"""OGC API - Features 8 (draft 24-030), Sortables."""

from documents import OGC, collections, get
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/sortables"


def test_get_sortables_uris(client: TestClient) -> None:
    """/conf/sortables/get-sortables-uris: a Link header of each resource that is sorted"""
    for each in collections(client):
        here = f"/collections/{each['id']}"
        answer = client.head(f"{here}/items").raise_for_status()
        assert answer.links[f"{OGC}sortables"]["url"] == f"http://testserver{here}/sortables"


def test_get_sortables(client: TestClient) -> None:
    """/conf/sortables/get-sortables"""
    for each in collections(client):
        path = f"/collections/{each['id']}/sortables"
        answer = client.get(path, headers={"Accept": "application/schema+json"}).raise_for_status()
        assert answer.headers["content-type"] == "application/schema+json"
        body = answer.json()
        assert body["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert (body["$id"], body["type"]) == (f"http://testserver{path}", "object")
        assert body["properties"]
        assert all("type" in one for one in body["properties"].values())
        Draft202012Validator.check_schema(body)


def test_conformance(client: TestClient) -> None:
    """/conf/sortables/get-conformance"""
    assert CLASS in get(client, "/conformance")["conformsTo"]
