"""OGC API - Tiles 1 (20-057), Tilesets list."""

import pytest
from documents import JSON, OGC, hrefs
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list"

SETS = ("/tiles", "/collections/parcels/tiles", "/collections/imagery/map/tiles")


@pytest.mark.parametrize("path", SETS)
def test_tileset_links(client: TestClient, path: str) -> None:
    """/conf/tilesets-list/tileset-links"""
    answer = client.get(path, headers=JSON).raise_for_status()
    assert answer.headers["content-type"] == "application/json"
    tilesets = answer.json()["tilesets"]
    assert len(tilesets) >= 3
    for each in tilesets:
        assert {"dataType", "crs", "links"} <= each.keys()
        [self_] = hrefs(each, "self", "application/json")
        whole = client.get(self_).raise_for_status().json()
        for name in ("dataType", "crs", "title", "tileMatrixSetURI", "boundingBox"):
            assert whole.get(name) == each.get(name)
        [scheme] = hrefs(each, f"{OGC}tiling-scheme")
        name = scheme.rpartition("/")[2]
        assert self_ == f"{path}/{name}"
        assert client.get(scheme).json()["id"] == name


@pytest.mark.parametrize("path", SETS)
def test_every_link_can_be_followed(client: TestClient, path: str) -> None:
    """As the test suite of the OGC does: no link of a list is a template."""
    for each in client.get(path).json()["tilesets"]:
        for link in each["links"]:
            assert client.get(link["href"], headers=JSON).status_code == 200, link
