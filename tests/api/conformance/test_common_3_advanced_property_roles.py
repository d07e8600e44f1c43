"""OGC API - Common 3 (23-058r1), Advanced property roles."""

from documents import collections, get
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/advanced-property-roles"

_INSTANTS = ("primary-instant", "primary-interval-start", "primary-interval-end")


def _roles(client: TestClient, kind: str) -> list[dict[str, list[dict[str, object]]]]:
    found = []
    for each in collections(client):
        roles: dict[str, list[dict[str, object]]] = {}
        for one in get(client, f"/collections/{each['id']}/{kind}")["properties"].values():
            if "x-ogc-role" in one:
                roles.setdefault(one["x-ogc-role"], []).append(one)
        found.append(roles)
    return found


def test_role_primary_geometry(client: TestClient) -> None:
    """/conf/advanced-property-roles/role-primary-geometry"""
    for kind in ("schema", "queryables"):
        for roles in _roles(client, kind):
            [one] = roles["primary-geometry"]
            assert not one.keys() & {"type", "$ref"}
            assert str(one["format"]).startswith("geometry-")


def test_role_primary_temporal(client: TestClient) -> None:
    """/conf/advanced-property-roles/role-primary-temporal"""
    for roles in _roles(client, "queryables"):
        assert not roles.keys() & {"primary-instant", "primary-interval"}
        for name in _INSTANTS[1:]:
            [one] = roles[name]
            assert one["type"] == "string"
            assert one["format"] in {"date", "date-time"}


def test_role_type(client: TestClient) -> None:
    """/conf/advanced-property-roles/role-type"""
    for roles in _roles(client, "schema"):
        [one] = roles["type"]
        assert one["type"] == "string"
