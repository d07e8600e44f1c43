"""OGC API - Records 1 (20-004r1), Autodiscovery: ways from the landing page to the catalogue."""

from documents import HTML, get, hrefs
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/autodiscovery"

REL = "http://www.opengis.net/def/rel/ogc/1.0/ogc-catalog"


def test_links(client: TestClient) -> None:
    """/conf/autodiscovery/links: a link of the document"""
    [href] = hrefs(get(client, "/"), REL)
    page = get(client, href)
    assert {"type", "title"} <= page["features"][0]["properties"].keys()


def test_html(client: TestClient) -> None:
    """/conf/autodiscovery/links: a `link` in the head of the page"""
    page = client.get("/", headers=HTML).raise_for_status().text
    head = page.partition("</head>")[0]
    [tag] = [part for part in head.split("<") if part.startswith("link") and REL in part]
    assert 'href="http://testserver/collections/catalog' in tag
