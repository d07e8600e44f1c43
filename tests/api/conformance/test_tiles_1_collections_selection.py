"""OGC API - Tiles 1 (20-057), Collections Selection."""

import mapbox_vector_tile
import morecantile
import pytest
from documents import OGC, get, hrefs, parameters
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/collections-selection"

_AT = morecantile.tms.get("WebMercatorQuad").tile(112.145, 32.012, 14)
TILE = f"/tiles/WebMercatorQuad/14/{_AT.y}/{_AT.x}"
CHOSEN = (["parcels"], ["buildings", "parcels"], ["parcels", "buildings"])


def test_query_collections(client: TestClient) -> None:
    """/conf/collections-selection/query-collections: taken by tilesets and tiles"""
    for path in (
        "/tiles",
        "/tiles/{tileMatrixSetId}",
        "/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
    ):
        one = parameters(client, path)["collections"]
        assert (one["in"], one["schema"]["type"]) == ("query", "array")
        assert (one["style"], one["explode"]) == ("form", False)


@pytest.mark.parametrize("names", CHOSEN)
def test_collections_response_of_tilesets(client: TestClient, names: list[str]) -> None:
    """/conf/collections-selection/collections-response: layers, and tiles that they lead to"""
    chosen = ",".join(names)
    whole = get(client, "/tiles/WebMercatorQuad", collections=chosen)
    listed = get(client, "/tiles", collections=chosen)["tilesets"]
    for each in (whole, *listed):
        assert [layer["id"] for layer in each["layers"]] == names
        assert all(f"collections={chosen}" in href for href in hrefs(each, "self"))
        assert hrefs(each, f"{OGC}tiling-scheme")
    [template] = hrefs(whole, "item")
    href = template.replace("{tileMatrix}", "14").replace("{tileRow}", str(_AT.y))
    body = client.get(href.replace("{tileCol}", str(_AT.x))).raise_for_status().content
    assert list(mapbox_vector_tile.decode(body)) == names
    json = get(client, "/tiles/WebMercatorQuad", collections=chosen, f="tilejson")
    assert [layer["id"] for layer in json["vector_layers"]] == names
    assert f"collections={chosen}" in json["tiles"][0]


@pytest.mark.parametrize("names", CHOSEN)
def test_collections_response_of_tiles(client: TestClient, names: list[str]) -> None:
    """/conf/collections-selection/collections-response: from the first to the last"""
    body = client.get(TILE, params={"collections": ",".join(names)}).raise_for_status().content
    assert list(mapbox_vector_tile.decode(body)) == names
    apart = [client.get(f"/collections/{name}{TILE}").content for name in names]
    assert body == b"".join(apart)


@pytest.mark.parametrize("chosen", ["nothing", "parcels,nothing", "imagery", ""])
def test_what_is_not_there(client: TestClient, chosen: str) -> None:
    for path in (TILE, "/tiles", "/tiles/WebMercatorQuad"):
        assert client.get(path, params={"collections": chosen}).status_code == 404
