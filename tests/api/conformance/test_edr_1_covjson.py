"""OGC API - EDR 1.1 (19-086r6), CoverageJSON, read by another program."""

import pytest
from covjson_pydantic.coverage import CoverageCollection
from documents import get
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/covjson"

STATIONS = "/collections/hydro_stations"
HOURS = {"datetime": "2024-07-14T00:00:00Z/2024-07-14T02:00:00Z"}
COVERAGE_JSON = "application/prs.coverage+json"


def _locations(client: TestClient) -> list[str]:
    return [f["id"] for f in get(client, f"{STATIONS}/locations")["features"]]


def test_definition(client: TestClient) -> None:
    """/conf/covjson/definition: the default, by `f`, and by Accept"""
    [first, *_] = _locations(client)
    for query, accept in (({}, "*/*"), ({"f": "CoverageJSON"}, "text/csv"), ({}, COVERAGE_JSON)):
        answer = client.get(
            f"{STATIONS}/locations/{first}", params={**HOURS, **query}, headers={"Accept": accept}
        )
        assert answer.raise_for_status().headers["content-type"] == COVERAGE_JSON


@pytest.mark.parametrize("parameters", [None, "stage", "stage,flow"])
def test_content(client: TestClient, parameters: str | None) -> None:
    """/conf/covjson/content"""
    for name in _locations(client):
        query = {**HOURS, **({"parameter-name": parameters} if parameters else {})}
        answer = client.get(f"{STATIONS}/locations/{name}", params=query).raise_for_status()
        found = CoverageCollection.model_validate_json(answer.text)
        assert found.parameters
        assert found.coverages
        for coverage in found.coverages:
            assert coverage.domain.axes.t is not None
            times = coverage.domain.axes.t.values
            for one, values in coverage.ranges.items():
                assert one in found.parameters
                assert len(values.values) == len(times) == 3  # type: ignore[union-attr]
