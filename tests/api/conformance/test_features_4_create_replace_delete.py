"""OGC API - Features 4 (draft 20-002r1), Create, Replace, Delete: the methods and their answers."""

import pytest
from documents import get
from editing import ITEMS, Plots, feature

CLASS = "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete"


def made(plots: Plots, number: str) -> str:
    answer = plots.client.post(ITEMS, json=feature(number))
    assert answer.status_code == 201, answer.text
    return answer.headers["location"].rpartition("/")[2]


def test_options(plots: Plots) -> None:
    """/conf/create-replace-delete/options: what is allowed is told"""
    code = made(plots, "options")
    told = plots.client.options(ITEMS).headers
    assert {"GET", "POST"} <= set(told["allow"].replace(" ", "").split(","))
    told = plots.client.options(f"{ITEMS}/{code}").headers
    assert {"GET", "PUT", "DELETE"} <= set(told["allow"].replace(" ", "").split(","))


def test_insert_post(plots: Plots) -> None:
    """/conf/create-replace-delete/insert-post-op, insert-body, insert-response, -rid"""
    answer = plots.client.post(ITEMS, json=feature("new"))
    assert answer.status_code == 201
    where = answer.headers["location"]
    assert where.startswith(f"http://testserver{ITEMS}/")
    got = plots.client.get(where).raise_for_status().json()
    assert got["properties"]["number"] == "new"
    assert got["geometry"] == feature("new")["geometry"]
    assert got["id"] == where.rpartition("/")[2]


def test_replace_put(plots: Plots) -> None:
    """/conf/create-replace-delete/update-put-op, update-put-body, update-put-response"""
    code = made(plots, "before")
    body = feature("before", 112.06, use="wood")
    answer = plots.client.put(f"{ITEMS}/{code}", json=body)
    assert answer.status_code in {200, 204}
    got = get(plots.client, f"{ITEMS}/{code}")
    assert (got["id"], got["geometry"]) == (code, body["geometry"])
    assert (got["properties"]["use"], got["properties"]["rank"]) == ("wood", None)
    assert plots.client.put(f"{ITEMS}/420602990101000009999", json=body).status_code == 404


def test_delete(plots: Plots) -> None:
    """/conf/create-replace-delete/delete-delete-op, delete-response"""
    code = made(plots, "gone")
    assert plots.client.delete(f"{ITEMS}/{code}").status_code in {200, 204}
    assert plots.client.get(f"{ITEMS}/{code}").status_code in {404, 410}
    assert plots.client.delete(f"{ITEMS}/{code}").status_code in {404, 410}
    listed = get(plots.client, ITEMS, limit=1000)["features"]
    assert code not in {each["id"] for each in listed}


@pytest.mark.parametrize("body", [[], {"type": "Point"}, {"type": "Feature"}, feature("x", nope=1)])
def test_exceptions(plots: Plots, body: object) -> None:
    """/conf/create-replace-delete/insert-body: what is no feature is refused"""
    before = get(plots.client, ITEMS, limit=1000)["features"]
    answer = plots.client.post(ITEMS, json=body)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"
    assert get(plots.client, ITEMS, limit=1000)["features"] == before
