"""OGC API - Common 1 (19-072), Landing Page: landing page, API definition, conformance."""

from documents import get, hrefs
from openapi_spec_validator import validate
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/landing-page"


def test_root_op_and_success(client: TestClient) -> None:
    """/conf/landing-page/root-op, root-success"""
    body = get(client, "/")
    assert body["title"]
    for rel in ("self", "alternate", "service-desc", "service-doc", "conformance", "data"):
        for href in hrefs(body, rel):
            assert client.get(href).status_code == 200, href
        assert hrefs(body, rel), rel
    assert all({"href", "rel", "type"} <= link.keys() for link in body["links"])


def test_api_definition(client: TestClient) -> None:
    """/conf/landing-page/api-definition-op, api-definition-success"""
    links = [each for each in get(client, "/")["links"] if each["rel"] == "service-desc"]
    assert len(links) == 2  # OpenAPI 3.0 and 3.1
    for link in links:
        answer = client.get(link["href"], headers={"Accept": link["type"]}).raise_for_status()
        assert answer.headers["content-type"] == link["type"]
        validate(answer.json())
    [page] = hrefs(get(client, "/"), "service-doc")
    assert client.get(page).headers["content-type"].startswith("text/html")


def test_conformance(client: TestClient) -> None:
    """/conf/landing-page/conformance-op, conformance-success"""
    [href] = hrefs(get(client, "/"), "conformance")
    classes = get(client, href)["conformsTo"]
    assert CLASS in classes
    assert all(isinstance(each, str) and each.startswith("http") for each in classes)
