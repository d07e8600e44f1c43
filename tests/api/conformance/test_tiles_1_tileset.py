"""OGC API - Tiles 1 (20-057), Tileset."""

import pytest
from documents import JSON, OGC, get, hrefs
from morecantile import TileMatrixSet
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset"

SETS = ("/tiles", "/collections/parcels/tiles", "/collections/imagery/map/tiles")
GRIDS = ("WebMercatorQuad", "WorldCRS84Quad", "CGCS2000Quad")
REGISTERED = "http://www.opengis.net/def/tilematrixset/OGC/1.0/"


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("path", SETS)
def test_description(client: TestClient, path: str, grid: str) -> None:
    """/conf/tileset/description"""
    answer = client.get(f"{path}/{grid}", headers=JSON).raise_for_status()
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body["dataType"] == ("map" if "/map/" in path else "vector")
    if grid != "CGCS2000Quad":  # which the OGC has not registered
        assert body["tileMatrixSetURI"] == REGISTERED + grid
    [scheme] = hrefs(body, f"{OGC}tiling-scheme")
    assert TileMatrixSet.model_validate(get(client, scheme)).id == grid
    items = [link for link in body["links"] if link["rel"] == "item"]
    assert items
    for link in items:
        assert link["templated"] is True
        assert link["type"]
        assert all(f"{{{each}}}" in link["href"] for each in ("tileMatrix", "tileRow", "tileCol"))


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("path", SETS)
def test_templates_lead_to_tiles(client: TestClient, path: str, grid: str) -> None:
    """/conf/tileset/description 5 and 6: with the media type that the link tells"""
    body = get(client, f"{path}/{grid}")
    limits = body["tileMatrixSetLimits"][12]
    for link in body["links"]:
        if link["rel"] == "item":
            href = link["href"].replace("{tileMatrix}", limits["tileMatrix"])
            href = href.replace("{tileRow}", str(limits["maxTileRow"]))
            href = href.replace("{tileCol}", str(limits["minTileCol"]))
            answer = client.get(href)
            assert answer.status_code in {200, 204}
            if answer.status_code == 200:
                assert answer.headers["content-type"] == link["type"]


def test_a_tileset_that_is_not_there(client: TestClient) -> None:
    for path in SETS:
        assert client.get(f"{path}/nothing").status_code == 404
