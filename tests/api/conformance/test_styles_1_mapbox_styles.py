"""OGC API - Styles 1 (draft 20-009), Mapbox Styles: stylesheets that MapLibre draws."""

from documents import get
from editing import Plots
from starlette.testclient import TestClient
from test_styles import MAPBOX, style_of

from cim.styles import checking

CLASS = "http://www.opengis.net/spec/ogcapi-styles-1/1.0/conf/mapbox-styles"


def test_content(client: TestClient) -> None:
    """/req/mapbox-styles: version 8, valid, by `f` and by Accept"""
    for each in get(client, "/styles")["styles"]:
        named = client.get(f"/styles/{each['id']}", params={"f": "mapbox"}).raise_for_status()
        accepted = client.get(f"/styles/{each['id']}", headers={"Accept": MAPBOX})
        assert named.headers["content-type"] == accepted.headers["content-type"] == MAPBOX
        body = named.json()
        assert body == accepted.json()
        assert (body["version"], checking.faults(body)) == (8, [])
        assert all(layer.get("source") in {None, *body["sources"]} for layer in body["layers"])


def test_what_was_given_comes_back(plots: Plots) -> None:
    style = style_of("plots", "#123456")
    put = plots.client.put("/styles/given", json=style, headers={"Content-Type": MAPBOX})
    assert put.status_code == 201
    assert get(plots.client, "/styles/given") == style
