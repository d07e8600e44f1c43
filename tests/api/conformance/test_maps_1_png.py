"""OGC API - Maps 1, class png."""

import struct

import pictures
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/png"


def test_a_map_is_a_png_of_that_size(client: TestClient) -> None:
    answer = client.get(pictures.PARCELS, params={"f": "png", "width": 123, "height": 45})
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", answer.content[16:24]) == (123, 45)


def test_it_is_negotiated(client: TestClient) -> None:
    for path in (pictures.PARCELS, "/map", "/collections/imagery/map"):
        answer = client.get(path, params={"width": 20}, headers={"Accept": "image/png"})
        assert answer.content.startswith(b"\x89PNG")
