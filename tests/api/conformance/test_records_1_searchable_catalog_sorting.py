"""OGC API - Records 1 (20-004r1), Searchable Catalog, Sorting: the order of its own."""

from documents import get, hrefs, walk
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/searchable-catalog/sorting"

ITEMS = "/collections/catalog/items"


def test_default_sort_order(client: TestClient) -> None:
    """/conf/searchable-catalog/sorting/default-sort-order: as the catalogue tells"""
    [order] = get(client, "/collections/catalog")["defaultSortOrder"]
    sign = "-" if order["direction"] == "desc" else ""
    named = walk(client, ITEMS, limit=9, sortby=f"{sign}{order['field']}")
    assert walk(client, ITEMS, limit=9) == named != []


def test_sortables_link(client: TestClient) -> None:
    """/conf/searchable-catalog/sorting/sortables"""
    relation = "http://www.opengis.net/def/rel/ogc/1.0/sortables"
    [href] = hrefs(get(client, "/collections/catalog"), relation)
    for name in get(client, href)["properties"]:
        page = get(client, ITEMS, sortby=f"-{name}", limit=1000)
        assert page["numberReturned"] == page["numberMatched"] > 20
