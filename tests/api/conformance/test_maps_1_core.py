"""OGC API - Maps 1, class core: a map with its box and CRS, linked from where it belongs."""

import pictures
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/core"


def test_a_map_says_its_box_its_crs_and_its_time(client: TestClient) -> None:
    picture = pictures.ask(client)
    assert picture.answer.headers["content-type"] == "image/png"
    document = client.get("/collections/parcels").json()
    assert picture.crs == document["storageCrs"]
    box = document["storageCrsExtent"]["spatial"]["bbox"][0]
    assert all(abs(a - b) < 1e-7 for a, b in zip(picture.bbox, box, strict=True))
    assert picture.answer.headers["content-datetime"].endswith("Z")
    assert picture.drawn.mean() > 0.2


def test_formats_are_negotiated(client: TestClient) -> None:
    for accept, kind in (
        ("image/jpeg", "image/jpeg"),
        ("image/*;q=0.9,text/html;q=0.1", "image/png"),
        ("text/html,application/xhtml+xml,image/avif,*/*;q=0.8", "image/png"),
    ):
        answer = client.get(pictures.PARCELS, params={"width": 20}, headers={"Accept": accept})
        assert answer.headers["content-type"] == kind
    assert client.get(pictures.PARCELS, headers={"Accept": "text/csv"}).status_code == 406
    assert "'f'" in pictures.refused(client, f="svg")["detail"]


def test_unknown_parameters_are_refused(client: TestClient) -> None:
    assert "'layers'" in pictures.refused(client, layers="parcels")["detail"]
