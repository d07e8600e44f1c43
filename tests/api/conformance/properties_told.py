"""Documents of what features are asked and sorted by: what their two classes look at."""

from documents import OGC, collections, get, hrefs
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient


def is_linked(client: TestClient, name: str) -> None:
    """From each collection of features or records to where it is."""
    for each in (*collections(client), *collections(client, "record")):
        [href] = hrefs(each, f"{OGC}{name}")
        assert href == f"/collections/{each['id']}/{name}"


def is_answered(client: TestClient, name: str) -> None:
    for each in (*collections(client), *collections(client, "record")):
        path = f"/collections/{each['id']}/{name}"
        answer = client.get(path, headers={"Accept": "application/schema+json"})
        assert answer.headers["content-type"] == "application/schema+json"
        schema = answer.raise_for_status().json()
        Draft202012Validator.check_schema(schema)
        assert (schema["type"], schema["$id"]) == ("object", f"http://testserver{path}")
        assert schema["properties"]


def is_of_the_schema(client: TestClient, name: str) -> None:
    """Each is a property of theirs, or the time that they were so."""
    for each in collections(client):
        here = f"/collections/{each['id']}"
        own = set(get(client, f"{here}/schema")["properties"])
        told = set(get(client, f"{here}/{name}")["properties"])
        assert told - {"valid_from", "valid_to"} <= own
