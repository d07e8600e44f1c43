"""OGC API - Styles 1 (draft 20-009), Style Validation: refused, or tried."""

import pytest
from editing import Plots
from test_styles import MAPBOX, style_of

CLASS = "http://www.opengis.net/spec/ogcapi-styles-1/1.0/conf/style-validation"

KIND = {"Content-Type": MAPBOX}


@pytest.mark.parametrize(("method", "path"), [("POST", "/styles"), ("PUT", "/styles/tried")])
def test_dry_run(plots: Plots, method: str, path: str) -> None:
    """/req/style-validation: 204 for what is valid, and nothing is written"""
    before = plots.client.get("/styles").json()
    tried = {"dry-run": "true"}
    good = plots.client.request(method, path, json=style_of("plots"), params=tried, headers=KIND)
    assert (good.status_code, good.content) == (204, b"")
    bad = plots.client.request(
        method, path, json=style_of("plots", "reddish"), params=tried, headers=KIND
    )
    assert bad.status_code == 400
    assert plots.client.get("/styles").json() == before


@pytest.mark.parametrize("style", [{"version": 8}, [], style_of("plots", "reddish")])
def test_invalid_styles_are_refused(plots: Plots, style: object) -> None:
    """/req/style-validation: with the place of what is wrong"""
    answer = plots.client.put("/styles/wrong", json=style, headers=KIND)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["path"].startswith("$")
    assert plots.client.get("/styles/wrong").status_code == 404
