"""OGC API - Records 1 (20-004r1), Searchable Catalog: pages, refusals, counts."""

import pytest
from documents import get, hrefs, pages
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/searchable-catalog"

ITEMS = "/collections/catalog/items"


@pytest.mark.parametrize("query", [{}, {"type": "dataset"}, {"q": "宗地"}])
def test_pages(client: TestClient, query: dict[str, str]) -> None:
    """/conf/searchable-catalog/record-response, links: every record once, the count is exact"""
    seen, matched = [], set()
    for page in pages(client, ITEMS, limit=4, **query):
        assert page["numberReturned"] == len(page["features"]) <= 4
        matched.add(page["numberMatched"])
        seen += [record["id"] for record in page["features"]]
        assert hrefs(page, "self")
        assert hrefs(page, "alternate", "text/html")
    assert matched == {len(seen)}
    assert len(set(seen)) == len(seen) > 0


@pytest.mark.parametrize("query", ["unknown=1", "limit=none", "bbox=1", "datetime=x", "type=fish"])
def test_query_params(client: TestClient, query: str) -> None:
    """/conf/searchable-catalog/query-param-unknown, query-param-invalid"""
    assert client.get(f"{ITEMS}?{query}").status_code == 400


def test_links_of_the_catalog(client: TestClient) -> None:
    body = get(client, "/collections/catalog")
    for kind in ("queryables", "sortables"):
        [href] = hrefs(body, f"http://www.opengis.net/def/rel/ogc/1.0/{kind}")
        assert get(client, href)["properties"]
