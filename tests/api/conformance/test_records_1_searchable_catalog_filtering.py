"""OGC API - Records 1 (20-004r1), Searchable Catalog, Filtering: queryables of the catalogue."""

from documents import get, hrefs, walk
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/searchable-catalog/filtering"

ITEMS = "/collections/catalog/items"


def test_queryables(client: TestClient) -> None:
    """/conf/searchable-catalog/filtering/queryables-link, queryables"""
    relation = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
    [href] = hrefs(get(client, "/collections/catalog"), relation)
    body = get(client, href)
    Draft202012Validator.check_schema(body)
    assert body["$id"] == f"http://testserver{href}"
    every = get(client, ITEMS, limit=1)["numberMatched"]
    for name in body["properties"]:
        some = get(client, ITEMS, filter=f'"{name}" IS NOT NULL', limit=1)["numberMatched"]
        none = get(client, ITEMS, filter=f'"{name}" IS NULL', limit=1)["numberMatched"]
        assert some + none == every, name


def test_filters_go_with_the_other_parameters(client: TestClient) -> None:
    """/conf/searchable-catalog/filtering/mixing: by AND"""
    asked = {"filter": "type = 'dataset'", "q": "宗地"}
    found = {record["id"] for record in walk(client, ITEMS, **asked)}
    words = {record["id"] for record in walk(client, ITEMS, q="宗地", type="dataset")}
    assert found == words != set()
