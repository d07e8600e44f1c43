"""HTML pages: in the language asked for, every link leading somewhere."""

import re

import pytest
from starlette.testclient import TestClient

PAGES = (
    "/",
    "/conformance",
    "/collections",
    "/collections/parcels",
    "/collections/parcels/items",
    "/api",
)


@pytest.mark.parametrize("path", PAGES)
def test_links_of_a_page_lead_somewhere(client: TestClient, path: str) -> None:
    body = client.get(f"{path}?f=html").raise_for_status().text
    for href in set(re.findall(r'href="([^"]+)"', body)):
        if not href.startswith("data:"):
            address = href.replace("&amp;", "&").removeprefix("http://testserver")
            assert client.get(address).status_code in {200, 204}, address


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_in_the_language_asked_for(client: TestClient, path: str) -> None:
    assert '<html lang="zh-CN">' in client.get(path, headers={"Accept": "text/html"}).text
    assert '<html lang="en">' in client.get(f"{path}?f=html&lang=en").text


def test_the_page_of_a_feature_shows_its_fields(client: TestClient) -> None:
    feature = client.get("/collections/parcels/items?limit=1").json()["features"][0]
    body = client.get(f"/collections/parcels/items/{feature['id']}?f=html").text
    for name, value in feature["properties"].items():
        assert name in body
        if isinstance(value, str):
            assert value in body


def test_markup_in_data_is_shown_as_text(client: TestClient) -> None:
    answer = client.get("/", params={"f": "html", "lang": '"><script>'})
    assert "<script>" not in answer.text
