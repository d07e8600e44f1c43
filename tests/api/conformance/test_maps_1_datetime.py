"""OGC API - Maps 1, class datetime: maps of a time."""

import numpy as np
import pictures
import pytest
import story
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/datetime"
PLOTS = "/collections/plots/map"
BOX = {"bbox": "111.99,31.995,112.15,32.015", "width": 320, "height": 40}


def middles(picture: pictures.Picture) -> set[str]:
    """The plots whose middle is drawn; BEFORE is where A was."""
    places = {name: west + 0.005 for name, west in story.WEST.items()} | {"BEFORE": 112.005}
    columns = {name: int((x - 111.99) / 0.16 * 320) for name, x in places.items()}
    return {name for name, column in columns.items() if picture.drawn[20, column]}


@pytest.mark.parametrize("words", ["datetime", "subset"])
def test_things_are_where_they_were(told: TestClient, words: str) -> None:
    def at(moment: str) -> set[str]:
        given = {"subset": f'time("{moment}")'} if words == "subset" else {"datetime": moment}
        return middles(pictures.ask(told, PLOTS, **BOX, **given))

    then, now = at("2020-06-01"), middles(pictures.ask(told, PLOTS, **BOX))
    assert "BEFORE" in then
    assert "A" not in then
    assert {"A", "C", "E", "F"} <= now
    assert not {"BEFORE", "D", "G"} & now
    assert {"D", "G"} <= then
    assert not {"C", "E"} & then


def test_the_answer_says_the_time(told: TestClient, client: TestClient) -> None:
    picture = pictures.ask(told, PLOTS, datetime="2020-01-01/2021-01-01", width=20)
    assert picture.answer.headers["content-datetime"].startswith("2020-01-01T00:00:00+00:00/2021")
    scenes = pictures.ask(client, "/collections/imagery/map", width=20)
    assert scenes.answer.headers["content-datetime"].startswith("2024-05-01")


def test_imagery_of_a_time(client: TestClient) -> None:
    path = "/collections/imagery/map"
    first, last = (
        pictures.ask(client, path, datetime=day, width=100) for day in ("2024-05-01", "2025-05-01")
    )
    assert np.abs(first.pixels.astype(int) - last.pixels.astype(int)).max() > 20
    assert client.get(path, params={"datetime": "2001-01-01"}).status_code == 404


def test_times_that_are_none_are_refused(told: TestClient) -> None:
    assert "'datetime'" in pictures.refused(told, PLOTS, datetime="yesterday")["detail"]
    twice = pictures.refused(told, PLOTS, datetime="2020-01-01", subset='time("2020-01-01")')
    assert "'subset'" in twice["detail"]
