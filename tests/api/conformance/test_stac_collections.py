"""STAC API 1.0, Collections: each collection is one of STAC, valid by pystac."""

import pystac
from documents import collections, get, hrefs
from pystac.validation import JsonSchemaSTACValidator
from starlette.testclient import TestClient

CLASS = "https://api.stacspec.org/v1.0.0/collections"


def test_collections(client: TestClient) -> None:
    assert hrefs(get(client, "/"), "data") == ["/collections"]
    validator = JsonSchemaSTACValidator()
    for each in (*collections(client, "coverage"), get(client, "/collections/imagery")):
        assert each["type"] == "Collection"
        kind = pystac.STACObjectType.COLLECTION
        validator.validate_core(each, kind, each["stac_version"])


def test_links(client: TestClient) -> None:
    body = get(client, "/collections/imagery")
    for rel in ("self", "root", "parent", "items"):
        [href, *_] = hrefs(body, rel)
        assert client.get(href).status_code == 200
