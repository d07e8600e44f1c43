"""OGC API - Maps 1, class collection-map: of features and of imagery."""

import pictures
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-maps-1/1.0/conf/collection-map"
MAP = "http://www.opengis.net/def/rel/ogc/1.0/map"


def test_collections_lead_to_their_maps(client: TestClient) -> None:
    for name in ("parcels", "imagery", "hydro_stations", "rivers"):
        document = client.get(f"/collections/{name}").json()
        links = [link for link in document["links"] if link["rel"] == MAP]
        assert {link["type"] for link in links} == {"image/png", "image/jpeg"}
        picture = pictures.read(client.get(links[0]["href"]))
        assert picture.crs in document["crs"]
        assert picture.drawn.any()


def test_imagery_is_drawn_as_its_tiles_are(client: TestClient) -> None:
    plain = pictures.ask(client, "/collections/imagery/map", width=200)
    assert plain.crs == pictures.CRS84
    assert plain.drawn.mean() > 0.9
    green = pictures.ask(client, "/collections/imagery/map", width=200, index="ndvi")
    assert (green.pixels != plain.pixels).any()


def test_there_is_none_of_what_is_not_there(client: TestClient) -> None:
    assert client.get("/collections/nothing/map").status_code == 404
