"""OGC API - Common 1 (19-072), Core: HTTP and query parameters."""

import pytest
from documents import JSON
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core"

PATHS = ("/", "/conformance", "/collections", "/collections/parcels", "/collections/parcels/items")


@pytest.mark.parametrize("path", PATHS)
def test_http(client: TestClient, path: str) -> None:
    """/conf/core/http: GET and HEAD, and 405 for what is not there"""
    got = client.get(path, headers=JSON)
    head = client.head(path, headers=JSON)
    assert (got.status_code, head.status_code, head.content) == (200, 200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]
    refused = client.request("TRACE", path)
    assert refused.status_code == 405


@pytest.mark.parametrize("path", PATHS)
def test_query_param_name_unknown(client: TestClient, path: str) -> None:
    """/conf/core/query-param-name-unknown, and names are told apart by case"""
    for name in ("unknownQueryParameter12345", "LIMIT"):
        answer = client.get(path, params={name: "1"})
        assert answer.status_code == 400
        assert name in answer.json()["detail"]


@pytest.mark.parametrize(
    "query", ["f=nothing", "limit=unlimited", "limit=1.5", "bbox=1,2", "bbox=a,b,c,d", "datetime=x"]
)
def test_query_param_value_invalid(client: TestClient, query: str) -> None:
    """/conf/core/query-param-value-invalid"""
    answer = client.get(f"/collections/parcels/items?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_query_param_value_decimal_and_lists(client: TestClient) -> None:
    """/conf/core/query-param-value-decimal, query-param-list-delimiter"""
    plain = client.get("/collections/parcels/items?limit=3&bbox=112.13,32.0,112.15,32.02").json()
    for same in ("%2C", ","):
        box = same.join(("1.1213e2", "32", "112.15", "+32.02".replace("+", "%2B")))
        page = client.get(f"/collections/parcels/items?limit=3&bbox={box}").json()
        assert page["features"] == plain["features"] != []
