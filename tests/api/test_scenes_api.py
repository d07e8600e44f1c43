"""Mosaics, indices and scenes over HTTP, over the sample city."""

import json

import numpy as np
import pystac
import pytest
import rasterio
from starlette.testclient import TestClient

from api.cli.sample import SAMPLES
from tiles import coverage, raster

TILE = "/collections/imagery/map/tiles/WebMercatorQuad/13/3326/6648"
COVERAGE = "/collections/imagery/coverage"
PART = "subset=x(610000:610200),y(3545000:3545200)"


def test_an_index_of_a_coverage_is_worked_out(client: TestClient) -> None:
    answer = client.get(f"{COVERAGE}?index=ndvi&{PART}&datetime=2025-05-01").raise_for_status()
    with rasterio.MemoryFile(answer.content) as memory, memory.open() as made:
        assert made.descriptions == ("ndvi",)
        found, window = made.read(1, masked=True), made.bounds
    with rasterio.open(SAMPLES / "imagery_2025-05-01.tif") as file:
        names = [name.lower() for name in file.descriptions]
        where = file.window(*window)
        red, nir = (
            file.read(names.index(name) + 1, window=where).astype(float) * file.scales[0]
            + file.offsets[0]
            for name in ("red", "nir")
        )
    np.testing.assert_allclose(found, (nir - red) / (nir + red), atol=1e-5)
    same = client.get(f"{COVERAGE}?expression=(nir-red)/(nir%2Bred)&{PART}&f=json&datetime=2025")
    assert same.status_code == 400  # 2025 is no date
    same = client.get(f"{COVERAGE}?expression=(nir-red)/(nir%2Bred)&{PART}&f=json")
    values = same.raise_for_status().json()["ranges"]["expression"]["values"]
    np.testing.assert_allclose(np.reshape(values, found.shape), found, atol=1e-5)


def test_a_tile_is_drawn_as_it_is_asked_for(client: TestClient) -> None:
    plain = client.get(TILE).raise_for_status().content
    asked = (
        "index=ndvi",
        "index=ndwi&colormap=viridis&rescale=-0.5,0.5",
        "properties=nir,red,green",
        "properties=nir",
        "rescale=0,9000",
        "expression=nir-red&rescale=0,3000",
        "datetime=2024-05-01",
    )
    pictures = {client.get(f"{TILE}?{query}").raise_for_status().content for query in asked}
    assert len(pictures | {plain}) == len(asked) + 1
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)


def test_what_is_known_is_not_drawn_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = (
        *(TILE, f"{TILE}?index=ndvi", f"{TILE}?index=ndvi&rescale=0,1", f"{TILE}?f=webp"),
        f"{TILE}?datetime=2024-05-01",
        TILE.replace("6648", "6647"),
        *(f"{COVERAGE}?{PART}", f"{COVERAGE}?{PART}&f=json", f"{COVERAGE}?{PART}&index=ndvi"),
        *(f"{COVERAGE}?{PART}&properties=red", COVERAGE),
    )
    tags = {}
    for path in asked:
        first = client.get(path).raise_for_status()
        assert first.headers["cache-control"] == "no-cache"
        tags[path] = first.headers["etag"]
    assert len(set(tags.values())) == len(asked)
    assert client.get(TILE, headers={"If-None-Match": tags[asked[1]]}).status_code == 200
    monkeypatch.setattr(raster, "tile", None)
    monkeypatch.setattr(coverage, "read", None)
    for path, tag in tags.items():
        same = client.get(path, headers={"If-None-Match": f'"x", {tag}'})
        assert (same.status_code, same.content) == (304, b"")
        assert (same.headers["etag"], same.headers["cache-control"]) == (tag, "no-cache")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("index=evi", "known are ndvi, ndwi, mndwi"),
        ("index=mndwi", "no band 'swir16'; the scene imagery_2025-05-01"),
        ("index=ndvi&expression=nir", "give one of them"),
        ("expression=nir%2Bmauve&rescale=0,1", "no band 'mauve'"),
        ("expression=nir", "needs rescale"),
        ("expression=__import__", "no band '__import__'"),
        ("expression=a.b", "is no formula"),
        ("properties=red,nir", "one band or three"),
        ("properties=mauve", "no band 'mauve'"),
        ("rescale=9,1", "LOW,HIGH"),
        ("rescale=nan,1", "LOW,HIGH"),
        ("colormap=mauve&index=ndvi", "no colour map 'mauve'"),
        ("colormap=viridis", "one band"),
    ],
)
def test_a_tile_that_cannot_be_drawn_is_told_why(client: TestClient, query: str, says: str) -> None:
    if query == "expression=__import__":
        query += "&rescale=0,1"
    answer = client.get(f"{TILE}?{query}")
    assert answer.status_code == 400
    assert says in answer.json()["detail"]


def test_scenes_are_listed_and_are_stac_items(client: TestClient) -> None:
    listed = client.get("/collections/imagery/scenes").raise_for_status().json()["scenes"]
    assert [scene["datetime"][:4] for scene in listed] == ["2025", "2024"]
    only = client.get("/collections/imagery/scenes?datetime=2024-05-01").json()["scenes"]
    assert only == listed[1:]
    answer = client.get(listed[0]["links"][0]["href"]).raise_for_status()
    assert answer.headers["content-type"] == "application/geo+json"
    item = pystac.Item.from_dict(answer.json())
    assert (item.id, item.collection_id) == (listed[0]["id"], "imagery")
    assert client.get("/collections/imagery/scenes/nothing").status_code == 404
    assert client.get("/collections/imagery/scenes/nothing/cog").status_code == 404
    cog = client.get(item.assets["data"].href).raise_for_status()
    assert int(cog.headers["content-length"]) == len(cog.content)
    assert len(cog.content) == item.assets["data"].extra_fields["file:size"]


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("bytes=0-99", 206, slice(0, 100)),
        ("bytes=100-", 206, slice(100, None)),
        ("bytes=-7", 206, slice(-7, None)),
        ("bytes=5-5", 206, slice(5, 6)),
        ("bytes=0-1,5-6", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("bytes=99999999999-", 416, slice(0, 0)),
    ],
)
def test_a_file_is_given_in_ranges(
    client: TestClient, wanted: str, status: int, part: slice
) -> None:
    path = "/collections/imagery/coverage?datetime=2024-05-01"
    whole = client.get(path).raise_for_status().content
    answer = client.get(path, headers={"Range": wanted})
    assert answer.status_code == status
    assert status == 416 or answer.content == whole[part]
    if status == 206:
        begin, end, _ = part.indices(len(whole))
        assert answer.headers["content-range"] == f"bytes {begin}-{end - 1}/{len(whole)}"


def test_the_description_tells_of_it(client: TestClient) -> None:
    paths = client.get("/api").json()["paths"]
    address = "{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}"
    tile = paths[f"/collections/imagery/map/tiles/{address}"]["get"]
    told = json.dumps(tile["parameters"])
    for name in ("index", "expression", "rescale", "colormap"):
        assert name in told
    for path in ("scenes", "scenes/{scene}", "scenes/{scene}/cog"):
        assert f"/collections/imagery/{path}" in paths
