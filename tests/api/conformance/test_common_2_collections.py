"""OGC API - Common 2 (20-024), Collections."""

import pytest
from documents import CRS84, collections, get, hrefs
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections"


def test_collections_list(client: TestClient) -> None:
    """/conf/collections/collections-list-op, -success, -links"""
    [href] = hrefs(get(client, "/"), "data")
    body = get(client, href)
    assert [each for each in hrefs(body, "self") if client.get(each).status_code == 200]
    assert hrefs(body, "alternate", "text/html")
    assert all({"rel", "type"} <= link.keys() for link in body["links"])
    ids = [each["id"] for each in body["collections"]]
    assert len(ids) == len(set(ids)) > 10


def test_collections_list_collections(client: TestClient) -> None:
    """/conf/collections/collections-list-collections, description-op, description-success"""
    for listed in collections(client, None):
        [own] = set(hrefs(listed, "self"))
        alone = get(client, own)
        for name in ("id", "title", "description", "extent", "itemType", "crs"):
            assert alone.get(name) == listed.get(name), (listed["id"], name)
        assert own == f"/collections/{listed['id']}"


def test_description_links(client: TestClient) -> None:
    """/conf/collections/description-links: self, alternate, and ways to the data"""
    for collection in collections(client, None):
        assert hrefs(collection, "alternate", "text/html")
        assert hrefs(collection, "items")
        for link in collection["links"]:
            assert {"rel", "href", "type"} <= link.keys()


def test_description_extent(client: TestClient) -> None:
    """/conf/collections/description-extent, -multi: the first box and interval hold the others"""
    for collection in collections(client, None):
        spatial = collection["extent"]["spatial"]
        assert spatial["crs"] == CRS84
        whole, *parts = spatial["bbox"]
        for west, south, east, north in (whole, *parts):
            assert -180 <= whole[0] <= west <= east <= whole[2] <= 180
            assert -90 <= whole[1] <= south <= north <= whole[3] <= 90
        (begin, end), *others = collection["extent"]["temporal"]["interval"]
        for first, last in others:
            assert begin is None or begin <= first
            assert end is None or (last is not None and last <= end)


@pytest.mark.parametrize("name", ["nothing", "PARCELS", "dUmmYColLection"])
def test_what_is_not_there(client: TestClient, name: str) -> None:
    assert client.get(f"/collections/{name}").status_code == 404
