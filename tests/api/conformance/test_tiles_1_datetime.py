"""OGC API - Tiles 1 (20-057), Datetime: by `datetime`, and by an axis of `subset`."""

import mapbox_vector_tile
import morecantile
import pytest
from starlette.testclient import TestClient
from story import CODES

CLASS = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/datetime"

_AT = morecantile.tms.get("WebMercatorQuad").tile(112.005, 32.005, 10)
TILES = [f"{p}/tiles/WebMercatorQuad/10/{_AT.y}/{_AT.x}" for p in ("", "/collections/plots")]
NAMES = {code: name for name, code in CODES.items()}


def _names(told: TestClient, path: str, **asked: str) -> str:
    answer = told.get(path, params=asked)
    assert answer.status_code in {200, 204}, answer.text
    drawn = mapbox_vector_tile.decode(answer.content) if answer.content else {}
    found = [f["properties"]["code"] for layer in drawn.values() for f in layer["features"]]
    return "".join(sorted(NAMES[code] for code in found))


def _items(told: TestClient, time: str) -> str:
    page = told.get("/collections/plots/items", params={"datetime": time, "limit": 100})
    return "".join(sorted(NAMES[f["id"]] for f in page.json()["features"]))


@pytest.mark.parametrize("path", TILES)
@pytest.mark.parametrize(
    ("subset", "time"),
    [
        ('datetime("2020-06-01T00:00:00Z")', "2020-06-01T00:00:00Z"),
        ('datetime("2022-03-01T00:00:00Z")', "2022-03-01T00:00:00Z"),
        ('datetime("2020-01-01T00:00:00Z":"2020-12-31T12:31:12Z")',
         "2020-01-01T00:00:00Z/2020-12-31T12:31:12Z"),
        ('datetime("2023-02-12T00:00:00Z":*)', "2023-02-12T00:00:00Z/.."),
        ('datetime(*:"2021-03-18T12:31:12Z")', "../2021-03-18T12:31:12Z"),
    ],
)  # fmt: skip
def test_axis(told: TestClient, path: str, subset: str, time: str) -> None:
    """/conf/datetime/axis: what was so then, as items have it"""
    found = _names(told, path, subset=subset)
    assert found == _names(told, path, datetime=time) == _items(told, time) != ""


@pytest.mark.parametrize("path", TILES)
def test_times_differ(told: TestClient, path: str) -> None:
    times = ("2020-06-01", "2021-02-01", "2021-08-01", "2023-02-01")
    found = [_names(told, path, subset=f'datetime("{time}")') for time in times]
    assert len(set(found)) == 4


@pytest.mark.parametrize(
    "subset", ["datetime(2020-06-01)", 'time("2020-06-01")', "datetime()", 'datetime("soon")', ""]
)
def test_what_is_no_time_is_refused(told: TestClient, client: TestClient, subset: str) -> None:
    for path in TILES:
        assert told.get(path, params={"subset": subset}).status_code == 400
    here = "/collections/imagery/map/tiles/WebMercatorQuad/12/1662/3324"
    assert client.get(here, params={"subset": subset}).status_code == 400


def test_pictures(client: TestClient) -> None:
    """/conf/datetime/axis, of map tiles"""
    here = "/collections/imagery/map/tiles/WebMercatorQuad/12/1662/3323"
    found = [
        client.get(here, params={"subset": f'datetime("{time}")'})
        for time in ("2024-05-01", "2025-05-01", "1999-01-01")
    ]
    assert found[0].content != found[1].content
    assert client.get(here, params={"datetime": "2024-05-01"}).content == found[0].content
    both = {"subset": 'datetime("2024-05-01")', "datetime": "2024-05-01"}
    assert client.get(here, params=both).status_code == 400
