"""OGC API - Maps 1, class dataset-map: the map of everything, and the page beside it."""

import pictures
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/dataset-map"
MAP = "http://www.opengis.net/def/rel/ogc/1.0/map"


def test_the_landing_page_leads_to_it(client: TestClient) -> None:
    landing = client.get("/").json()
    links = {link["type"]: link["href"] for link in landing["links"] if link["rel"] == MAP}
    assert {"image/png", "image/jpeg", "text/html"} <= set(links)
    picture = pictures.read(client.get(links["image/png"]))
    assert list(picture.bbox) == landing["extent"]["spatial"]["bbox"][0]
    assert picture.crs in landing["crs"]


def test_it_shows_every_collection(client: TestClient) -> None:
    """The divisions fill the city, and what is on them is drawn over them."""
    alone = pictures.ask(client, "/map", collections="divisions")
    everything = pictures.ask(client, "/map")
    assert everything.bbox == alone.bbox
    assert everything.drawn[alone.drawn].all()
    assert (everything.pixels != alone.pixels).any(axis=2).mean() > 0.05


def test_a_browser_gets_the_page_unless_it_asks_for_a_map(client: TestClient) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,image/avif,image/webp,*/*;q=0.8"}
    assert client.get("/map", headers=browser).headers["content-type"].startswith("text/html")
    asked = client.get("/map", params={"width": 30}, headers=browser)
    assert asked.headers["content-type"] == "image/png"
    assert client.get("/map?f=html").headers["content-type"].startswith("text/html")
    assert "'f'" in pictures.refused(client, "/map", f="html", width=30)["detail"]
