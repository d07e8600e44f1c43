"""OGC 17-083r4, TileMatrixSet: the grids, held against morecantile and Tianditu's numbers."""

import math

import morecantile
import pytest
from documents import get, hrefs
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/tms/2.0/conf/tilematrixset"

GRIDS = ("WebMercatorQuad", "WorldCRS84Quad", "CGCS2000Quad")


@pytest.mark.parametrize("grid", GRIDS)
def test_model(client: TestClient, grid: str) -> None:
    """/conf/tilematrixset/model: members of the model, and scales that go with the cells"""
    body = get(client, f"/tileMatrixSets/{grid}")
    assert {"id", "crs", "tileMatrices"} <= body.keys()
    metres = 1.0 if grid == "WebMercatorQuad" else math.radians(6378137)
    for matrix in body["tileMatrices"]:
        for name in ("id", "scaleDenominator", "cellSize", "pointOfOrigin"):
            assert name in matrix
        for name in ("tileWidth", "tileHeight", "matrixWidth", "matrixHeight"):
            assert matrix[name] >= 1
        assert matrix["scaleDenominator"] * 0.00028 / metres == pytest.approx(matrix["cellSize"])
    scales = [matrix["scaleDenominator"] for matrix in body["tileMatrices"]]
    assert scales == sorted(scales, reverse=True)


@pytest.mark.parametrize("grid", GRIDS[:2])
def test_registered_ones_are_those_of_the_ogc(client: TestClient, grid: str) -> None:
    ours = get(client, f"/tileMatrixSets/{grid}")
    theirs = morecantile.tms.get(grid)
    assert ours["uri"] == f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{grid}"
    for matrix in ours["tileMatrices"]:
        same = theirs.matrix(int(matrix["id"]))
        assert matrix["cellSize"] == pytest.approx(same.cellSize)
        assert matrix["matrixWidth"] == same.matrixWidth
        assert matrix["pointOfOrigin"] == pytest.approx(list(same.pointOfOrigin))


def test_tianditu(client: TestClient) -> None:
    """0.703125 degrees a cell at level 1, two tiles wide and one high, latitude first."""
    body = get(client, "/tileMatrixSets/CGCS2000Quad")
    first = body["tileMatrices"][0]
    assert body["crs"].endswith("/EPSG/0/4490")
    assert (first["id"], first["cellSize"], first["pointOfOrigin"]) == ("1", 0.703125, [90, -180])
    assert (first["matrixWidth"], first["matrixHeight"]) == (2, 1)


def test_they_are_listed(client: TestClient) -> None:
    listed = get(client, "/tileMatrixSets")["tileMatrixSets"]
    assert [each["id"] for each in listed][:3] == list(GRIDS)
    for each in listed:
        for rel in ("self", "item"):
            [href] = hrefs(each, rel, "application/json")
            assert get(client, href)["id"] == each["id"]
