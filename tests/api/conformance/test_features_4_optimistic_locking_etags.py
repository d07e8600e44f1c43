"""OGC API - Features 4 (draft 20-002r1), Optimistic Locking by ETags: a lost update is a 412."""

import pytest
from editing import ITEMS, PATCH, Plots, feature
from test_features_4_create_replace_delete import made

CLASS = "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-etags"


def test_etags(plots: Plots) -> None:
    """/conf/optimistic-locking-etags/etag-header: strong, another one after each change"""
    code = made(plots, "tagged")
    first = plots.get(code).headers["etag"]
    assert first.startswith('"')
    assert plots.get(code).headers["etag"] == first
    plots.patch(code, {"properties": {"use": "wood"}}).raise_for_status()
    assert plots.get(code).headers["etag"] != first


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_if_match(plots: Plots, method: str) -> None:
    """/conf/optimistic-locking-etags/if-match: 412 with a tag of before, and nothing is done"""
    code = made(plots, f"locked {method}")
    old = plots.get(code).headers["etag"]
    plots.patch(code, {"properties": {"use": "wood"}}).raise_for_status()
    new = plots.get(code)
    body = {"PUT": feature(f"locked {method}"), "PATCH": {"properties": {"use": "road"}}}
    kind = PATCH if method == "PATCH" else {"Content-Type": "application/geo+json"}

    def write(tag: str) -> int:
        headers = {**kind, "If-Match": tag}
        answer = plots.client.request(
            method, f"{ITEMS}/{code}", json=body.get(method), headers=headers
        )
        return answer.status_code

    assert write(old) == 412
    assert plots.get(code).json() == new.json()
    assert write(new.headers["etag"]) in {200, 204}


def test_if_none_match(plots: Plots) -> None:
    """A reader that has it is told so."""
    code = made(plots, "read again")
    tag = plots.get(code).headers["etag"]
    again = plots.client.get(f"{ITEMS}/{code}", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
