"""OGC API - Common 3 (23-058r1), Queryables."""

from documents import OGC, collections, get, hrefs
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/queryables"

NAME = "queryables"


def test_link(client: TestClient) -> None:
    """/conf/queryables/link: from each collection of features or records to where it is"""
    for each in (*collections(client), *collections(client, "record")):
        [href] = hrefs(each, f"{OGC}{NAME}")
        assert href == f"/collections/{each['id']}/{NAME}"


def test_op_and_response(client: TestClient) -> None:
    """/conf/queryables/op-and-response"""
    for each in (*collections(client), *collections(client, "record")):
        path = f"/collections/{each['id']}/{NAME}"
        answer = client.get(path, headers={"Accept": "application/schema+json"})
        assert answer.headers["content-type"] == "application/schema+json"
        schema = answer.raise_for_status().json()
        Draft202012Validator.check_schema(schema)
        assert (schema["type"], schema["$id"]) == ("object", f"http://testserver{path}")
        assert schema["properties"]


def test_they_are_of_the_schema(client: TestClient) -> None:
    """What features are asked by is a property of theirs, or the time that they were so."""
    for each in collections(client):
        here = f"/collections/{each['id']}"
        own = set(get(client, f"{here}/schema")["properties"])
        asked = set(get(client, f"{here}/{NAME}")["properties"])
        assert asked - {"valid_from", "valid_to"} <= own
