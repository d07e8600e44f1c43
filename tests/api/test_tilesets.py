"""Tilesets of every tile matrix set, of one collection and of several, now and then."""

import json
from typing import Any

import mapbox_vector_tile
import morecantile
import pytest
from starlette.testclient import TestClient

from tiles.matrix_sets import CGCS2000_QUAD, EVERYBODYS, MatrixSet

PLACE = (112.145, 32.012)
CITY = {
    "crs": "http://www.opengis.net/def/crs/EPSG/0/4546",
    "orderedAxes": ["X", "Y"],
    "tileMatrices": [
        {
            "id": "0",
            "scaleDenominator": 10 / 0.00028,
            "cellSize": 10,
            "pointOfOrigin": [3_560_000, 600_000],
            "tileWidth": 256,
            "tileHeight": 256,
            "matrixWidth": 100,
            "matrixHeight": 100,
        }
    ],
}


def layers(body: bytes) -> dict[str, Any]:
    return mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})  # type: ignore[no-any-return]


def codes(body: bytes, layer: str = "parcels") -> set[str]:
    return {f["properties"]["code"] for f in layers(body)[layer]["features"]}


def around(matrix_set: MatrixSet, z: int) -> tuple[str, tuple[float, float, float, float]]:
    """Path below a tileset, and the box, of the tile of a geographic set at PLACE."""
    width = 360 / matrix_set.model.matrix(z).matrixWidth
    tile = matrix_set.address(z, int((PLACE[0] + 180) / width), int((90 - PLACE[1]) / width))
    return f"{z}/{tile.y}/{tile.x}", tile.bounds()


def test_a_tile_of_tianditu_has_the_items_of_its_box(client: TestClient) -> None:
    path, box = around(CGCS2000_QUAD, 15)
    body = client.get(f"/collections/parcels/tiles/CGCS2000Quad/{path}").raise_for_status().content
    inside = ",".join(map(str, (box[0] + 1e-6, box[1] + 1e-6, box[2] - 1e-6, box[3] - 1e-6)))
    page = client.get(f"/collections/parcels/items?limit=10000&bbox={inside}").json()
    found = codes(body)
    assert {feature["id"] for feature in page["features"]} <= found
    assert len(found) > 20
    path, _ = around(EVERYBODYS["WorldCRS84Quad"], 14)
    same = client.get(f"/collections/parcels/tiles/WorldCRS84Quad/{path}").content
    assert codes(same) == found


def test_shapes_of_a_geographic_tile_lie_where_they_are(client: TestClient) -> None:
    """To a unit of the tile in degrees."""
    path, (west, south, east, north) = around(CGCS2000_QUAD, 16)
    body = client.get(f"/collections/parcels/tiles/CGCS2000Quad/{path}").content
    checked = 0
    for feature in layers(body)["parcels"]["features"]:
        [ring] = feature["geometry"]["coordinates"] or [[]]
        if any(not 64 < n < 4032 for corner in ring for n in corner):
            continue
        item = client.get(f"/collections/parcels/items/{feature['properties']['code']}").json()
        whole = [tuple(c[:2]) for r in item["geometry"]["coordinates"][0] for c in [r]]
        if item["geometry"]["type"] != "Polygon":
            continue
        unit = (east - west) / 4096
        for x, y in ring:
            place = (west + x * unit, north - y * (north - south) / 4096)
            assert min(max(abs(place[0] - a), abs(place[1] - b)) for a, b in whole) <= unit
        checked += 1
    assert checked > 3


@pytest.mark.parametrize("name", [*EVERYBODYS])
def test_tilesets_say_what_they_are(client: TestClient, name: str) -> None:
    known = client.get("/tileMatrixSets").raise_for_status().json()["tileMatrixSets"]
    assert name in {each["id"] for each in known}
    tileset = client.get(f"/collections/parcels/tiles/{name}").raise_for_status().json()
    links = {link["rel"]: link["href"] for link in tileset["links"]}
    definition = client.get(links["http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"]).json()
    assert definition["id"] == name
    read = morecantile.TileMatrixSet.model_validate(definition)
    [limits] = [x for x in tileset["tileMatrixSetLimits"] if x["tileMatrix"] == "14"]
    assert limits["maxTileCol"] < read.matrix(14).matrixWidth
    first = tileset["layers"][0]["propertiesSchema"]["properties"]
    assert first["area_m2"] == {"type": "number", "format": "double"}
    where = links["item"].replace("{tileMatrix}", "14")
    row, column = limits["minTileRow"], limits["minTileCol"]
    outside = where.replace("{tileRow}", str(row - 1)).replace("{tileCol}", str(column))
    assert client.get(outside).status_code == 404


def test_tile_json_is_for_maplibre(client: TestClient) -> None:
    said = client.get("/collections/parcels/tiles/WebMercatorQuad?f=tilejson").raise_for_status()
    assert said.headers["content-type"] == "application/vnd.mapbox.tilejson+json"
    body = said.json()
    quad = morecantile.tms.get("WebMercatorQuad").tile(*PLACE, 15)
    [template] = body["tiles"]
    address = template.replace("{z}", "15").replace("{y}", str(quad.y)).replace("{x}", str(quad.x))
    assert codes(client.get(address).raise_for_status().content)
    assert body["vector_layers"][0]["fields"]["area_m2"] == "Number"
    refused = client.get("/collections/parcels/tiles/CGCS2000Quad?f=tilejson")
    assert (refused.status_code, "WebMercatorQuad" in refused.json()["detail"]) == (400, True)


def test_a_tile_of_several_collections(client: TestClient) -> None:
    quad = morecantile.tms.get("WebMercatorQuad").tile(*PLACE, 14)
    here = f"/tiles/WebMercatorQuad/14/{quad.y}/{quad.x}"
    both = client.get(f"{here}?collections=buildings,parcels").raise_for_status().content
    alone = client.get(f"/collections/parcels{here}").content
    assert set(layers(both)) == {"buildings", "parcels"}
    assert codes(both) == codes(alone)
    assert set(layers(client.get(here).content)) > {"buildings", "parcels", "divisions"}
    for wrong, status in (("nothing", 404), ("imagery", 404), ("", 404)):
        assert client.get(f"{here}?collections={wrong}").status_code == status
    assert client.get("/tiles/WebMercatorQuad/14/0/0").status_code == 404


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/collections/imagery/tiles", "/collections/imagery/map/tiles"),
        ("/collections/imagery/schema", "/collections/imagery/coverage"),
        ("/collections/parcels/coverage", "/collections/parcels/items"),
        ("/collections/nothing/tiles", "there is no layer 'nothing'"),
    ],
)
def test_a_collection_of_another_kind_says_what_it_has(
    client: TestClient, path: str, says: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert says in answer.json()["detail"]


def test_a_tile_of_a_time_before_there_was_anything(client: TestClient) -> None:
    quad = morecantile.tms.get("WebMercatorQuad").tile(*PLACE, 15)
    here = f"/collections/parcels/tiles/WebMercatorQuad/15/{quad.y}/{quad.x}"
    assert client.get(f"{here}?datetime=1999-01-01").status_code == 204
    now = codes(client.get(here).content)
    assert codes(client.get(f"{here}?datetime=2999-01-01T00:00:00Z").content) == now
    assert client.get(f"{here}?datetime=yesterday").status_code == 400


def test_a_city_registers_its_own(writing: TestClient) -> None:
    answer = writing.put("/tileMatrixSets/XiangyangGK", json=CITY)
    assert answer.status_code == 201
    assert answer.headers["location"].endswith("/tileMatrixSets/XiangyangGK")
    made = answer.json()
    assert made == writing.get("/tileMatrixSets/XiangyangGK").raise_for_status().json()
    assert made["orderedAxes"] == ["X", "Y"]
    listed = writing.get("/tileMatrixSets").json()["tileMatrixSets"]
    assert [each["id"] for each in listed][-1] == "XiangyangGK"
    inches = json.loads(json.dumps(CITY))
    inches["tileMatrices"][0]["scaleDenominator"] = 10 / 0.0254 * 96
    for name, document, status in (
        ("WebMercatorQuad", CITY, 422),
        ("Other", inches, 422),
        ("Other", CITY | {"id": "XiangyangGK"}, 422),
        ("Other", CITY | {"crs": "http://www.opengis.net/def/crs/EPSG/0/999"}, 422),
        ("Other", {}, 422),
    ):
        answer = writing.put(f"/tileMatrixSets/{name}", json=document)
        assert (answer.status_code, answer.headers["content-type"]) == (
            status,
            "application/problem+json",
        )
    moved = json.loads(json.dumps(CITY))
    moved["tileMatrices"][0]["pointOfOrigin"][0] += 10
    replaced = writing.put("/tileMatrixSets/XiangyangGK", json=moved)
    assert (replaced.status_code, replaced.json() != made) == (200, True)
    assert writing.delete("/tileMatrixSets/XiangyangGK").status_code == 204
    assert writing.get("/tileMatrixSets/XiangyangGK").status_code == 404
    assert writing.delete("/tileMatrixSets/XiangyangGK").status_code == 404


@pytest.mark.parametrize(
    ("f", "magic"), [("png", b"\x89PNG"), ("webp", b"RIFF"), ("jpeg", b"\xff\xd8")]
)
def test_pictures_in_three_formats_and_in_the_grid_of_tianditu(
    client: TestClient, f: str, magic: bytes
) -> None:
    path, _ = around(CGCS2000_QUAD, 13)
    here = f"/collections/imagery/map/tiles/CGCS2000Quad/{path}"
    answer = client.get(here, params={"f": f}).raise_for_status()
    assert answer.headers["content-type"] == f"image/{f}"
    assert answer.content.startswith(magic)
    assert client.get(here, headers={"Accept": f"image/{f}"}).content == answer.content
