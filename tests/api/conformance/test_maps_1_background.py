"""OGC API - Maps 1, class background: what is seen where there is nothing."""

import numpy as np
import pictures
import pytest
from numpy.typing import NDArray
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/background"
NOWHERE = {"bbox": "10,50,11,51", "width": 20}  # no data of ours
OVER_THE_EDGE = {"bbox": "-20037508,20000000,20037508,21000000", "bbox-crs": "[EPSG:3857]"}


def colour(pixels: NDArray[np.uint8]) -> tuple[int, ...]:
    (found,) = np.unique(pixels.reshape(-1, 4), axis=0).tolist()
    return tuple(found)


@pytest.mark.parametrize("text", ["0xFF8800", "ff8800", "DarkOrange"])
def test_bgcolor(client: TestClient, text: str) -> None:
    expected = (255, 140, 0, 255) if text == "DarkOrange" else (255, 136, 0, 255)
    assert colour(pictures.ask(client, **NOWHERE, bgcolor=text).pixels) == expected


def test_transparency(client: TestClient) -> None:
    """Nothing hides what is behind, unless it is asked for, or a colour is."""
    for parameters, expected in (
        ({}, (255, 255, 255, 0)),
        ({"transparent": "false"}, (255, 255, 255, 255)),
        ({"bgcolor": "red"}, (255, 0, 0, 255)),
        ({"bgcolor": "red", "transparent": "true"}, (255, 0, 0, 0)),
    ):
        assert colour(pictures.ask(client, **NOWHERE, **parameters).pixels) == expected


def test_jpeg_is_never_transparent(client: TestClient) -> None:
    for parameters, expected in (({}, 255), ({"bgcolor": "black", "transparent": "true"}, 0)):
        picture = pictures.ask(client, **NOWHERE, **parameters, f="jpeg")
        assert colour(picture.pixels) == (expected,) * 3 + (255,)


def test_the_void_outside_of_the_crs(client: TestClient) -> None:
    """Web Mercator ends at 20,037,508 m, above which this box reaches."""
    ask = {**OVER_THE_EDGE, "crs": "[EPSG:3857]", "width": "40", "height": "40"}
    picture = pictures.ask(client, **ask, bgcolor="white", void_color="navy")
    edge = round(40 * (21_000_000 - 20_037_508.34) / 1_000_000)
    assert colour(picture.pixels[:edge]) == (0, 0, 128, 255)
    assert colour(picture.pixels[edge:]) == (255, 255, 255, 255)
    clear = pictures.ask(client, **ask, bgcolor="white", void_transparent="true")
    assert colour(clear.pixels[:edge]) == (255, 255, 255, 0)
    assert colour(pictures.ask(client, **ask, bgcolor="white").pixels) == (255,) * 4


def test_colours_that_are_none_are_refused(client: TestClient) -> None:
    for name in ("bgcolor", "void-color"):
        for value in ("reddish", "0xFF", "#12"):
            assert f"'{name}'" in pictures.refused(client, **{name: value})["detail"]
    assert "'transparent'" in pictures.refused(client, transparent="maybe")["detail"]
