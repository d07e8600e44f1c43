"""Scenes over HTTP: coverage as GeoTIFF and CoverageJSON, map tiles, in every worker at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.io import DatasetReader
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.cli.sample import SAMPLES
from cim.access import ANONYMOUS
from cim.settings import Settings
from layers import raster, store
from layers.raster import RasterFile

COVERAGE = "/collections/imagery/coverage"
BOX = (112.15, 32.01, 112.17, 32.02)
IN_BOX = f"{COVERAGE}?bbox={','.join(map(str, BOX))}"
TIFF = "image/tiff; application=geotiff"


@pytest.fixture(scope="module")
def late() -> Iterator[DatasetReader]:
    """The later of the two scenes of the sample city, in EPSG:4546."""
    with rasterio.open(SAMPLES / "imagery_2025-05-01.tif") as file:
        yield file


@contextmanager
def opened(answer: Any) -> Iterator[DatasetReader]:
    answer.raise_for_status()
    assert answer.headers["content-type"] == TIFF
    with rasterio.MemoryFile(answer.content) as memory, memory.open() as made:
        yield made


def test_the_whole_coverage_is_the_latest_scene(client: TestClient, late: DatasetReader) -> None:
    answer = client.get(COVERAGE)
    assert "imagery_20250501T030500Z.tif" in answer.headers["content-disposition"]
    with opened(answer) as made:
        np.testing.assert_array_equal(made.read(), late.read())
        assert (made.crs, made.transform, made.descriptions) == (
            late.crs,
            late.transform,
            late.descriptions,
        )


def test_gdal_reads_it_in_ranges(client: TestClient) -> None:
    part = client.get(COVERAGE, headers={"Range": "bytes=0-15"})
    assert part.status_code == 206
    assert part.content == client.get(COVERAGE).content[:16]


def test_a_box_gives_the_pixels_of_its_place(client: TestClient, late: DatasetReader) -> None:
    to_grid = Transformer.from_crs(4490, 4546, always_xy=True)
    for suffix in ("", "&f=geotiff", "&f=GTiff"):
        with opened(client.get(IN_BOX + suffix)) as made:
            window = late.window(*made.bounds).round_offsets().round_lengths()
            np.testing.assert_array_equal(made.read(), late.read(window=window))
            for corner in ((0, 1), (0, 3), (2, 1), (2, 3)):
                x, y = to_grid.transform(BOX[corner[0]], BOX[corner[1]])
                assert made.bounds.left <= x <= made.bounds.right
                assert made.bounds.bottom <= y <= made.bounds.top
            west, _, east, _ = late.bounds
            assert made.width * 10 < 2000 < east - west


def test_subsets_bands_and_a_box_together(client: TestClient, late: DatasetReader) -> None:
    query = "subset=x(610000:611000),y(3545000:3545500)&properties=nir,blue"
    with opened(client.get(f"{COVERAGE}?{query}")) as made:
        assert made.bounds == (610_000, 3_545_000, 611_000, 3_545_500)
        window = late.window(*made.bounds)
        np.testing.assert_array_equal(made.read(), late.read([4, 1], window=window))
        assert made.descriptions == ("nir", "blue")
    with opened(client.get(f"{IN_BOX}&subset=x(609000:609100)")) as narrow:
        assert (narrow.width, narrow.bounds.left) == (10, 609_000)


def test_coverage_json_has_the_values_of_its_places(
    client: TestClient, late: DatasetReader
) -> None:
    asked = f"{COVERAGE}?subset=x(610000:610500),y(3545000:3545300)&properties=red,nir"
    answer = client.get(f"{asked}&f=json").raise_for_status()
    assert answer.headers["content-type"] == "application/prs.coverage+json"
    document = answer.json()
    assert client.get(asked, headers={"Accept": "application/json"}).json() == document
    axes = document["domain"]["axes"]
    x, y = (np.linspace(a["start"], a["stop"], a["num"]) for a in (axes["x"], axes["y"]))
    assert axes["t"]["values"] == ["2025-05-01T03:05:00Z"]
    for index, name in ((3, "red"), (4, "nir")):
        places = [(easting, northing) for northing in y for easting in x]
        assert document["ranges"][name]["values"] == [
            int(value[0]) for value in late.sample(places, index)
        ]


@pytest.mark.parametrize(
    ("when", "year"),
    [
        ("2024-05-01", 2024),
        ("2024-05-01T03:05:00Z", 2024),
        ("2024-05-01T20:00:00+08:00", 2024),
        ("../2024-12-31", 2024),
        ("2024-01-01/..", 2025),
        ("2024-01-01/2025-12-31", 2025),
    ],
)
def test_datetime_chooses_the_scene(client: TestClient, when: str, year: int) -> None:
    answer = client.get(COVERAGE, params={"datetime": when}).raise_for_status()
    assert f"imagery_{year}0501" in answer.headers["content-disposition"]
    document = client.get(
        COVERAGE, params={"datetime": when, "subset": "x(610000),y(3545000)", "f": "json"}
    )
    assert document.json()["domain"]["axes"]["t"]["values"][0].startswith(str(year))


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("bbox=1,2,3", 400, "bbox"),
        ("bbox=112,33,113,32", 400, "bbox"),
        ("bbox=a,b,c,d", 400, "bbox"),
        ("subset=x", 400, "subset"),
        ("subset=", 400, "subset"),
        ("subset=Long(112:113)", 400, "axis"),
        ("subset=x(low:high)", 400, "x"),
        ("subset=x(9:3)", 400, "x"),
        ("subset=x()", 400, "x"),
        ("properties=red,mauve", 400, "mauve"),
        ("properties=", 400, "blue, green, red, nir"),
        ("datetime=yesterday", 400, "datetime"),
        ("f=netcdf", 400, "netcdf"),
        ("crs=EPSG:4326", 400, "crs"),
        ("bbox=10,50,11,51", 404, "10,50,11,51"),
        ("subset=x(1:2)", 404, "nothing"),
        ("datetime=2019-01-01", 404, "2019-01-01"),
        ("f=json", 413, "1,000,000"),
    ],
)
def test_bad_questions_are_told_what_is_wrong(
    client: TestClient, query: str, status: int, says: str
) -> None:
    answer = client.get(f"{COVERAGE}?{query}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert says in answer.json()["detail"]


def test_what_is_no_raster_has_no_coverage_and_no_map(client: TestClient) -> None:
    for path in ("coverage", "map/tiles", "map/tiles/WebMercatorQuad/10/415/830"):
        assert client.get(f"/collections/parcels/{path}").status_code == 404
        assert client.get(f"/collections/nothing/{path}").status_code == 404
    accept = {"Accept": "image/jpeg"}
    assert client.get(COVERAGE, headers=accept).status_code == 406


def test_the_collection_leads_to_tiles(client: TestClient) -> None:
    collection = client.get("/collections/imagery").json()
    assert collection["extent"]["temporal"]["interval"] == [
        ["2024-05-01T03:05:00Z", "2025-05-01T03:05:00Z"]
    ]
    links = {link["rel"].rpartition("/")[2]: link["href"] for link in collection["links"]}
    listed = client.get(links["tilesets-map"]).json()["tilesets"][0]
    tileset = client.get(listed["links"][0]["href"]).json()
    assert listed["dataType"] == tileset["dataType"] == "map"
    item = next(link for link in tileset["links"] if link["rel"] == "item")
    address = {"{tileMatrix}": "13", "{tileRow}": "3326", "{tileCol}": "6648"}
    href = item["href"]
    for name, value in address.items():
        href = href.replace(name, value)
    tile = client.get(href).raise_for_status()
    assert tile.headers["content-type"] == item["type"] == "image/png"
    assert tile.content.startswith(b"\x89PNG")
    before = client.get(href, params={"datetime": "2024-05-01"}).raise_for_status()
    assert before.content != tile.content


@pytest.mark.parametrize(
    ("tile", "status"),
    [("13/3326/1", 404), ("13/9999/1", 404), ("25/0/0", 404), ("13/3326/6648?datetime=x", 400)],
)
def test_tiles_that_are_not_drawn(client: TestClient, tile: str, status: int) -> None:
    answer = client.get(f"/collections/imagery/map/tiles/WebMercatorQuad/{tile}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_every_worker_serves_what_another_process_loads_replaces_and_removes(
    serve: Callable[[Settings, int], str],
    engine: Engine,
    tmp_path: Path,
    write_geotiff: Callable[..., Path],
) -> None:
    url = engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    settings = Settings(tmp_path, url)
    base = f"{serve(settings, 2)}/collections/news"
    corner = f"{base}/coverage?f=json&subset=x(603605),y(3550535)"
    tile = f"{base}/map/tiles/WebMercatorQuad/13/3325/6647"

    def ask(address: str) -> list[httpx.Response]:
        """Each over a connection of its own, so that both workers are asked."""
        with httpx.Client(headers={"Connection": "close"}, timeout=20) as client:
            return [client.get(address) for _ in range(12)]

    def values() -> set[int]:
        return {a.json()["ranges"]["band1"]["values"][0] for a in ask(corner)}

    def statuses(address: str) -> set[int]:
        return {answer.status_code for answer in ask(address)}

    assert statuses(corner) == statuses(tile) == {404}
    moment = datetime(2024, 5, 1, tzinfo=UTC)
    tags = {corner: "", tile: ""}
    for value in (7, 8):
        path = write_geotiff(tmp_path / "a.tif", np.full((1, 300, 300), value, dtype="uint8"))
        with engine.begin() as connection:
            raster.load(connection, RasterFile(path, "news", moment), settings.rasters)
        with engine.begin() as connection:
            store.sweep(connection, settings.rasters)
        assert values() == {value}
        assert statuses(tile) == {200}
        for address, tag in tags.items():
            known = httpx.get(address, headers={"If-None-Match": tag})
            assert known.status_code == 200, "what it knows is of the scene that was replaced"
            tags[address] = known.headers["etag"]
    with engine.begin() as connection:
        raster.remove(connection, "news", ANONYMOUS)
    assert statuses(corner) == statuses(tile) == {404}
