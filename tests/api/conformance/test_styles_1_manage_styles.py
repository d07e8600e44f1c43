"""OGC API - Styles 1 (draft 20-009), Manage Styles: added, put in place, changed, removed."""

from documents import get
from editing import Plots
from test_styles import MAPBOX, style_of

CLASS = "http://www.opengis.net/spec/ogcapi-styles-1/1.0/conf/manage-styles"

KIND = {"Content-Type": MAPBOX}


def test_create(plots: Plots) -> None:
    """/req/manage-styles: POST makes one, and tells where"""
    style = style_of("plots") | {"name": "created"}
    answer = plots.client.post("/styles", json=style, headers=KIND)
    assert answer.status_code == 201, answer.text
    where = answer.headers["location"]
    assert plots.client.get(where).raise_for_status().json() == style
    assert where.rpartition("/")[2] in [s["id"] for s in get(plots.client, "/styles")["styles"]]


def test_replace_and_delete(plots: Plots) -> None:
    """/req/manage-styles: PUT and DELETE"""
    assert plots.client.put("/styles/put", json=style_of("plots"), headers=KIND).status_code == 201
    other = style_of("plots", "#00ff00")
    assert plots.client.put("/styles/put", json=other, headers=KIND).status_code in {200, 204}
    assert get(plots.client, "/styles/put") == other
    assert plots.client.delete("/styles/put").status_code == 204
    assert plots.client.get("/styles/put").status_code == 404
    assert plots.client.delete("/styles/put").status_code == 404


def test_metadata(plots: Plots) -> None:
    """/req/manage-styles: PATCH of the metadata"""
    plots.client.put("/styles/told", json=style_of("plots"), headers=KIND).raise_for_status()
    patch = plots.client.patch("/styles/told/metadata", json={"title": "地块甲"})
    assert patch.status_code in {200, 204}
    assert get(plots.client, "/styles/told/metadata")["title"] == "地块甲"
