"""OGC API - Common 3 (23-058r1), Queryables."""

from properties_told import is_answered, is_linked, is_of_the_schema
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/queryables"


def test_link(client: TestClient) -> None:
    """/conf/queryables/link"""
    is_linked(client, "queryables")


def test_op_and_response(client: TestClient) -> None:
    """/conf/queryables/op-and-response"""
    is_answered(client, "queryables")


def test_they_are_of_the_schema(client: TestClient) -> None:
    is_of_the_schema(client, "queryables")
