"""OGC API - Maps 1, class display-resolution: displays with pixels of another size."""

import pictures
import pytest
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/display-resolution"


def test_a_finer_display_has_more_pixels_of_the_same_scale(client: TestClient) -> None:
    usual = pictures.ask(client, bbox=pictures.CITY, scale_denominator=20_000)
    fine = pictures.ask(client, bbox=pictures.CITY, scale_denominator=20_000, mm_per_pixel=0.14)
    assert fine.size == pytest.approx([2 * side for side in usual.size], abs=1)


def test_symbols_keep_their_size_on_paper(client: TestClient) -> None:
    """A station is drawn with twice as many pixels across where they are half as large."""
    path, place = "/collections/hydro_stations/map", {"center": "112.12,32.04"}
    usual = pictures.ask(client, path, **place, width=200, scale_denominator=500_000)
    fine = pictures.ask(
        client, path, **place, width=400, scale_denominator=500_000, mm_per_pixel=0.14
    )
    assert usual.bbox == pytest.approx(fine.bbox)
    assert usual.drawn.any()
    assert fine.drawn.sum() / usual.drawn.sum() == pytest.approx(4, rel=0.15)


def test_pixels_of_no_size_are_refused(client: TestClient) -> None:
    for value in ("0", "-0.28", "1000", "fine"):
        assert "'mm-per-pixel'" in pictures.refused(client, mm_per_pixel=value)["detail"]
