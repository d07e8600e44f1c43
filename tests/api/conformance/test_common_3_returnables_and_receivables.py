"""OGC API - Common 3 (23-058r1), Returnables and Receivables: `/schema` of each collection."""

from documents import OGC, collections, get, hrefs
from editing import ITEMS, Plots, feature
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/returnables-and-receivables"


def test_conformance_and_link(client: TestClient) -> None:
    """/conf/returnables-and-receivables/get-conformance, link"""
    assert CLASS in get(client, "/conformance")["conformsTo"]
    for each in collections(client):
        assert hrefs(each, f"{OGC}schema") == [f"/collections/{each['id']}/schema"]


def test_op_and_response(client: TestClient) -> None:
    """/conf/returnables-and-receivables/op-and-response"""
    for each in collections(client):
        path = f"/collections/{each['id']}/schema"
        answer = client.get(path, headers={"Accept": "application/schema+json"}).raise_for_status()
        assert answer.headers["content-type"] == "application/schema+json"
        Draft202012Validator.check_schema(answer.json())


def test_what_is_returned_is_in_it(client: TestClient) -> None:
    """/conf/returnables-and-receivables/returnables: features have no other property"""
    for each in collections(client):
        schema = get(client, f"/collections/{each['id']}/schema")["properties"]
        assert not [name for name, one in schema.items() if one.get("writeOnly")]
        for one in get(client, f"/collections/{each['id']}/items", limit=20)["features"]:
            assert set(one["properties"]) <= set(schema)


def test_what_is_received_is_in_it(plots: Plots) -> None:
    """/conf/returnables-and-receivables/receivables: what is not read only is taken and kept"""
    schema = get(plots.client, "/collections/plots/schema")["properties"]
    taken = {name for name, one in schema.items() if not one.get("readOnly")}
    assert {"number", "use", "rank", "size"} <= taken
    sent = {"rank": 4, "size": 1.5, "use": "road", "called": "路"}
    answer = plots.client.post(ITEMS, json=feature("received", **sent))
    got = plots.client.get(answer.headers["location"]).raise_for_status().json()
    assert {name: got["properties"][name] for name in sent} == sent
    assert plots.client.post(ITEMS, json=feature("not taken", nothing=1)).status_code == 422
