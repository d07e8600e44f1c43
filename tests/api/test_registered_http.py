"""A registered table over HTTP: its rows as items, tiles and things, live; and when it is gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from commands import Cim
from starlette.testclient import TestClient

from cim.database.connect import engine_of
from cim.database.sql import run

Sql = Callable[..., list[Any]]
ITEMS = "/collections/dltb/items"
GK = "http://www.opengis.net/def/crs/EPSG/0/4546"
TILE = "/collections/dltb/tiles/WebMercatorQuad/15/13304/26581"
SIZE = 60 * 50


@pytest.fixture
def sql(database: str) -> Iterator[Sql]:
    """Statements as the department that owns the table, which has 3,000 squares of 20 m."""
    engine = engine_of(database)

    def execute(*statements: str) -> list[Any]:
        with engine.begin() as connection:
            return [run(connection, statement) for statement in statements][-1]

    execute(
        "CREATE SCHEMA land",
        "CREATE TABLE land.dltb (bsm integer PRIMARY KEY, dlbm varchar(5), zl text,"
        " shape geometry(Polygon, 4546))",
        "INSERT INTO land.dltb SELECT i, '0' || i % 7, '图斑 ' || i, " + _square("i") + ""
        f" FROM generate_series(0, {SIZE - 1}) i",
        "CREATE INDEX ON land.dltb USING gist (shape)",
    )
    yield execute
    engine.dispose()


def _square(number: str) -> str:
    west, south = f"598000 + 30 * ({number} % 60)", f"3545000 + 30 * ({number} / 60)"
    return f"ST_MakeEnvelope({west}, {south}, {west} + 20, {south} + 20, 4546)"


@pytest.fixture
def dltb(cim: Cim, sql: Sql) -> Sql:
    said = cim(
        *("layer", "register", "land.dltb", "--layer", "dltb", "--title", "地类图斑"),
        *("--class", "990101", "--name-field", "zl", "--division", "420602"),
        *("--alias", "standard_address=zl"),
    )
    assert said.status == 0, said.err
    assert f"{SIZE:,} added" in said.out
    return sql


def _middle(feature: dict[str, Any]) -> tuple[float, float]:
    (ring,) = feature["geometry"]["coordinates"]
    return sum(x for x, _ in ring[1:]) / 4, sum(y for _, y in ring[1:]) / 4


def walk(client: TestClient, address: str) -> list[str]:
    found = []
    while address:
        page = client.get(address).raise_for_status().json()
        found += [feature["properties"]["bsm"] for feature in page["features"]]
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    return found


def test_items_of_a_table(writing: TestClient, dltb: Sql) -> None:
    every = set(range(SIZE))
    assert sorted(walk(writing, f"{ITEMS}?limit=1000")) == sorted(every)
    extent = writing.get("/collections/dltb").json()["extent"]["spatial"]["bbox"][0]
    west, south, east, north = extent
    middle = (west + east) / 2
    for box, limit in (((west, south, middle, north), 700), ((-180, -90, 180, 90), 999)):
        expected = {
            row.bsm
            for row in dltb(
                "SELECT bsm FROM land.dltb WHERE ST_Intersects(ST_Transform(shape, 4490),"
                f" ST_MakeEnvelope({box[0]}, {box[1]}, {box[2]}, {box[3]}, 4490))"
            )
        }
        asked = f"{ITEMS}?bbox={','.join(map(str, box))}&limit={limit}"
        assert sorted(walk(writing, asked)) == sorted(expected)
        then = f"{asked}&datetime=2999-01-01T00:00:00Z"
        assert sorted(walk(writing, then)) == sorted(expected)
        assert walk(writing, f"{asked}&datetime=1999-01-01T00:00:00Z") == []
    assert len(walk(writing, f"{ITEMS}?dlbm=03&limit=100")) == len([i for i in every if i % 7 == 3])
    assert walk(writing, f"{ITEMS}?dlbm=99") == []
    metres = f"{ITEMS}?bbox=3545001,598001,3545002,598002&bbox-crs={GK}&crs={GK}"
    (only,) = writing.get(metres).json()["features"]
    assert only["properties"]["bsm"] == 0
    corner = min(only["geometry"]["coordinates"][0])
    assert corner == pytest.approx([3545000, 598000], abs=1e-3)  # northing first
    assert writing.get(f"{ITEMS}/{only['id']}").json()["properties"]["zl"] == "图斑 0"


def test_filters_and_orders_of_a_table(writing: TestClient, dltb: Sql) -> None:
    def numbers(**asked: str) -> list[int]:
        page = writing.get(ITEMS, params={"limit": "3000", **asked}).raise_for_status().json()
        return [feature["properties"]["bsm"] for feature in page["features"]]

    (ninth,) = writing.get(f"{ITEMS}?bsm=9").json()["features"]
    lon, lat = _middle(ninth)
    there = f"S_INTERSECTS(geometry, POINT({lon} {lat}))"
    assert numbers(filter=there) == [9]
    assert numbers(filter=f"{there} AND bsm > 9") == []
    assert sorted(numbers(filter="bsm < 40 AND dlbm = '03'")) == [3, 10, 17, 24, 31, 38]
    assert len(numbers(filter=f"NOT ({there})")) == SIZE - 1
    assert numbers(sortby="-bsm", limit="5") == [SIZE - 1 - i for i in range(5)]
    around = f"{lon - 0.0001},{lat - 0.0001},{lon + 0.0001},{lat + 0.0001}"
    assert numbers(sortby="-bsm", bbox=around) == [9]
    assert numbers(sortby="bsm", bbox=around, datetime="2999-01-01") == [9]
    assert numbers(filter=there, datetime="2999-01-01") == [9]
    tile = writing.get(TILE, params={"filter": "bsm = 1"})
    assert len(tile.content.split(b"420602990101")) == 2  # one feature
    # A tile of rows that others write is never told to be what the client has.
    assert "etag" not in writing.get(TILE).headers
    plan = dltb(
        "EXPLAIN SELECT * FROM item.dltb WHERE cim_where && ST_MakeEnvelope(0, 0, 1, 1, 4546)"
    )
    assert any("Index Cond" in line[0] and "shape" in line[0] for line in plan)


def test_things_of_a_table(writing: TestClient, cim: Cim, dltb: Sql) -> None:
    (first,) = writing.get(f"{ITEMS}?bsm=0").json()["features"]
    code, (lon, lat) = first["id"], _middle(first)
    found = writing.get(f"/resolve?code={code}").json()
    assert (found["layer"], found["feature"]["properties"]["bsm"]) == ("dltb", 0)
    other = writing.get("/resolve", params={"code": "图斑 0", "scheme": "standard_address"}).json()
    assert other["code"] == code
    here = writing.get(f"/resolve?lon={lon}&lat={lat}").json()["matches"]
    assert code in {entry["code"] for entry in here}
    grid = first["properties"]["beidou_code"]
    assert code in {
        entry["code"] for entry in writing.get(f"/resolve?grid={grid}").json()["matches"]
    }
    named = writing.get("/resolve", params={"q": "图斑 0"}).json()["matches"]
    assert named[0]["code"] == code
    history = writing.get(f"/id/{found['external_code']}/history").json()
    assert [version["version"] for version in history["versions"]] == [1]
    tile = writing.get(TILE)
    assert tile.status_code == 200
    assert code.encode() in tile.content
    dltb(f"INSERT INTO land.dltb VALUES ({SIZE}, '01', 'new', {_square(str(SIZE))})")
    assert writing.get(f"{ITEMS}?bsm={SIZE}").json()["features"] == []
    told = json.loads(cim("layer", "status", "dltb", "--json").out)["layers"][0]
    assert (told["rows"], told["without"], told["gone"]) == (SIZE + 1, 1, 0)
    assert "1 added" in cim("layer", "refresh", "dltb").out
    assert len(writing.get(f"{ITEMS}?bsm={SIZE}").json()["features"]) == 1
    refused = writing.post(f"/entities/{code}/retire", json={"why": "x"})
    assert refused.status_code == 409
    assert "cim layer refresh dltb" in refused.json()["detail"]


def test_a_table_that_is_gone_leaves_the_others(writing: TestClient, cim: Cim, dltb: Sql) -> None:
    (first,) = writing.get(f"{ITEMS}?bsm=0").json()["features"]
    code, (lon, lat) = first["id"], _middle(first)
    dltb("CREATE TABLE land.other AS TABLE land.dltb")
    key = ("--key", "bsm", "--division", "420602", "--class", "990102")
    assert cim("layer", "register", "land.other", "--layer", "other", *key).status == 0
    dltb("ALTER TABLE land.dltb RENAME TO dltb_old")
    for address in (ITEMS, f"{ITEMS}/{code}", TILE):
        answer = writing.get(address)
        assert answer.status_code == 503
        assert "cim layer status dltb" in answer.json()["detail"]
        assert "land." not in answer.text  # where tables stand is not for strangers
    assert writing.get("/collections").status_code == 200
    assert len(writing.get("/collections/other/items?limit=5").json()["features"]) == 5
    entries = writing.get(f"/resolve?lon={lon}&lat={lat}").json()["matches"]
    assert {entry["layer"] for entry in entries} == {"other"}
    grid = first["properties"]["beidou_code"]
    entries = writing.get(f"/resolve?grid={grid}").json()["matches"]
    assert {entry["layer"] for entry in entries} == {"other"}
    found = writing.get(f"/resolve?code={code}").json()
    assert (found["state"], "feature" in found) == ("active", False)
    assert writing.get("/readyz").json()["unreadable"] == ["dltb"]
    status = cim("layer", "status", "dltb")
    assert status.status == 1
    assert "no table or view land.dltb" in status.out
    assert 'relation "land.dltb" does not exist' in cim("status").out
    dltb("ALTER TABLE land.dltb_old RENAME TO dltb")
    assert writing.get("/readyz").json()["unreadable"] == []
    assert writing.get(f"{ITEMS}/{code}").status_code == 200
    removed = cim("layer", "remove", "dltb")
    assert "3,000 entities retired" in removed.out
    assert dltb("SELECT count(*) FROM land.dltb")[0][0] == SIZE
    assert writing.get(ITEMS).status_code == 404


def test_what_the_command_says(cim: Cim, sql: Sql) -> None:
    sql("DROP INDEX land.dltb_shape_idx", "INSERT INTO land.dltb VALUES (-1, '0', 'nowhere', NULL)")
    words = ("layer", "register", "land.dltb", "--layer", "dltb", "--division", "420602")
    said = cim(*words)
    assert "1 rows have no code and are not shown" in said.out
    assert 'CREATE INDEX ON "land"."dltb" USING gist ("shape");' in said.err
    assert "-1" in said.err
    assert "no geometry" in said.err
    for command, words_of_error in (
        (("layer", "register", "land.nothing", "--layer", "x"), "no table or view land.nothing"),
        (("layer", "register", "land.dltb", "--layer", "Bad Name"), "a layer name is"),
        (("layer", "refresh", "nothing"), "there is no layer 'nothing'"),
    ):
        refused = cim(*command)
        assert refused.status == 1
        assert words_of_error in refused.err
        assert refused.err.count("\n") == 1
