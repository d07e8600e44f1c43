"""OGC API - Styles 1 (draft 20-009), Global Styles: those of the dataset, from the landing page."""

from documents import OGC, get, hrefs
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-styles-1/1.0/conf/global-styles"


def test_link(client: TestClient) -> None:
    """/req/global-styles/link"""
    assert hrefs(get(client, "/"), f"{OGC}styles", "application/json") == ["/styles"]


def test_the_default_draws_the_dataset(client: TestClient) -> None:
    """A style of several collections, whose tiles are there."""
    body = get(client, f"/styles/{get(client, '/styles')['default']}")
    assert len(body["sources"]) > 5
    for source in body["sources"].values():
        [template] = source["tiles"]
        address = template.replace("{z}", "12").replace("{y}", "1663").replace("{x}", "3324")
        assert client.get(address).status_code in {200, 204, 404}
