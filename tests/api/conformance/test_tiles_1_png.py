"""OGC API - Tiles 1 (20-057), PNG; and WebP, which has no class of its own."""

import pytest
from starlette.testclient import TestClient
from tile_pictures import GRIDS, is_given, is_like_png

CLASS = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/png"


@pytest.mark.parametrize("form", ["png", "webp"])
@pytest.mark.parametrize("grid", GRIDS)
def test_content(client: TestClient, grid: str, form: str) -> None:
    """/conf/png/content"""
    is_given(client, grid, form)


def test_webp_is_the_picture_of_the_others(client: TestClient) -> None:
    is_like_png(client, "webp")
