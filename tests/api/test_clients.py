"""Other people's clients over a running server: GDAL's OAPIF driver, OWSLib, geopandas."""

import json
import shutil
import subprocess
from pathlib import Path

import geopandas as gpd
import pytest
from owslib.ogcapi.features import Features
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
    codes = [feature["properties"]["code"] for feature in json.loads(target.read_text())["features"]]
    count = client.get("/collections/parcels/items?limit=1").json()["numberMatched"]
    assert len(codes) == len(set(codes)) == count


@gdal
def test_gdal_takes_the_page_size_from_the_api(city_url: str) -> None:
    said = subprocess.run(
        ["ogrinfo", "-ro", "--debug", "on", f"OAPIF:{city_url}", "parcels", "-q", "-fid", "0"],
        capture_output=True, text=True, check=False, timeout=120,
    ).stderr
    assert "limit=10000" in said


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


def test_owslib_reads_collections_and_items(city_url: str) -> None:
    features = Features(city_url)
    assert "parcels" in features.feature_collections()
    page = features.collection_items("parcels", limit=5)
    assert page["numberReturned"] == 5
    one = features.collection_item("parcels", page["features"][0]["id"])
    assert one["id"] == page["features"][0]["id"]


def test_geopandas_reads_a_page(city_url: str) -> None:
    frame = gpd.read_file(f"{city_url}/collections/parcels/items?limit=50")
    assert len(frame) == 50
    assert frame.geometry.is_valid.all()
