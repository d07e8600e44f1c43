"""STAC API 1.0, Core: the landing page is a catalogue, valid by pystac."""

import pystac
from documents import get, hrefs
from pystac.validation import JsonSchemaSTACValidator
from starlette.testclient import TestClient

CLASS = "https://api.stacspec.org/v1.0.0/core"


def test_landing_page(client: TestClient) -> None:
    body = get(client, "/")
    assert body["type"] == "Catalog"
    assert CLASS in body["conformsTo"]
    validator = JsonSchemaSTACValidator()
    validator.validate_core(body, pystac.STACObjectType.CATALOG, body["stac_version"])


def test_links(client: TestClient) -> None:
    body = get(client, "/")
    for rel in ("self", "root", "service-desc", "service-doc", "child"):
        assert hrefs(body, rel), rel
        for href in hrefs(body, rel):
            assert client.get(href).status_code == 200, href
