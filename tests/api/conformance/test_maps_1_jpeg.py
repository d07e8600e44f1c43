"""OGC API - Maps 1, class jpeg."""

import pictures
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/jpeg"


def test_a_map_is_a_jpeg_of_that_size(client: TestClient) -> None:
    picture = pictures.ask(client, f="jpeg", width=123, height=45)
    assert picture.answer.headers["content-type"] == "image/jpeg"
    assert picture.answer.content.startswith(b"\xff\xd8\xff")
    assert picture.size == (123, 45)


def test_it_shows_what_the_png_shows(client: TestClient) -> None:
    ask = {"bbox": pictures.CITY, "width": 200, "bgcolor": "white"}
    lossy, exact = (pictures.ask(client, **ask, f=form).pixels for form in ("jpeg", "png"))
    assert abs(lossy.astype(int) - exact.astype(int)).mean() < 6
