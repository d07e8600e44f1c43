"""Fusions over HTTP and by the command: served, unmatched, decided, told where fields come from."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import morecantile
import pytest
import shapely
from commands import Cim
from starlette.testclient import TestClient

from cim.database.connect import engine_of
from cim.database.sql import run

LINES = (
    "bill,plot,amount,where",
    "B1,a,10,",
    "B2,b,20,",
    "B3,zz,30,",
    "B4,,40,长红北路3号",
    "=5,,50,",
)
HERE = "http://testserver"


@pytest.fixture
def told(cim: Cim, tmp_path: Path) -> Path:
    """Plots a to d fused with bills, as people do it at a terminal."""
    county = gpd.GeoDataFrame(
        {"code": ["420602"]}, geometry=[shapely.box(112, 32, 112.2, 32.2)], crs=4490
    )
    county.to_file(tmp_path / "counties.gpkg")
    shapes = [shapely.box(112.1 + i / 1000, 32.1, 112.1005 + i / 1000, 32.1005) for i in range(4)]
    values = {"number": list("abcd"), "address": [f"长虹北路{i}号" for i in range(1, 5)]}
    gpd.GeoDataFrame(values, geometry=shapes, crs=4490).to_file(tmp_path / "plots.gpkg")
    (tmp_path / "bills.csv").write_text("\n".join(LINES), encoding="gbk")
    load = ("layer", "load", tmp_path / "counties.gpkg", "--layer", "counties")
    ok(cim(*load, "--class", "990501", "--key", "code"))
    load = ("layer", "load", tmp_path / "plots.gpkg", "--layer", "plots")
    ok(cim(*load, "--class", "990101", "--key", "number"))
    bind = ("catalog", "bind", "plots", "--element", "parcel", "--department", "自然资源局")
    ok(cim(*bind, "--grade", "general2", "--field", "number=parcel.name"))
    table = ("table", "load", tmp_path / "bills.csv", "--table", "bills", "--key", "bill")
    grades = ("--grade", "general2", "--column-grade", "amount=important", "--title", "账单")
    ok(cim(*table, "--owner", "税务局", *grades, "--source", "税务系统"))
    ways = ("--by", "field:plot=number", "--by", "address:where")
    define = ("fusion", "define", "billed", "--layer", "plots", "--table", "bills")
    said = ok(cim(*define, *ways, "--field", "amount"))
    assert said.startswith("billed: bills: 2 of 5 rows linked, 1 for review, 2 unmatched")
    return tmp_path


def ok(said: Any) -> str:
    assert said.status == 0, said.err
    return str(said.out)


def get(client: TestClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.usefixtures("told")
def test_what_is_fused_is_a_collection_of_its_own(writing: TestClient) -> None:
    body = get(writing, "/collections/billed")
    assert (body["governance"]["grade"], body["fusion"]["layer"]) == ("important", "plots")
    assert body["fusion"]["fields"]["amount"]["owner"] == "税务局"
    features = get(writing, "/collections/billed/items?limit=10")["features"]
    plain = get(writing, "/collections/plots/items?limit=10")["features"]
    assert [f["id"] for f in features] == [f["id"] for f in plain]
    assert [f["geometry"] for f in features] == [f["geometry"] for f in plain]
    amounts = {f["properties"]["number"]: f["properties"]["amount"] for f in features}
    assert amounts == {"a": 10, "b": 20, "c": None, "d": None}
    found = get(writing, "/collections/billed/items?amount=20")["features"]
    assert [f["properties"]["number"] for f in found] == ["b"]
    assert len(get(writing, "/collections/billed/items?filter=amount>5")["features"]) == 2
    then = get(writing, "/collections/billed/items?datetime=2000-01-01/..&limit=10")
    assert len(then["features"]) == 4
    schema = get(writing, "/collections/billed/schema")["properties"]
    assert (schema["amount"]["x-grade"], schema["number"]["x-grade"]) == ("important", "general2")
    assert schema["amount"]["x-source"] == {"table": "bills", "owner": "税务局"}
    address = morecantile.tms.get("WebMercatorQuad").tile(112.1002, 32.1002, 16)
    path = f"/collections/billed/tiles/WebMercatorQuad/16/{address.y}/{address.x}"
    drawn = mapbox_vector_tile.decode(writing.get(path).content)["billed"]["features"]
    assert {f["properties"]["number"]: f["properties"].get("amount") for f in drawn}["a"] == 10
    resolved = get(writing, f"/resolve?code={features[0]['id']}")
    assert resolved["layer"] == "plots"
    there = get(writing, "/resolve?lon=112.1002&lat=32.1002&class=990101")
    assert [match["layer"] for match in there["matches"]] == ["plots"]
    cell = get(writing, f"/resolve?grid={features[0]['properties']['beidou_code'][:11]}")
    assert {match["layer"] for match in cell["matches"]} <= {"plots", "counties"}
    past = get(writing, "/resolve?lon=112.1002&lat=32.1002&class=990101&datetime=2000-01-01/..")
    assert [match["layer"] for match in past["matches"]] == ["plots"]


@pytest.mark.usefixtures("told")
def test_its_record_says_what_the_collection_says(writing: TestClient) -> None:
    said = get(writing, "/collections/billed?lang=zh")
    record = get(writing, "/collections/catalog/items/billed?lang=zh")
    told = record["properties"]
    assert said["governance"]["grade"] == told["grade"] == "important"
    assert (told["private"], told["department"]) == (False, said["governance"]["department"])
    assert record["geometry"] is not None
    for query in ("grade=important", "q=账单", "bbox=112,32,113,33", "department=自然资源局"):
        found = get(writing, f"/collections/catalog/items?limit=100&{query}")["features"]
        assert "billed" in {each["id"] for each in found}, query


@pytest.mark.usefixtures("told")
def test_numbers_are_numbers_in_its_tiles(writing: TestClient, cim: Cim) -> None:
    define = ("fusion", "define", "summed", "--layer", "plots", "--table", "bills")
    ok(cim(*define, "--by", "field:plot=number", "--field", "amount:avg"))
    (name,) = set(get(writing, "/collections/summed/schema")["properties"]) - {
        *get(writing, "/collections/plots/schema")["properties"]
    }
    tile = morecantile.tms.get("WebMercatorQuad").tile(112.1022, 32.1002, 16)
    body = writing.get(f"/collections/summed/tiles/WebMercatorQuad/16/{tile.y}/{tile.x}").content
    drawn = [
        f["properties"].get(name) for f in mapbox_vector_tile.decode(body)["summed"]["features"]
    ]
    assert {type(value) for value in drawn if value is not None} == {float}


@pytest.mark.usefixtures("told")
def test_unmatched_rows_on_either_side_are_counted_and_listed(writing: TestClient) -> None:
    (counted,) = get(writing, "/fusions/billed")["tables"]
    counts = counted["counts"]
    assert (counts["rows"], counts["linked"], counts["review"], counts["unmatched"]) == (5, 2, 1, 2)
    assert (counts["features"], counts["matched_features"]) == (4, 2)
    rows = get(writing, "/fusions/billed/unmatched?side=table")["unmatched"]
    assert [(row["row"], row["reason"]) for row in rows] == [
        ("=5", "no_value"),
        ("B3", "not_found"),
    ]
    first = get(writing, "/fusions/billed/unmatched?side=layer&limit=1")
    following = next(link["href"] for link in first["links"] if link["rel"] == "next")
    second = get(writing, following.removeprefix(HERE))
    codes = [first["unmatched"][0]["code"], second["unmatched"][0]["code"]]
    free = [get(writing, f"/collections/billed/items/{c}")["properties"]["number"] for c in codes]
    assert free == ["c", "d"]
    answer = writing.get("/fusions/billed/unmatched?f=csv&limit=1")
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert lines == [["row", "reason", "basis"], ["'=5", "no_value", ""]]  # no formula
    assert answer.headers["link"].endswith('rel="next"')
    for path in ("/fusions/none", "/fusions/plots/links", "/collections/none/provenance"):
        assert writing.get(path).status_code == 404, path
    assert writing.get("/collections/billed/binding/suggestions").status_code == 409
    for path in ("unmatched?side=both", "links?state=x", "links?table=x", "links?limit=0"):
        assert writing.get(f"/fusions/billed/{path}").status_code == 400, path


@pytest.mark.usefixtures("told")
def test_people_decide_what_is_alike(writing: TestClient, cim: Cim) -> None:
    (row,) = get(writing, "/fusions/billed/links")["rows"]
    assert (row["row"], row["reason"], row["candidates"][0]["score"]) == ("B4", "unsure", 0.75)
    path = "/fusions/billed/links"
    tile = morecantile.tms.get("WebMercatorQuad").tile(112.1022, 32.1002, 16)
    address = f"/collections/billed/tiles/WebMercatorQuad/16/{tile.y}/{tile.x}"
    before = writing.get(address)
    said = writing.post(path, json={"row": "B4", "decision": "accept", "why": "窗口核实"})
    assert said.status_code == 200, said.text
    assert (said.json()["state"], said.json()["how"]) == ("linked", "decided")
    (share,) = get(writing, "/kpis?name=bills")["kpis"]
    assert (share["coded"], share["mapped"]) == (3, 3)
    again = writing.post(path, json={"row": "B4", "decision": "accept"})
    assert again.status_code == 409
    tagged = {"If-None-Match": before.headers["etag"]}
    drawn = writing.get(address, headers=tagged)  # its tile is not the one any more
    assert drawn.status_code == 200
    numbers = mapbox_vector_tile.decode(drawn.content)["billed"]["features"]
    assert {f["properties"]["number"]: f["properties"].get("amount") for f in numbers}["c"] == 40
    code = said.json()["code"]
    told_of = get(writing, f"/collections/billed/provenance?item={code}")
    (shown,) = told_of["rows"]
    assert (shown["row"], shown["file"], shown["why"]) == ("B4", "bills.csv", "窗口核实")
    assert writing.get("/collections/billed/provenance?item=1").status_code == 404
    ok(cim("fusion", "refresh", "billed"))
    assert get(writing, f"/collections/billed/items/{code}")["properties"]["amount"] == 40
    out = ok(cim("fusion", "reject", "billed", "B4", "--why", "弄错了"))
    assert "unmatched" in out
    (share,) = get(writing, "/kpis?name=bills")["kpis"]
    assert (share["coded"], share["mapped"]) == (2, 2)
    assert get(writing, f"/collections/billed/items/{code}")["properties"]["amount"] is None
    for body, status in (
        ({"row": "B9", "decision": "accept"}, 404),
        ({"row": "B4", "decision": "maybe"}, 422),
        ({"row": "B4", "decision": "accept", "code": "12"}, 422),
        ({"row": "B1", "decision": "accept", "code": "420602990101999999999"}, 422),
        ({"row": "B4", "decision": "reject", "code": code}, 400),
        ({"row": "B4", "decision": "reject", "table": "none"}, 400),
    ):
        assert writing.post(path, json=body).status_code == status, body


@pytest.mark.usefixtures("told")
def test_each_field_tells_where_it_comes_from(writing: TestClient) -> None:
    body = get(writing, "/collections/billed/provenance")
    fields = {field["name"]: field for field in body["fields"]}
    assert fields["amount"]["source"] == {
        **fields["amount"]["source"],
        "kind": "table",
        "name": "bills",
        "owner": "税务局",
        "origin": "税务系统",
        "file": "bills.csv",
        "loaded_by": "tester",
    }
    assert len(fields["amount"]["source"]["sha256"]) == 64
    number = fields["number"]
    assert (number["item"], number["grade"]) == ("parcel.name", "general2")
    assert (number["source"]["owner"], number["source"]["file"]) == ("自然资源局", "plots.gpkg")
    assert get(writing, "/tables")["tables"][0]["owner"] == "税务局"


@pytest.mark.usefixtures("told")
def test_indicators_are_told_now_and_by_day(writing: TestClient, cim: Cim) -> None:
    ok(cim("kpi", "record"))
    now = {k["name"]: k for k in json.loads(ok(cim("kpi", "--json")))["kpis"]}
    assert (now["bills"]["coded_share"], now["plots"]["mapped_share"]) == (0.4, 1.0)
    body = get(writing, "/kpis")
    shown = {k["name"]: k for k in body["kpis"]}
    assert "billed" not in shown
    assert shown["bills"]["coded"] == 2
    departments = {each["department"]: each for each in body["departments"]}
    assert departments["税务局"]["rows"] == 5
    assert departments[None]["mapped"] == 0
    (day,) = body["series"]
    assert day["rows"] == sum(k["rows"] for k in body["kpis"])
    (own,) = get(writing, "/kpis?name=bills&kind=table")["series"]
    assert own["mapped_share"] == 0.4
    lines = writing.get("/kpis?f=csv").content.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + len(body["kpis"])
    for query in ("since=yesterday", "kind=raster", "day=1"):
        assert writing.get(f"/kpis?{query}").status_code == 400, query


@pytest.mark.usefixtures("told")
def test_pages_and_links_of_documents(writing: TestClient) -> None:
    paths = (
        "/fusions",
        "/tables",
        "/kpis",
        "/fusions/billed",
        "/fusions/billed/links",
        "/fusions/billed/links?state=linked",
        "/fusions/billed/unmatched?side=layer",
        "/collections/billed/provenance",
        "/collections/plots/provenance",
        "/collections/billed",
    )
    for path in paths:
        for link in get(writing, path)["links"]:
            answer = writing.get(link["href"].removeprefix(HERE))
            assert answer.status_code == 200, link
            assert answer.headers["content-type"].startswith(link["type"].split(";")[0]), link
        for language in ("zh", "en"):
            joint = "&" if "?" in path else "?"
            page = writing.get(f"{path}{joint}f=html&lang={language}")
            assert page.status_code == 200, path
            assert page.headers["content-type"].startswith("text/html")


def test_a_command_tells_in_one_line_what_it_refuses(cim: Cim, told: Path) -> None:
    bad = told / "bad.csv"
    bad.write_text("id,a\n1\n")
    for words, reason in (
        (("table", "load", bad, "--table", "bad"), "Expected 2 columns"),
        (("table", "load", told / "none.csv", "--table", "x"), "No such file"),
        (("table", "drop", "bills"), "billed"),
        (("table", "show", "none"), "no business table 'none'"),
        (("fusion", "refresh", "none"), "no fusion 'none'"),
        (("fusion", "accept", "billed", "B1"), "waits for no decision"),
        (("layer", "remove", "plots"), "cim fusion drop"),
        (("layer", "remove", "billed"), "has no rows of its own"),
        (("catalog", "unbind", "plots"), "fused collections rest on it"),
        (("layer", "index", "billed", "amount"), "has no rows of its own"),
        (("table", "register", "cim.alias", "--table", "x"), "program's own"),
    ):
        said = cim(*words)
        assert said.status == 1, words
        assert reason in said.err
        assert said.err.count("\n") == 1
    out = told / "left.csv"
    ok(cim("fusion", "unmatched", "billed", "--output", out))
    assert out.read_text("utf-8-sig").splitlines()[1] == "'=5,no_value,"
    ok(cim("fusion", "drop", "billed"))
    ok(cim("table", "drop", "bills"))


def test_what_is_fused_of_a_registered_table_is_live(
    writing: TestClient, cim: Cim, database: str
) -> None:
    engine = engine_of(database)

    def sql(*statements: str) -> None:
        with engine.begin() as connection:
            for statement in statements:
                run(connection, statement)

    box = "ST_MakeEnvelope(598000 + 30 * i, 3545000, 598020 + 30 * i, 3545020, 4546)"
    sql(
        "CREATE SCHEMA land",
        "CREATE TABLE land.plots (id int PRIMARY KEY, geom geometry(Polygon, 4546))",
        f"INSERT INTO land.plots SELECT i, {box} FROM generate_series(1, 50) i",
        "CREATE INDEX ON land.plots USING gist (geom)",
        "CREATE TABLE land.rents (plot int PRIMARY KEY, rent numeric)",
        "INSERT INTO land.rents SELECT i, i * 10 FROM generate_series(1, 40) i",
    )
    layer = ("layer", "register", "land.plots", "--layer", "plots", "--class", "990101")
    ok(cim(*layer, "--division", "420602"))
    bind = "catalog bind plots --element parcel --department 甲 --grade general2"
    ok(cim(*bind.split()))
    table = "table register land.rents --table rents --key plot --owner 乙 --grade general3"
    ok(cim(*table.split()))
    fuse = "fusion define rented --layer plots --table rents --by field:plot=id --field rent"
    assert "40 of 40 rows linked" in ok(cim(*fuse.split()))
    page = get(writing, "/collections/rented/items?limit=20&bbox=112,32,112.2,32.2")["features"]
    rents = {f["properties"]["id"]: f["properties"]["rent"] for f in page}
    assert rents == {i: i * 10 for i in range(1, 21)}
    after = get(writing, f"/collections/rented/items?limit=50&token={page[-1]['id']}")["features"]
    assert len(after) == 30
    west, south, *_ = shapely.from_geojson(json.dumps(page[0]["geometry"])).bounds
    tile = morecantile.tms.get("WebMercatorQuad").tile(west, south, 16)
    address = f"/collections/rented/tiles/WebMercatorQuad/16/{tile.y}/{tile.x}"
    for value in (10, 11):  # nobody tells us of their writes, and the tile has them
        sql(f"UPDATE land.rents SET rent = {value} WHERE plot = 1")
        drawn = mapbox_vector_tile.decode(writing.get(address).content)["rented"]["features"]
        found = {f["properties"]["id"]: f["properties"].get("rent") for f in drawn}
        assert float(found[1]) == value
    get(writing, "/collections/rented")
    assert get(writing, "/collections/rented/items?datetime=2000-01-01/..&limit=3")["features"]
    sql("ALTER TABLE land.plots RENAME TO gone")
    assert writing.get("/collections/rented/items").status_code == 503
    assert writing.get("/fusions/rented").status_code == 503
    assert get(writing, "/collections")["collections"]
    assert writing.get("/fusions/rented/unmatched?side=layer").status_code == 503
    assert len(get(writing, "/fusions")["fusions"]) == 1
    ok(cim("kpi", "record"))
    assert {each["name"] for each in get(writing, "/kpis")["kpis"]} == {"plots", "rents"}
    sql("ALTER TABLE land.gone RENAME TO plots")
    engine.dispose()


@pytest.mark.usefixtures("told")
def test_a_table_that_is_dropped_with_its_views_takes_its_fusion_alone(
    writing: TestClient, cim: Cim, database: str
) -> None:
    engine = engine_of(database)

    def sql(*statements: str) -> None:
        with engine.begin() as connection:
            for statement in statements:
                run(connection, statement)

    make = "CREATE TABLE land.fees (plot text PRIMARY KEY, fee numeric)"
    rows = "INSERT INTO land.fees SELECT number, 7 FROM item.plots"
    sql("CREATE SCHEMA land", make, rows)
    table = "table register land.fees --table fees --key plot --owner 乙 --grade general3"
    ok(cim(*table.split()))
    fuse = "fusion define charged --layer plots --table fees --by field:plot=number --field fee"
    ok(cim(*fuse.split()))
    picture = "/map?f=png&bbox=112,32,112.2,32.2&width=64&height=64"
    assert writing.get(picture).status_code == 200
    sql("DROP TABLE land.fees CASCADE")  # as tools do that write a table anew
    assert writing.get(picture).status_code == 200
    for path in ("/collections/charged/items", "/fusions/charged"):
        assert writing.get(path).status_code == 503, path
    assert writing.get(f"{picture}&collections=charged").status_code == 503
    assert get(writing, "/collections/billed/items")["features"]
    said = cim("fusion", "report", "charged")
    assert (said.status, said.err) == (1, "cim: table 'fees' cannot be read now\n")
    sql(make, rows)
    ok(cim("fusion", "refresh", "charged"))
    with engine.connect() as connection:
        assert {row.fee for row in run(connection, "SELECT fee FROM item.charged")} == {7}
    engine.dispose()
