"""Other people's clients over a running server: GDAL's drivers, OWSLib, geopandas."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qsl

import geopandas as gpd
import pyogrio
import pytest
import rasterio
import shapely
from owslib.ogcapi.coverages import Coverages
from owslib.ogcapi.edr import EnvironmentalDataRetrieval
from owslib.ogcapi.features import Features
from owslib.ogcapi.records import Records
from starlette.testclient import TestClient

gdal = pytest.mark.skipif(
    shutil.which("ogrinfo") is None, reason="needs GDAL's programs: apt-get install gdal-bin"
)


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr
    return done.stdout


@gdal
def test_ogrinfo_lists_the_layers(city_url: str, client: TestClient) -> None:
    listed = run("ogrinfo", "-ro", f"OAPIF:{city_url}")
    for collection in client.get("/collections").json()["collections"]:
        if collection.get("itemType") == "feature":
            assert f": {collection['id']}" in listed


@gdal
def test_ogr2ogr_downloads_the_layer_whole(
    city_url: str, client: TestClient, tmp_path: Path
) -> None:
    target = tmp_path / "parcels.geojson"
    run("ogr2ogr", "-f", "GeoJSON", str(target), f"OAPIF:{city_url}", "parcels")
    codes = [
        feature["properties"]["code"] for feature in json.loads(target.read_text())["features"]
    ]
    count = client.get("/collections/parcels/items?limit=1").json()["numberMatched"]
    assert len(codes) == len(set(codes)) == count


def test_newer_gdal_takes_large_pages_because_the_api_allows_them(city_url: str) -> None:
    """GDAL 3.6 asks for ten at a time whatever it is told; what pyogrio brings reads /api."""
    program = (
        "import pyogrio, sys; print(len(pyogrio.read_dataframe(sys.argv[1], layer='parcels')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, f"OAPIF:{city_url}"],
        env={**os.environ, "CPL_DEBUG": "HTTP"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert int(done.stdout) >= 5000
    assert "limit=1000&" in done.stderr  # its own ceiling, below ours


@gdal
def test_gdal_filters_by_place(city_url: str, client: TestClient) -> None:
    first = client.get("/collections/parcels/items?limit=1").json()["features"][0]
    west, south = first["geometry"]["coordinates"][0][0][:2]
    box = [west, south, west + 0.002, south + 0.002]
    expected = client.get(
        f"/collections/parcels/items?limit=10000&bbox={','.join(map(str, box))}"
    ).json()["numberReturned"]
    told = run("ogrinfo", "-ro", "-so", f"OAPIF:{city_url}", "parcels", "-spat", *map(str, box))
    assert f"Feature Count: {expected}" in told


WHERE = {
    "landuse = '0801' AND area_m2 > 20000": "(landuse = '0801') AND (area_m2 > 20000)",
    "landuse LIKE '08%' OR name IS NULL": "(landuse LIKE '08%') OR ((name IS NULL))",
    "approved > '2010/01/01'": "approved > '2010-01-01T'",
    "NOT (use_right ILIKE '划拨%')": "NOT (use_right ILIKE '划拨%')",
}


@pytest.mark.parametrize("program", ["ogrinfo", "pyogrio"])
@pytest.mark.parametrize("where", WHERE)
def test_gdal_has_its_attribute_filter_worked_out_here(
    city_url: str, client: TestClient, where: str, program: str
) -> None:
    """Both the GDAL of the system and the one that pyogrio brings send all of it."""
    if program == "ogrinfo":
        if shutil.which("ogrinfo") is None:
            pytest.skip("needs GDAL's programs: apt-get install gdal-bin")
        command = ["ogrinfo", "-ro", "-so", f"OAPIF:{city_url}", "parcels", "-where", where]
    else:
        code = "import pyogrio, sys; print('Feature Count:', len("
        code += "pyogrio.read_dataframe(sys.argv[1], layer='parcels', where=sys.argv[2])))"
        command = [sys.executable, "-c", code, f"OAPIF:{city_url}", where]
    debug = {**os.environ, "CPL_DEBUG": "OAPIF,HTTP"}
    done = subprocess.run(
        command, env=debug, capture_output=True, text=True, check=True, timeout=120
    )
    sent = {dict(parse_qsl(line.partition("?")[2].rstrip(")"))).get("filter")
            for line in done.stderr.splitlines() if "Fetch(" in line}  # fmt: skip
    assert WHERE[where] in sent
    assert "client side" not in done.stderr
    query = {"filter": WHERE[where], "filter-lang": "cql-text", "limit": 10_000}
    count = client.get("/collections/parcels/items", params=query).json()["numberReturned"]
    assert f"Feature Count: {count}" in done.stdout
    assert 0 < count < 7000


@pytest.mark.parametrize("epsg", [4490, 4547, 3857])
def test_gdal_downloads_in_another_crs(city_url: str, client: TestClient, epsg: int) -> None:
    """GDAL turns the axes of what it reads to x before y; the place is the same."""
    frame = pyogrio.read_dataframe(
        f"OAPIF:{city_url}", layer="parcels", max_features=20, CRS=f"EPSG:{epsg}"
    )
    assert frame.crs.to_epsg() == epsg
    page = client.get("/collections/parcels/items?limit=20").json()
    ours = gpd.GeoDataFrame.from_features(page, crs=4490).set_index("code").geometry
    theirs = frame.set_index("code").geometry
    assert list(theirs.index) == list(ours.index)
    expected = ours.to_crs(epsg)
    apart = shapely.hausdorff_distance(theirs.values, expected.values)
    assert apart.max() < (1e-7 if epsg == 4490 else 1e-2)


def test_gdal_reads_vector_tiles(city_url: str, client: TestClient) -> None:
    """The newer GDAL: that of Debian 12 knows tile matrix sets of version 1 alone."""
    box = (112.119, 32.008, 112.125, 32.012)
    frame = pyogrio.read_dataframe(
        f"OGCAPI:{city_url}/collections/parcels", layer="Zoom level 14", API="TILES", bbox=box
    )
    asked = {"bbox": ",".join(map(str, box)), "limit": 1000}
    page = client.get("/collections/parcels/items", params=asked).json()
    assert set(frame["code"]) == {feature["id"] for feature in page["features"]}


@gdal
def test_gdal_finds_the_collections(city_url: str, client: TestClient) -> None:
    told = run("gdalinfo", f"OGCAPI:{city_url}")
    for collection in client.get("/collections").json()["collections"]:
        assert f"{city_url}/collections/{collection['id']}\n" in told


def test_owslib_reads_collections_and_items(city_url: str) -> None:
    features = Features(city_url)
    assert "parcels" in features.feature_collections()
    page = features.collection_items("parcels", limit=5)
    assert page["numberReturned"] == 5
    one = features.collection_item("parcels", page["features"][0]["id"])
    assert one["id"] == page["features"][0]["id"]


def test_owslib_reads_observations_coverages_and_records(city_url: str) -> None:
    observed = EnvironmentalDataRetrieval(city_url)
    assert "hydro_stations" in observed.data()
    place = observed.query_data(
        "hydro_stations", "position", coords="POINT(112.14 32.03)", **{"parameter-name": "stage"}
    )
    assert place["type"] == "CoverageCollection"
    assert Coverages(city_url).coverages() == ["imagery"]
    pixels = Coverages(city_url).coverage("imagery", bbox=[112.13, 32.01, 112.14, 32.02])
    with rasterio.open(pixels) as opened:
        assert opened.count == 4
    assert Records(city_url).records() == ["catalog"]


def test_geopandas_reads_a_page(city_url: str) -> None:
    frame = gpd.read_file(f"{city_url}/collections/parcels/items?limit=50")
    assert len(frame) == 50
    assert frame.geometry.is_valid.all()
