"""OGC API - Features 4 (draft 20-002r1), Update: PATCH with a merge patch (RFC 7396)."""

import pytest
from documents import get
from editing import ITEMS, Plots
from test_features_4_create_replace_delete import made

CLASS = "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/update"


def test_options(plots: Plots) -> None:
    """/conf/update/options: PATCH, and what it takes"""
    told = plots.client.options(f"{ITEMS}/{made(plots, 'patched')}").headers
    assert "PATCH" in told["allow"]
    assert "application/merge-patch+json" in told["accept-patch"]


def test_patch(plots: Plots) -> None:
    """/conf/update/update-patch-op, -response: what is named changes, null takes away"""
    code = made(plots, "partly")
    before = get(plots.client, f"{ITEMS}/{code}")
    patch = {"properties": {"use": "wood", "rank": 3}}
    assert plots.patch(code, patch).status_code in {200, 204}
    after = get(plots.client, f"{ITEMS}/{code}")
    assert after["properties"] == before["properties"] | {"use": "wood", "rank": 3}
    assert after["geometry"] == before["geometry"]
    assert plots.patch(code, {"properties": {"use": None}}).status_code in {200, 204}
    assert get(plots.client, f"{ITEMS}/{code}")["properties"]["use"] is None


def test_what_is_not_there(plots: Plots) -> None:
    """/conf/update/update-patch-response: 404, as for what never was"""
    assert plots.patch("420602990101000009999", {"properties": {}}).status_code == 404


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/json-patch+json"])
def test_other_media_types(plots: Plots, kind: str) -> None:
    """/conf/update/update-patch-body: 415 for what is not taken"""
    answer = plots.patch(made(plots, f"as {kind}"), {"properties": {}}, Content_Type=kind)
    assert answer.status_code == 415
