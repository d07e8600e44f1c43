"""OGC API - Maps 1, class collections-selection: which collections, and which of them on top."""

import numpy as np
import pictures
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/collections-selection"
RIVERS, WATER = "rivers", "water_surfaces"


def test_those_that_are_named_are_drawn_and_no_others(client: TestClient) -> None:
    both = pictures.ask(client, "/map", collections=f"{RIVERS},{WATER}", width=400)
    box = ",".join(map(str, both.bbox))
    one, other = (
        pictures.ask(client, "/map", collections=name, bbox=box, width=400)
        for name in (RIVERS, WATER)
    )
    assert (one.drawn | other.drawn == both.drawn).all()


def test_the_last_one_is_on_top(client: TestClient) -> None:
    """Imagery hides what is drawn before it, and nothing of what is drawn after."""
    ask = {"bbox": "112.13,32.01,112.14,32.02", "width": 100}
    imagery = pictures.ask(client, "/map", collections="imagery", **ask)
    hidden = pictures.ask(client, "/map", collections="parcels,imagery", **ask)
    over = pictures.ask(client, "/map", collections="imagery,parcels", **ask)
    assert (hidden.pixels == imagery.pixels).all()
    assert np.abs(over.pixels.astype(int) - imagery.pixels).max() > 20


def test_names_of_nothing_are_refused(client: TestClient) -> None:
    assert client.get("/map", params={"collections": "parcels,nothing"}).status_code == 404
    many = ",".join(f"c{n}" for n in range(101))
    assert "'collections'" in pictures.refused(client, "/map", collections=many)["detail"]
