"""OGC API - Features 8 (draft 24-030), Features Sorting: items of every collection."""

from documents import OGC, collections, get, hrefs, pages, parameters
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/features-sorting"


def test_get_collection(client: TestClient) -> None:
    """/conf/features-sorting/get-conformance, get-collection"""
    assert CLASS in get(client, "/conformance")["conformsTo"]
    for each in collections(client):
        assert hrefs(each, f"{OGC}sortables") == [f"/collections/{each['id']}/sortables"]
        assert "sortby" in parameters(client, f"/collections/{each['id']}/items")


def test_filter_sorting(client: TestClient) -> None:
    """/conf/features-sorting/filter-sorting: with a filter and a box, page after page"""
    asked = {"sortby": "-area_m2", "filter": "landuse = '0801'", "bbox": "112,31,113,33"}
    seen, areas = set(), []
    for page in pages(client, "/collections/parcels/items", limit=90, **asked):
        for feature in page["features"]:
            assert feature["properties"]["landuse"] == "0801"
            seen.add(feature["id"])
            areas.append(feature["properties"]["area_m2"])
    assert areas == sorted(areas, reverse=True)
    assert len(seen) == len(areas) > 90


def test_every_sortable_of_every_collection(client: TestClient) -> None:
    for each in collections(client):
        here = f"/collections/{each['id']}"
        for name in get(client, f"{here}/sortables")["properties"]:
            page = get(client, f"{here}/items", sortby=f"-{name}", limit=2)
            assert page["numberReturned"] == 2, name
