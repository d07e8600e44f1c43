"""Tile matrix sets: their arithmetic held against other formulas, and what is no set refused."""

import copy
import math
from typing import Any

import morecantile
import pytest

from tiles import matrix_sets
from tiles.errors import TileMatrixSetInvalid
from tiles.matrix_set_table import check_scales
from tiles.matrix_sets import CGCS2000_QUAD, EVERYBODYS, WEB_MERCATOR_QUAD, WORLD_CRS84_QUAD

ZONE = {  # a city's own: 3-degree zone 37 without prefix, around Xiangyang
    "id": "XiangyangGK",
    "crs": "http://www.opengis.net/def/crs/EPSG/0/4546",
    "orderedAxes": ["X", "Y"],
    "tileMatrices": [
        {
            "id": str(z),
            "scaleDenominator": 1024 / 2**z / 0.00028,
            "cellSize": 1024 / 2**z,
            "cornerOfOrigin": "topLeft",
            "pointOfOrigin": [3_700_000, 400_000],
            "tileWidth": 256,
            "tileHeight": 256,
            "matrixWidth": 2**z,
            "matrixHeight": 2**z,
        }
        for z in range(12)
    ],
}


def test_the_grid_of_tianditu() -> None:
    """0.703125 degrees a pixel at level 1, halved at each; the same tiles as WorldCRS84Quad has."""
    for z in range(1, 21):
        assert CGCS2000_QUAD.model.matrix(z).cellSize == 0.703125 / 2 ** (z - 1)
        column, row = 3 * 2 ** (z - 2) if z > 1 else 1, 0
        ours = CGCS2000_QUAD.address(z, column, row)
        theirs = WORLD_CRS84_QUAD.address(z - 1, column, row).bounds()
        assert ours.bounds() == pytest.approx(theirs, abs=1e-8)
        assert ours.degrees() == ours.bounds()
    document = CGCS2000_QUAD.document()
    assert (document["orderedAxes"], document["crs"]) == (
        ["Lat", "Lon"],
        "http://www.opengis.net/def/crs/EPSG/0/4490",
    )
    assert "uri" not in document  # the OGC has none for it


def test_degrees_of_a_mercator_tile_are_the_formula_of_its_inventor() -> None:
    west, south, east, north = WEB_MERCATOR_QUAD.address(12, 3323, 1662).degrees()
    assert (west, east) == pytest.approx((3323 / 4096 * 360 - 180, 3324 / 4096 * 360 - 180))
    for latitude, row in ((north, 1662), (south, 1663)):
        y = math.pi * (1 - 2 * row / 4096)
        assert latitude == pytest.approx(math.degrees(math.atan(math.sinh(y))))
    quad = morecantile.tms.get("WebMercatorQuad")
    assert tuple(quad.bounds(3323, 1662, 12)) == pytest.approx((west, south, east, north))


def test_axes_are_those_of_the_crs() -> None:
    """X of a zone of CGCS2000 is northing; who writes E and N says himself which is which."""
    assert matrix_sets.parse(ZONE).address(0, 0, 0).bounds() == (
        400_000,
        3_700_000 - 1024 * 256,
        400_000 + 1024 * 256,
        3_700_000,
    )
    turned = copy.deepcopy(ZONE) | {"orderedAxes": ["E", "N"]}
    for matrix in turned["tileMatrices"]:  # type: ignore[attr-defined]
        matrix["pointOfOrigin"].reverse()
    ours, theirs = matrix_sets.parse(turned), matrix_sets.parse(ZONE)
    assert ours.address(5, 3, 7).bounds() == theirs.address(5, 3, 7).bounds()
    assert theirs.document()["orderedAxes"] == ["X", "Y"]


def test_limits_hold_an_extent_and_nothing_more() -> None:
    city = (112.0, 31.9, 112.3, 32.1)
    for offered in (WEB_MERCATOR_QUAD, WORLD_CRS84_QUAD, CGCS2000_QUAD, matrix_sets.parse(ZONE)):
        [limits] = [x for x in offered.limits(city) if x["tileMatrix"] == "10"]
        first = offered.address(10, limits["minTileCol"], limits["minTileRow"]).degrees()
        last = offered.address(10, limits["maxTileCol"], limits["maxTileRow"]).degrees()
        bent = 0.02 if offered.srid == 4546 else 0.0  # the box of the extent in a zone is larger
        assert first[0] - bent <= city[0] <= first[2] + bent
        assert first[1] - bent <= city[3] <= first[3] + bent
        assert last[0] - bent <= city[2] <= last[2] + bent
        assert last[1] - bent <= city[1] <= last[3] + bent


def test_rows_count_from_the_corner_of_origin() -> None:
    """The same squares counted from the south: the limits are those rows the other way round."""
    turned = copy.deepcopy(ZONE)
    for matrix in turned["tileMatrices"]:  # type: ignore[attr-defined]
        matrix |= {
            "cornerOfOrigin": "bottomLeft",
            "pointOfOrigin": [3_700_000 - 1024 * 256, 400_000],
        }
    north, south = matrix_sets.parse(ZONE), matrix_sets.parse(turned)
    assert south.address(5, 3, 24).bounds() == north.address(5, 3, 7).bounds()
    city, last = (112.0, 31.9, 112.3, 32.1), 2**9 - 1
    from_north, from_south = north.limits(city)[9], south.limits(city)[9]
    assert from_south == from_north | {
        "minTileRow": last - from_north["maxTileRow"],
        "maxTileRow": last - from_north["minTileRow"],
    }
    south.check_limits(south.address(9, from_south["minTileCol"], from_south["maxTileRow"]), city)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": "a b"}, "id: "),
        ({"crs": "http://www.opengis.net/def/crs/EPSG/0/999999"}, "crs"),
        ({"tileMatrices": []}, "tileMatrices"),
        ({"tileMatrices": "none"}, "tileMatrices"),
        ({"crs": None}, "crs"),
    ],
)
def test_what_is_no_set_says_where(change: dict[str, Any], said: str) -> None:
    with pytest.raises(TileMatrixSetInvalid, match=said):
        matrix_sets.parse(ZONE | change)


@pytest.mark.parametrize("factor", [1.0, 1 + 9e-7, 1 + 2e-6, 0.00028 / 0.0254 * 96, 0.5])
def test_a_scale_is_that_of_its_cells(factor: float) -> None:
    """Another pixel than 0.28 mm, such as that of 96 an inch, is another scale."""
    for offered in EVERYBODYS.values():
        document = offered.document()
        document["tileMatrices"][3]["scaleDenominator"] *= factor
        document["id"] = "Own"
        if math.isclose(factor, 1, rel_tol=1e-6):
            check_scales(matrix_sets.parse(document))
            continue
        with pytest.raises(TileMatrixSetInvalid, match=r"^tileMatrices\[3\]\.scaleDenominator: "):
            check_scales(matrix_sets.parse(document))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", "x"),
        ("id", "7"),
        ("tileWidth", 100_000),
        ("cellSize", 0),
        ("variableMatrixWidths", [{"coalesce": 2, "minTileRow": 0, "maxTileRow": 0}]),
    ],
)
def test_what_is_no_matrix_says_where(key: str, value: Any) -> None:
    document = copy.deepcopy(ZONE)
    document["tileMatrices"][0][key] = value  # type: ignore[index]
    with pytest.raises(TileMatrixSetInvalid, match="tileMatrices"):
        matrix_sets.parse(document)
