"""OGC API - Common 1 (19-072), OpenAPI 3.0."""

from documents import api, collections, described, get, hrefs
from openapi_spec_validator import OpenAPIV30SpecValidator
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/oas30"


def test_oas_definition(client: TestClient) -> None:
    """/conf/oas30/oas-definition-1, oas-definition-2: a valid document of OpenAPI 3.0"""
    href, *_ = hrefs(get(client, "/"), "service-desc")
    answer = client.get(href).raise_for_status()
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert answer.json()["openapi"].startswith("3.0.")
    assert [str(error) for error in OpenAPIV30SpecValidator(answer.json()).iter_errors()] == []


def test_oas_impl_and_completeness(client: TestClient) -> None:
    """/conf/oas30/oas-impl, completeness: what is linked is described, and its parameters hold"""
    for body in (get(client, "/"), *collections(client, None)):
        for link in body["links"]:
            path = link["href"].removeprefix("http://testserver")
            if not path.startswith("http"):
                assert described(client, path), path
    for path, methods in api(client)["paths"].items():
        for operation in methods.values():
            assert operation["responses"].keys() - {"default"}, path


def test_exception_codes(client: TestClient) -> None:
    """/conf/oas30/exception-codes: errors are described"""
    for path, methods in api(client)["paths"].items():
        for method, operation in methods.items():
            told = operation["responses"]
            assert "default" in told or any(code[0] in "45" for code in told), (path, method)


def test_security(client: TestClient) -> None:
    """/conf/oas30/security: nothing that is read needs a login"""
    assert "security" not in api(client)
