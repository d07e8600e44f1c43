"""OGC API - Features 4 (draft 20-002r1), Return Resource Representation: `Prefer` (RFC 7240)."""

import pytest
from documents import get
from editing import ITEMS, PATCH, Plots, feature
from test_features_4_create_replace_delete import made

CLASS = (
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/"
    "return-resource-representation-in-response"
)

WHOLE = {"Prefer": "return=representation"}


def test_created(plots: Plots) -> None:
    """/conf/return-resource-representation-in-response, of POST"""
    answer = plots.client.post(ITEMS, json=feature("returned"), headers=WHOLE)
    assert (answer.status_code, answer.headers["content-type"]) == (201, "application/geo+json")
    assert answer.headers["preference-applied"] == "return=representation"
    assert answer.json() == get(plots.client, f"{ITEMS}/{answer.json()['id']}")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_changed(plots: Plots, method: str) -> None:
    """/conf/return-resource-representation-in-response, of PUT and PATCH"""
    code = made(plots, f"by {method}")
    body = feature(f"by {method}", use="road")
    headers = WHOLE | (PATCH if method == "PATCH" else {})
    sent = {"properties": {"use": "road"}} if method == "PATCH" else body
    answer = plots.client.request(method, f"{ITEMS}/{code}", json=sent, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.json() == get(plots.client, f"{ITEMS}/{code}")
    assert answer.json()["properties"]["use"] == "road"


@pytest.mark.parametrize("prefer", [{}, {"Prefer": "return=minimal"}])
def test_minimal(plots: Plots, prefer: dict[str, str]) -> None:
    """Without it nothing but headers comes back."""
    answer = plots.client.post(ITEMS, json=feature(f"short {prefer}"), headers=prefer)
    assert (answer.status_code, answer.content) == (201, b"")
