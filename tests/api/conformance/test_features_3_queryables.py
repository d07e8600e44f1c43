"""OGC API - Features 3 (19-079r2), Queryables."""

from documents import OGC, collections, get, hrefs
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables"


def test_get_conformance_and_links(client: TestClient) -> None:
    """/conf/queryables/get-conformance, get-queryables-uris"""
    assert CLASS in get(client, "/conformance")["conformsTo"]
    for each in (*collections(client), *collections(client, "record")):
        assert hrefs(each, f"{OGC}queryables") == [f"/collections/{each['id']}/queryables"]


def test_get_queryables(client: TestClient) -> None:
    """/conf/queryables/get-queryables"""
    for each in collections(client):
        path = f"/collections/{each['id']}/queryables"
        answer = client.get(path, headers={"Accept": "application/schema+json"}).raise_for_status()
        assert answer.headers["content-type"] == "application/schema+json"
        body = answer.json()
        assert body["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert body["$id"] == f"http://testserver{path}"
        assert body["type"] == "object"
        assert body["properties"]
        for name, one in body["properties"].items():
            assert "type" in one or one["format"].startswith("geometry-"), name
        assert body["additionalProperties"] is False
        Draft202012Validator.check_schema(body)
