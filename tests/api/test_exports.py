"""Layers taken away in every format, each read again by a program that is none of ours."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import geopandas as gpd
import httpx
import pandas as pd
import pyarrow as pa
import pyogrio
import pytest
import shapely
from commands import Cim
from mapbox_vector_tile import decode
from pmtiles.reader import MemorySource, Reader, all_tiles
from sqlalchemy import text
from starlette.testclient import TestClient

from cim.database.connect import engine_of
from cim.database.sql import run
from cim.layer import Text
from cim.settings import Settings
from layers.load import VectorFile, load
from layers.writing.forms import FORMS

HERE = "/collections/parcels"
FILTER = "landuse = '0801'"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


@pytest.fixture(scope="module")
def parcels(city: Settings) -> gpd.GeoDataFrame:
    """The parcels as the table has them, by code."""
    engine = engine_of(str(city.database_url))
    sql = "SELECT code, beidou_code, landuse, name, area_m2, approved, geom FROM layer.parcels"
    with engine.connect() as connection:
        frame = gpd.read_postgis(text(sql), connection, geom_col="geom")
    engine.dispose()
    return frame.set_index("code").sort_index()


def made(
    client: TestClient | httpx.Client, body: dict[str, Any], path: str = HERE
) -> dict[str, Any]:
    """The job of an export, once it has ended."""
    job = client.post(f"{path}/exports", json=body)
    assert job.status_code == 202, job.text
    for _ in range(600):
        told: dict[str, Any] = client.get(job.headers["location"]).json()
        if told["status"] in {"successful", "failed"}:
            return told
        time.sleep(0.05)
    raise AssertionError(told)


def file_of(client: TestClient, job: dict[str, Any]) -> bytes:
    assert job["status"] == "successful", job["message"]
    answer = client.get(f"/jobs/{job['jobID']}/file").raise_for_status()
    assert sha256(answer.content).hexdigest() == job["report"]["sha256"]
    assert len(answer.content) == job["report"]["bytes"]
    return answer.content


def read(name: str, path: Path) -> gpd.GeoDataFrame:
    """The file as Debian's GDAL has it, which is not the one that wrote it; DuckDB and pyarrow read
    what that one cannot."""
    if name == "arrow":
        table = pa.ipc.open_stream(path).read_all()
        frame = table.to_pandas()
        return gpd.GeoDataFrame(frame, geometry=shapely.from_wkb(frame.pop("geometry")))
    if name == "geoparquet":
        frame = duckdb.sql(f"SELECT * REPLACE (geometry::BLOB AS geometry) FROM '{path}'").df()
        return gpd.GeoDataFrame(
            frame, geometry=shapely.from_wkb([bytes(wkb) for wkb in frame.pop("geometry")])
        )
    if name == "jsonfg":
        return gpd.GeoDataFrame.from_features(json.loads(path.read_text())["features"])
    if shutil.which("ogr2ogr") is None:
        pytest.skip("needs GDAL's programs: apt-get install gdal-bin")
    source = f"/vsizip/{path}" if name == "shapefile" else str(path)
    out = path.with_name("again.geojson")
    options = ["-lco", "COORDINATE_PRECISION=15", "-lco", "RFC7946=NO"]
    if name == "csv":
        options += ["-oo", "GEOM_POSSIBLE_NAMES=geometry", "-oo", "KEEP_GEOM_COLUMNS=NO"]
    subprocess.run(
        ["ogr2ogr", "-f", "GeoJSON", *options, out, source], check=True, capture_output=True
    )
    frame = gpd.GeoDataFrame.from_features(json.loads(out.read_text())["features"])
    return frame.rename(columns={"beidou_cod": "beidou_code", "Name": "name"})


def assert_same(found: gpd.GeoDataFrame, rows: gpd.GeoDataFrame, exact: float) -> None:
    """The rows of the table, whatever their order; geometries as near as the format writes them."""
    found = found.set_index("code").sort_index()
    assert list(found.index) == list(rows.index)
    for name in ("beidou_code", "landuse", "name"):
        assert list(found[name].fillna("")) == list(rows[name].fillna("")), name
    areas = pd.to_numeric(found["area_m2"]).to_numpy()
    assert areas == pytest.approx(rows["area_m2"].to_numpy(), rel=1e-12)
    days = pd.to_datetime(found["approved"].replace("", None)).dt.date
    wanted = pd.to_datetime(rows["approved"]).dt.date
    assert list(days.astype(str)) == list(wanted.astype(str))
    far = shapely.hausdorff_distance(found.geometry.to_numpy(), rows.geometry.to_numpy())
    assert far.max() <= exact


EXACT = {"kml": 1e-12, "csv": 1e-8, "geojson": 1e-8, "geojsonseq": 1e-8, "ndjson": 1e-8}


@pytest.mark.parametrize("name", FORMS)
def test_what_is_taken_away_is_what_the_table_has(
    client: TestClient, parcels: gpd.GeoDataFrame, name: str, tmp_path: Path
) -> None:
    form = FORMS[name]
    if form.encode is None:
        body = file_of(client, made(client, {"f": name}))
    else:
        answer = client.get(f"{HERE}/export?f={name}").raise_for_status()
        assert answer.headers["content-type"].partition(";")[0] == form.media_type
        if form.endless:
            assert answer.headers["ogc-numbermatched"] == str(len(parcels))
        body = answer.content
    path = tmp_path / f"parcels{form.suffix}"
    path.write_bytes(body)
    exact = EXACT.get(name, 1e-8 if "json" in name else 0)
    assert_same(read(name, path), parcels, exact)


@pytest.mark.parametrize("name", FORMS)
def test_a_page_in_every_format(
    client: TestClient, parcels: gpd.GeoDataFrame, name: str, tmp_path: Path
) -> None:
    form = FORMS[name]
    answer = client.get(f"{HERE}/items?limit=7&f={name}&filter={FILTER}").raise_for_status()
    by_accept = client.get(
        f"{HERE}/items?limit=7&filter={FILTER}", headers={"Accept": form.media_type}
    )
    assert by_accept.headers["content-type"] == answer.headers["content-type"]
    path = tmp_path / f"page{form.suffix}"
    path.write_bytes(answer.content)
    rows = parcels[parcels["landuse"] == "0801"].head(7)
    assert_same(read(name, path), rows, EXACT.get(name, 1e-8 if "json" in name else 0))
    if name not in {"geojson", "jsonfg"}:
        assert answer.headers["ogc-numberreturned"] == "7"
        assert 'rel="next"' in answer.headers["link"]
    if form.make is None or name in {"flatgeobuf", "gpkg"}:
        return
    assert answer.headers["content-encoding"] == "identity" or name == "kml"


def test_pages_of_a_file_format_follow_each_other(
    client: TestClient, parcels: gpd.GeoDataFrame
) -> None:
    seen, url = [], f"{HERE}/items?f=arrow&limit=900&sortby=-area_m2&properties=area_m2"
    while url:
        answer = client.get(url).raise_for_status()
        table = pa.ipc.open_stream(answer.content).read_all()
        assert table.schema.names == ["code", "area_m2", "geometry"]
        seen += table.column("code").to_pylist()
        links = answer.headers["link"].split(", ")
        url = next((each[1 : each.index(">")] for each in links if 'rel="next"' in each), "")
    order = parcels.reset_index().sort_values(["area_m2", "code"], ascending=False)
    assert seen == list(order["code"])


def test_geoparquet_tells_its_crs_and_boxes(
    client: TestClient, parcels: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "parcels.parquet"
    for crs, number in ((f"{EPSG}4547", 4547), (f"{EPSG}4490", 4490)):
        url = f"{HERE}/export?f=parquet&crs={crs}&sortby=area_m2&filter={FILTER}"
        path.write_bytes(client.get(url).raise_for_status().content)
        frame = gpd.read_parquet(path)
        assert frame.crs.to_epsg() == number
        wanted = parcels[parcels["landuse"] == "0801"].set_crs(4490, allow_override=True)
        moved = wanted.to_crs(number).sort_values(["area_m2"])
        far = shapely.hausdorff_distance(frame.geometry.values, moved.geometry.values)
        assert far.max() < (1e-6 if number == 4547 else 1e-12)
        west, south, east, north = frame.total_bounds
        third = west + (east - west) / 3
        some = gpd.read_parquet(path, bbox=(west, south, third, north))
        assert set(some["code"]) == set(frame.cx[west:third, south:north]["code"])
        assert 0 < len(some) < len(frame)
    assert str(frame["approved"].dtype).startswith(("object", "date", "datetime"))


@pytest.mark.parametrize("name", ["gpkg", "flatgeobuf", "shapefile"])
def test_files_have_the_crs_that_is_asked_for(
    client: TestClient, parcels: gpd.GeoDataFrame, name: str, tmp_path: Path
) -> None:
    body = {"f": name, "crs": f"{EPSG}4490", "filter": FILTER}
    path = tmp_path / f"some{FORMS[name].suffix}"
    path.write_bytes(file_of(client, made(client, body)))
    frame = gpd.read_file(f"zip://{path}" if name == "shapefile" else path)
    assert frame.crs.to_epsg() == 4490
    west, south, _, _ = frame.total_bounds
    assert (111, 31) < (west, south) < (113, 33)
    assert len(frame) == (parcels["landuse"] == "0801").sum()


def test_json_fg_has_its_place_and_what_all_understand(client: TestClient, tmp_path: Path) -> None:
    url = f"{HERE}/items?limit=3&f=jsonfg"
    plain, placed = client.get(url).json(), client.get(f"{url}&crs={EPSG}4490").json()
    assert "http://www.opengis.net/spec/json-fg-1/1.0/conf/core" in placed["conformsTo"]
    assert placed["coordRefSys"] == f"{EPSG}4490"
    assert placed["featureType"] == "parcels"
    for one, other in zip(plain["features"], placed["features"], strict=True):
        assert one["place"] is None
        assert other["geometry"] == one["geometry"]
        place, shape = (
            shapely.from_geojson(json.dumps(g)) for g in (other["place"], one["geometry"])
        )
        assert shapely.transform(place, lambda c: c[:, ::-1]).equals_exact(shape, 1e-12)
        begin, end = one["time"]["interval"]
        assert begin.endswith("Z")
        assert end == ".."
    path = tmp_path / "places.json"
    path.write_bytes(client.get(f"{HERE}/export?f=jsonfg&crs={EPSG}4547").content)
    frame = pyogrio.read_dataframe(f"JSONFG:{path}")
    assert frame.crs.to_epsg() == 4547
    metres = gpd.read_parquet(
        io.BytesIO(client.get(f"{HERE}/export?f=parquet&crs={EPSG}4547").content)
    )
    found = frame.set_index("code").geometry.sort_index()
    far = found.distance(metres.set_index("code").geometry.sort_index())
    assert len(found) > 5000
    assert far.max() < 1e-3


def test_a_past_is_taken_away_too(told: TestClient) -> None:
    for when in ("2021-06-01", "2022-06-01"):
        items = told.get(f"/collections/plots/items?datetime={when}&limit=100").json()
        wanted = {f["id"]: f["properties"]["landuse"] for f in items["features"]}
        answer = told.get(f"/collections/plots/export?f=arrow&datetime={when}")
        rows = pa.ipc.open_stream(answer.content).read_all().to_pylist()
        assert {row["code"]: row["landuse"] for row in rows} == wanted
        boxed = told.get(f"/collections/plots/items?datetime={when}&f=jsonfg&bbox=110,30,113,33")
        times = [f["time"]["interval"] for f in boxed.raise_for_status().json()["features"]]
        assert len(times) == len(wanted)
        assert all(begin[:10] <= when < end[:10] or end == ".." for begin, end in times)


def test_what_cannot_be_given_is_refused(client: TestClient) -> None:
    def status(path: str, **headers: str) -> int:
        return client.get(path, headers=headers).status_code

    assert status(f"{HERE}/items?f=dwg") == 400
    assert status(f"{HERE}/export?f=dwg") == 400
    assert "POST" in client.get(f"{HERE}/export?f=gpkg").json()["detail"]
    assert status(f"{HERE}/export", Accept="image/png") == 406
    assert status(f"{HERE}/items", Accept="image/png") == 406
    assert status(f"{HERE}/export?limit=3") == 400
    assert status(f"{HERE}/export?properties=nothing") == 400
    assert status(f"{HERE}/items?f=kml&crs={EPSG}4490") == 400
    assert status(f"{HERE}/export?f=csv&filter=nothing=1") == 400
    assert status(f"{HERE}/export?f=csv&area_m2=many") == 400
    assert status("/collections/imagery/export") == 404
    scenes = client.post("/collections/imagery/exports", json={"f": "gpkg"})
    assert scenes.status_code == 404
    assert "/collections/imagery/coverage" in scenes.json()["detail"]
    assert status("/jobs/999999/file") == 404

    def refusal(body: dict[str, Any]) -> tuple[int, Any]:
        answer = client.post(f"{HERE}/exports", json=body)
        return answer.status_code, answer.json().get("errors", [{}])[0].get("path")

    assert refusal({}) == (422, "$.f")
    assert refusal({"f": "gpkg", "colour": "red"}) == (422, "$.colour")
    assert refusal({"f": "gpkg", "minzoom": 3}) == (422, "$.minzoom")
    assert refusal({"f": "pmtiles", "minzoom": 9, "maxzoom": 3}) == (422, "$.minzoom")
    assert refusal({"f": "dwg"})[0] == 400
    assert refusal({"f": "gpkg", "filter": "nothing = 1"})[0] == 400


def test_a_download_goes_on_where_it_broke_off(client: TestClient) -> None:
    job = made(client, {"f": "gpkg", "properties": ["landuse"]})
    url = f"/jobs/{job['jobID']}/file"
    head = client.head(url)
    whole, tag = file_of(client, job), head.headers["etag"]
    assert head.headers["accept-ranges"] == "bytes"
    assert int(head.headers["content-length"]) == len(whole)
    half = len(whole) // 2
    first = client.get(url, headers={"Range": f"bytes=0-{half - 1}"})
    rest = client.get(url, headers={"Range": f"bytes={half}-", "If-Range": tag})
    assert (first.status_code, rest.status_code) == (206, 206)
    assert rest.headers["content-range"] == f"bytes {half}-{len(whole) - 1}/{len(whole)}"
    assert first.content + rest.content == whole
    other = client.get(url, headers={"Range": f"bytes={half}-", "If-Range": '"another"'})
    assert other.status_code == 200
    assert client.get(url, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    same = client.get(url, headers={"If-None-Match": tag, "Range": "bytes=0-9"})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    assert client.get(url, headers={"If-None-Match": '"another"'}).content == whole
    page = client.get(f"/jobs/{job['jobID']}?f=html").raise_for_status()
    assert job["report"]["sha256"] in page.text


@pytest.mark.parametrize("name", ["shapefile", "csv", "gpkg"])
def test_geopandas_reads_the_file_of_a_job(city_url: str, name: str) -> None:
    with httpx.Client(base_url=city_url) as client:
        job = made(client, {"f": name, "filter": FILTER})
        count = client.get(f"{HERE}/items", params={"filter": FILTER, "limit": 1000})
        wrong = client.get(f"/jobs/{job['jobID']}/file/another.gpkg")
    address = next(each["href"] for each in job["links"] if each["rel"] == "enclosure")
    assert address.endswith(job["report"]["file"])
    assert len(gpd.read_file(address)) == count.json()["numberReturned"] > 0
    assert wrong.status_code == 404


def test_a_page_offers_files_and_a_form_makes_them(client: TestClient) -> None:
    assert "f=flatgeobuf" in client.get(f"{HERE}/items?f=html").raise_for_status().text
    assert "export?f=csv" in client.get(f"{HERE}/exports?f=html&lang=en").raise_for_status().text
    sent = client.post(f"{HERE}/exports", data={"f": "kml", "filter": FILTER})
    assert sent.status_code == 200  # the page of the job, after 303
    assert sent.history[0].status_code == 303


def test_an_archive_has_the_tiles_that_are_served(client: TestClient) -> None:
    job = made(client, {"f": "pmtiles", "minzoom": 8, "maxzoom": 14})
    reader = MemorySource(file_of(client, job))
    archive = Reader(reader)
    header, told = archive.header(), archive.metadata()
    tilejson = client.get(f"{HERE}/tiles/WebMercatorQuad?f=tilejson").json()
    assert told["vector_layers"][0]["fields"] == tilejson["vector_layers"][0]["fields"]
    edges = [header[f"{edge}_e7"] / 1e7 for edge in ("min_lon", "min_lat", "max_lon", "max_lat")]
    assert edges == pytest.approx(tilejson["bounds"], abs=1e-6)

    count = 0
    for (z, x, y), tile in all_tiles(reader):
        served = client.get(f"{HERE}/tiles/WebMercatorQuad/{z}/{y}/{x}")
        assert gzip.decompress(tile) == served.content, (z, x, y)
        count += 1
    assert count == job["report"]["tiles"] > 50
    # and those that it has not are empty
    z = 13
    corner = {(zz, x, y) for (zz, x, y), _ in all_tiles(reader) if zz == z}
    for x in range(min(c[1] for c in corner), max(c[1] for c in corner) + 1):
        for y in range(min(c[2] for c in corner), max(c[2] for c in corner) + 1):
            if (z, x, y) not in corner:
                assert client.get(f"{HERE}/tiles/WebMercatorQuad/{z}/{y}/{x}").status_code == 204
    assert decode(served.content)


def test_an_archive_names_the_levels_that_have_tiles(client: TestClient) -> None:
    """Things are too small to be seen at the first ones."""
    reader = MemorySource(file_of(client, made(client, {"f": "pmtiles", "filter": FILTER})))
    archive = Reader(reader)
    header, [told] = archive.header(), archive.metadata()["vector_layers"]
    there = {z for (z, _, _), _ in all_tiles(reader)}
    assert min(there) > 0
    assert (header["min_zoom"], header["max_zoom"]) == (min(there), max(there))
    assert (told["minzoom"], told["maxzoom"]) == (min(there), max(there))


LONG = "土地利用现状分类名称"


@pytest.fixture
def odd(database: str, tmp_path: Path) -> str:
    """A layer of points, lines and areas with long names and texts; the address of its database."""
    shapes = [
        shapely.Point(112.1, 32.0, 5.5),
        shapely.LineString([(112.1, 32.0), (112.2, 32.1)]),
        shapely.box(112.0, 32.0, 112.01, 32.01),
        shapely.MultiPoint([(112.1, 32.0), (112.2, 32.1)]),
    ]
    frame = gpd.GeoDataFrame(
        {
            "n": [2**60, 2, 3, 4],
            LONG: ["水" * 100, "", None, '"引号", \n换行'],
            f"{LONG}_备注": ["a" * 254, "b" * 255, "é" * 127 + "x", "=1+1"],
            "at": pd.to_datetime(["2024-05-01T10:00:00.5Z"] * 4),
            "yes": [True, False, None, True],
        },
        geometry=shapes,
        crs=4490,
    )
    frame.to_file(tmp_path / "odd.gpkg")
    engine = engine_of(database)
    file = VectorFile(tmp_path / "odd.gpkg", "odd", Text("杂", "Odd"), division="420602")
    with engine.begin() as connection:
        load(connection, engine, file)
    engine.dispose()
    return database


@pytest.mark.parametrize("name", FORMS)
def test_odd_values_come_through(odd: str, open_folder: Path, name: str, tmp_path: Path) -> None:
    from api.app import create_app

    settings = Settings(home=open_folder / f"odd-{name}", database_url=odd)
    with TestClient(create_app(settings), client=("127.0.0.1", 50000)) as client:
        job = made(client, {"f": name}, "/collections/odd")
        if name == "flatgeobuf":  # of several types, and some with heights
            assert "heights" in job["message"]
            return
        body = file_of(client, job)
        if name == "kml":
            high = file_of(client, made(client, {"f": name, "filter": "n > 9"}, "/collections/odd"))
            mode = b"<altitudeMode>absolute</altitudeMode>"
            assert (high.count(mode), body.count(mode)) == (1, 0), "what is flat is on the ground"
    path = tmp_path / f"odd{FORMS[name].suffix}"
    path.write_bytes(body)
    if name == "shapefile":
        _check_shapefile(path)
        return
    if name == "arrow":
        found = pa.ipc.open_stream(path).read_all().to_pandas()
        found = gpd.GeoDataFrame(found, geometry=shapely.from_wkb(found["geometry"]))
    elif name == "geoparquet":
        found = gpd.read_parquet(path)
    elif name == "csv":
        found = pd.read_csv(path)
        found = gpd.GeoDataFrame(found, geometry=gpd.GeoSeries.from_wkt(found["geometry"]))
    else:
        found = pyogrio.read_dataframe(path)
    assert len(found) == 4
    by = {int(float(row["n"])): row for _, row in found.iterrows()}
    assert by[2**60][LONG] == "水" * 100
    assert by[4][LONG].split() == ['"引号",', "换行"]
    assert by[2][f"{LONG}_备注"] == "b" * 255
    assert by[2**60].geometry.geom_type == "Point"
    assert by[2**60].geometry.has_z
    assert str(by[2]["at"]).replace("/", "-").replace("T", " ").startswith("2024-05-01 10:00:00")


def _check_shapefile(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        told = json.loads(archive.read("odd.fields.json"))
    kinds = {"points", "lines", "areas", "multipoints"}
    assert {n for n in names if n.endswith(".shp")} == {f"odd_{kind}.shp" for kind in kinds}
    by = {each["property"]: each for each in told["fields"]}
    assert (by[LONG]["field"], by[LONG]["shortened"]) == ("土地利", True)
    assert by[f"{LONG}_备注"]["field"] != by[LONG]["field"]
    assert (by[LONG]["texts_cut"], by[f"{LONG}_备注"]["texts_cut"]) == (1, 2)
    assert all(len(each["field"].encode()) <= 10 for each in told["fields"])
    point = gpd.read_file(f"zip://{path}!odd_points.shp").iloc[0]
    assert point["土地利"] == "水" * 84
    assert int(point["n"]) == 2**60
    assert point.geometry.has_z


@pytest.fixture
def heavy(database: str, open_folder: Path, serve: Callable[..., str], tmp_path: Path) -> str:
    """Address of a server over a layer that no buffer between us and it can hold."""
    rows, random = 6000, Random(7)
    frame = gpd.GeoDataFrame(
        {"note": [random.randbytes(6000).hex() for _ in range(rows)]},
        geometry=shapely.points([112.1] * rows, [32 + n / 1e5 for n in range(rows)]),
        crs=4490,
    )
    frame.to_file(tmp_path / "heavy.gpkg")
    engine = engine_of(database)
    with engine.begin() as connection:
        file = VectorFile(tmp_path / "heavy.gpkg", "heavy", Text("重", "Heavy"), division="420602")
        load(connection, engine, file)
    engine.dispose()
    return serve(Settings(home=open_folder / "heavy", database_url=database), 1)


def exporting(database: str, do: str = "pid") -> int:
    """How many exports of the database are under way, each with something done to it."""
    engine = engine_of(database)
    sql = f"SELECT {do} FROM pg_stat_activity"
    sql += " WHERE application_name = 'cim export' AND datname = current_database()"
    with engine.begin() as connection:
        found = len(run(connection, sql))
    engine.dispose()
    return found


def test_an_export_that_breaks_off_is_told(heavy: str, database: str) -> None:
    for name in ("ndjson", "csv", "arrow"):
        with httpx.stream("GET", f"{heavy}/collections/heavy/export?f={name}") as answer:
            assert answer.status_code == 200
            parts = answer.iter_raw(1 << 16)
            next(parts)
            assert exporting(database, "pg_terminate_backend(pid)") == 1
            with pytest.raises(httpx.RemoteProtocolError):
                list(parts)


def test_an_export_ends_with_its_client(heavy: str, database: str) -> None:
    with httpx.stream("GET", f"{heavy}/collections/heavy/export?f=csv") as answer:
        parts = answer.iter_raw(1 << 16)
        next(parts)
        assert exporting(database) == 1
    deadline = time.monotonic() + 10
    while exporting(database) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert exporting(database) == 0


@pytest.mark.usefixtures("odd")
def test_the_command_writes_files(cim: Cim, tmp_path: Path) -> None:
    path = tmp_path / "odd.parquet"
    assert cim("layer", "export", "odd", path, "--filter", "n < 4").status == 0
    assert len(gpd.read_parquet(path)) == 2
    assert cim("layer", "export", "odd", tmp_path / "odd.gpkg", "--crs", "EPSG:4547").status == 0
    assert gpd.read_file(tmp_path / "odd.gpkg").crs.to_epsg() == 4547
    tiles = tmp_path / "odd.pmtiles"
    assert cim("layer", "export", "odd", tiles, "--min-zoom", 5, "--max-zoom", 8).status == 0
    assert tiles.read_bytes()[:7] == b"PMTiles"
    said = cim("layer", "export", "odd", tmp_path / "odd.dwg")
    assert said.status == 1
    assert not list(tmp_path.glob("*.dwg"))
