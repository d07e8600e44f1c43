"""OGC API - Tiles 1 (20-057), JPEG."""

import pytest
from starlette.testclient import TestClient
from tile_pictures import GRIDS, is_given, is_like_png

CLASS = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/jpeg"


@pytest.mark.parametrize("grid", GRIDS)
def test_content(client: TestClient, grid: str) -> None:
    """/conf/jpeg/content"""
    is_given(client, grid, "jpeg")


def test_it_is_the_picture_of_the_others(client: TestClient) -> None:
    is_like_png(client, "jpeg")
