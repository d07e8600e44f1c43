"""OGC API - Tiles 1 (20-057), Core: a tile by matrix, row and column."""

import io

import mapbox_vector_tile
import morecantile
import numpy as np
import pytest
from documents import get, hrefs, parameters
from PIL import Image
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core"

QUAD = morecantile.tms.get("WebMercatorQuad")
SETS = ("/tiles", "/collections/parcels/tiles", "/collections/imagery/map/tiles")
PLACE = (112.145, 32.012)
HUGE = 2_147_483_647


def tile(path: str, z: int, row: int, column: int, of: str = "WebMercatorQuad") -> str:
    return f"{path}/{of}/{z}/{row}/{column}"


@pytest.mark.parametrize("path", SETS)
def test_tc_op_and_success(client: TestClient, path: str) -> None:
    """/conf/core/tc-op, tc-success: 200 with content"""
    for z in (10, 13, 14):
        found = QUAD.tile(*PLACE, z)
        answer = client.get(tile(path, z, found.y, found.x))
        assert (answer.status_code, len(answer.content) > 50) == (200, True)
        if "map" not in path:
            assert mapbox_vector_tile.decode(answer.content)


@pytest.mark.parametrize("path", SETS)
def test_tc_error(client: TestClient, path: str) -> None:
    """/conf/core/tc-error 1: outside the matrix set, and outside the limits of the tileset"""
    for z, row, column in ((14, HUGE, HUGE), (0, 1, 0), (3, 8, 0), (60, 0, 0), (14, 0, 0)):
        answer = client.get(tile(path, z, row, column))
        assert answer.status_code == 404, (z, row, column)
        assert answer.headers["content-type"] == "application/problem+json"
    for wrong in ("x/0/0", "14/-1/0", "14/0/1.5"):
        assert client.get(f"{path}/WebMercatorQuad/{wrong}").status_code in {400, 404}
    assert client.get(tile(path, 0, 0, 0, "nothing")).status_code == 404
    for limits in get(client, f"{path}/WebMercatorQuad")["tileMatrixSetLimits"][:14]:
        beyond = limits["maxTileRow"] + 2  # the next one may have a piece of what is here
        found = tile(path, int(limits["tileMatrix"]), beyond, limits["minTileCol"])
        assert client.get(found).status_code == 404, found


@pytest.mark.parametrize("path", ["/tiles", "/collections/reservoirs/tiles"])
def test_tc_error_of_what_is_empty(client: TestClient, path: str) -> None:
    """/conf/core/tc-error 2: 204 inside the limits, where nothing is"""
    found = set()
    limits = get(client, f"{path}/WebMercatorQuad")["tileMatrixSetLimits"][12]
    for row in range(limits["minTileRow"], limits["minTileRow"] + 4):
        for column in range(limits["minTileCol"], limits["minTileCol"] + 4):
            answer = client.get(tile(path, 12, row, column))
            found.add(answer.status_code)
            assert (answer.status_code == 200) is bool(answer.content)
    assert 204 in found
    assert found <= {200, 204}


@pytest.mark.parametrize("path", SETS)
def test_definitions(client: TestClient, path: str) -> None:
    """/conf/core/tc-tilematrix-definition, tc-tilerow-definition, tc-tilecol-definition"""
    described = f"{path}/{{tileMatrixSetId}}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
    for name in ("tileMatrix", "tileRow", "tileCol"):
        one = parameters(client, described)[name]
        assert (one["in"], one["required"]) == ("path", True)
    for href in hrefs(get(client, f"{path}/WebMercatorQuad"), "item"):
        assert all(each in href for each in ("{tileMatrix}", "{tileRow}", "{tileCol}"))


def test_pictures_from_far_away(client: TestClient) -> None:
    """Scenes of 10 m in tiles of the world: at once, and each level has four times the pixels."""
    seen = {}
    for z in range(11):
        found = QUAD.tile(112.15, 32.03, z)
        answer = client.get(tile("/collections/imagery/map/tiles", z, found.y, found.x))
        assert answer.status_code == (200 if answer.content else 204)
        if answer.content:
            alpha = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))[..., 3]
            seen[z] = int((alpha > 0).sum())
    assert {5, 6, 7, 8} <= seen.keys()
    for z in (6, 7, 8):
        if QUAD.tile(112.15, 32.03, z) != QUAD.tile(112.08, 31.95, z):
            continue  # its corners are in several tiles
        assert seen[z] == pytest.approx(4 * seen[z - 1], rel=0.35)
