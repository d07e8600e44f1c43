"""Grid codes over HTTP: equal to the package and to SQL, linked, bounded, in bulk."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pytest
import shapely
from sqlalchemy import Connection
from starlette.testclient import TestClient

from api.grid import bulk, covers
from api.grid.systems import SYSTEMS
from cim.database.connect import engine_of
from cim.database.sql import run
from cim.settings import Settings
from gridcode import beidou, geosot
from gridcode.coordinates import LATITUDE, LONGITUDE, angle

GOLDEN = Path(__file__).parent.parent / "golden"


def golden() -> list[tuple[str, dict[str, str]]]:
    found = []
    for system in ("beidou", "geosot"):
        with (GOLDEN / f"{system}.csv").open(encoding="utf-8", newline="") as file:
            rows = [r for r in csv.DictReader(file) if r["kind"] in {"encode", "cap", "corner"}]
            found += [(system, row) for row in rows]
    return found


@pytest.fixture(scope="module")
def connection(city: Settings) -> Iterator[Connection]:
    engine = engine_of(str(city.database_url))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def number(text: str, axis: Any) -> float:
    """The double of a coordinate of the table, which may be degrees, minutes and seconds."""
    try:
        return float(text)
    except ValueError:
        return float(angle(text, axis).degrees)


@pytest.mark.parametrize(("system", "row"), golden(), ids=lambda part: str(part)[:40])
def test_python_sql_and_http_agree(
    client: TestClient, connection: Connection, system: str, row: dict[str, str]
) -> None:
    level, code = int(row["level"]), SYSTEMS[system].module.format(row["code"])
    given = {"lon": row["lon"], "lat": row["lat"], "level": level}
    answer = client.get(f"/grid/{system}/encode", params=given).raise_for_status().json()
    assert answer["code"] == code
    lon, lat = number(row["lon"], LONGITUDE), number(row["lat"], LATITUDE)
    assert SYSTEMS[system].module.encode(lon, lat, level) == code
    call = f"SELECT grid.{system}($1::float8, $2::float8, $3::int) AS code"
    assert run(connection, call, lon, lat, level)[0].code == code


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_code_leads_to_its_cell_and_its_bounds_back(client: TestClient, system: str) -> None:
    rng = np.random.default_rng(4490)
    for lon, lat in rng.uniform((-180, -87), (180, 87), (40, 2)).tolist():
        for level in {1, SYSTEMS[system].levels[-1] // 2, SYSTEMS[system].levels[-1]}:
            query = {"lon": lon, "lat": lat, "level": level}
            code = client.get(f"/grid/{system}/encode", params=query).json()["code"]
            assert code == SYSTEMS[system].module.encode(lon, lat, level)
            cell = client.get(f"/grid/{system}/cells/{code}").raise_for_status().json()
            expected = SYSTEMS[system].module.decode(code)
            assert (cell["id"], cell["bbox"]) == (code, list(expected.bounds))
            assert shapely.geometry.shape(cell["geometry"]).equals(expected.polygon())
            center = dict(zip(("lon", "lat"), cell["properties"]["center"], strict=True))
            again = client.get(f"/grid/{system}/encode", params={**center, "level": level})
            assert again.json()["code"] == code


def test_a_cell_links_to_its_kin(client: TestClient) -> None:
    cell = client.get("/grid/beidou/cells/n50j47539").raise_for_status()
    assert cell.headers["content-type"] == "application/geo+json"
    links = cell.json()["links"]
    found = {rel: [k["title"] for k in links if k["rel"] == rel] for rel in ("up", "item")}
    assert found["up"] == ["N50J475"]
    assert found["item"] == [c.code for c in beidou.decode("N50J47539").children()]
    near = [k for k in links if k["rel"] == "related"]
    assert {k["title"] for k in near} == {c.code for c in beidou.decode("N50J47539").neighbours()}
    for each in near:
        assert client.get(each["href"]).json()["id"] == each["title"]
    assert cell.json()["properties"]["integer"] == str(beidou.to_integer("N50J47539"))


@pytest.mark.parametrize("code", ["N", "N00000", "N50J47539B82553400", "G", "G002022001"])
def test_cells_at_the_ends_of_the_tree(client: TestClient, code: str) -> None:
    system = "geosot" if code[0] == "G" else "beidou"
    client.get(f"/grid/{system}/cells/{code}").raise_for_status()


def test_heights(client: TestClient) -> None:
    place = {"lon": "116.315222", "lat": "39.910278", "height": 2000, "level": 8}
    for reading in ("radix", "bits"):
        found = client.get("/grid/beidou/encode", params={**place, "reading": reading}).json()
        expected = beidou.encode_3d(116.315222, 39.910278, 2000, 8, reading=reading)
        assert found["code3d"] == expected
        assert found["bottom"] <= 2000 < found["top"]
    place |= {"level": 20}
    assert client.get("/grid/geosot/encode", params=place).json()["code3d"] == geosot.encode_3d(
        116.315222, 39.910278, 2000, 20
    )


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("beidou/encode?lat=1", 400, "'lon': it is missing"),
        ("beidou/encode?lon=181&lat=1", 400, "longitude is off the earth in '181"),
        ("beidou/encode?lon=1°70'E&lat=1", 400, "too many minutes"),
        ("beidou/encode?lon=nan&lat=1", 400, "longitude"),
        ("beidou/encode?lon=1&lat=1&level=11", 400, "it has 0 to 10"),
        ("beidou/encode?lon=1&lat=1&level=x", 400, "'level': 'x' is not a whole number"),
        ("beidou/encode?lon=1&lat=89&level=5", 422, "polar cap"),
        ("beidou/encode?lon=1&lat=1&reading=bits", 400, "'reading'"),
        ("beidou/encode?lon=1&lat=1&height=inf", 400, "'height'"),
        ("beidou/encode?lon=1&lat=1&height=1&reading=x", 400, "radix, bits"),
        ("h3/encode?lon=1&lat=1&height=1", 400, "h3 has no heights"),
        ("beidou/encode?lon=1&lat=1&depth=1", 400, "'depth'"),
        ("beidou/cells/N50J4753F", 422, "'F' is no latitude digit of level 4"),
        ("geosot/cells/G4", 422, "position 1"),
        ("h3/cells/xyz", 422, "no H3 cell"),
        ("mars/encode?lon=1&lat=1", 404, "allowed: beidou, geosot, h3"),
        ("beidou/cover", 405, ""),
    ],
)
def test_refusals_say_what_and_where(client: TestClient, path: str, status: int, said: str) -> None:
    answer = client.get(f"/grid/{path}")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


def test_the_grids_and_where_to_ask(client: TestClient) -> None:
    found = client.get("/grid?lang=en").raise_for_status().json()
    assert [each["id"] for each in found["systems"]] == ["beidou", "geosot", "h3"]
    for each in found["systems"]:
        for link in each["links"]:
            client.get(link["href"]).raise_for_status()


SQUARE = {"type": "Polygon", "coordinates": [[[112.1, 32.0], [112.2, 32.0], [112.2, 32.1],
                                             [112.1, 32.1], [112.1, 32.0]]]}  # fmt: skip


@pytest.mark.parametrize("mode", ["intersects", "center", "within"])
@pytest.mark.parametrize(("system", "level"), [("beidou", 4), ("geosot", 15), ("h3", 7)])
def test_covers_are_those_of_the_package(
    client: TestClient, system: str, level: int, mode: str
) -> None:
    shape = shapely.geometry.shape(SQUARE)
    expected = SYSTEMS[system].module.cover(shape, level, mode)
    feature = {"type": "Feature", "properties": {"n": 1}, "geometry": SQUARE}
    for body in (SQUARE, feature):
        answer = client.post(
            f"/grid/{system}/cover", params={"level": level, "mode": mode}, json=body
        )
        found = answer.raise_for_status().json()
        assert found["cells"] == expected
        assert found["count"] == len(expected)


@pytest.mark.parametrize(
    ("query", "body", "status", "said"),
    [
        ("level=10", SQUARE, 422, "limit=10000"),
        ("level=6&limit=7", SQUARE, 422, "limit=7"),
        ("level=6&limit=0", SQUARE, 400, "'limit'"),
        ("limit=7", SQUARE, 400, "'level': it is missing"),
        ("level=6&mode=near", SQUARE, 400, "'mode'"),
        ("level=6", {"type": "FeatureCollection", "features": []}, 400, "FeatureCollection"),
        ("level=6", {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, 400, "Polygon"),
        ("level=6", [1], 400, "without type"),
        ("level=6", {"type": "Point", "coordinates": [999, 0]}, 400, "off the earth"),
        ("level=6", {"type": "Point", "coordinates": [0, 89]}, 422, "polar cap"),
    ],
)
def test_covers_that_are_refused(
    client: TestClient, query: str, body: Any, status: int, said: str
) -> None:
    answer = client.post(f"/grid/beidou/cover?{query}", json=body)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["detail"]


def test_a_body_has_a_limit(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(covers, "MAX_BYTES", 100)
    monkeypatch.setattr(bulk, "MAX_BYTES", 100)
    assert client.post("/grid/beidou/cover?level=4", json=SQUARE).status_code == 413
    table = {"content": b"lon,lat\n" + b"1,1\n" * 100, "headers": {"content-type": "text/csv"}}
    assert client.post("/grid/beidou/encode", **table).status_code == 413


def test_what_is_no_json_is_refused(client: TestClient) -> None:
    assert client.post("/grid/beidou/cover?level=4", content=b"{").status_code == 400


ROWS = 100_000


@pytest.fixture(scope="module")
def places() -> Any:
    return np.random.default_rng(5).uniform((-180, -87), (180, 87), (ROWS, 2))


def post(client: Any, body: bytes, kind: str, query: str = "level=8") -> Any:
    return client.post(f"/grid/beidou/encode?{query}", content=body, headers={"content-type": kind})


def test_csv_in_bulk(client: TestClient, places: Any) -> None:
    lines = [f'00{n},"a, ""b""",{lon},{lat}' for n, (lon, lat) in enumerate(places.tolist())]
    body = ("n,name,lon,lat\n" + "\n".join(lines)).encode()
    answer = post(client, body, "text/csv; charset=utf-8").raise_for_status()
    codes = beidou.encode(*places.T, 8).astype(str).tolist()
    expected = ["n,name,lon,lat,code", *(f"{a},{b}" for a, b in zip(lines, codes, strict=True))]
    assert answer.text.splitlines() == expected
    assert answer.headers["content-type"].startswith("text/csv")


def test_ndjson_in_bulk(client: TestClient, places: Any) -> None:
    rows = [{"n": n, "x": lon, "y": lat} for n, (lon, lat) in enumerate(places.tolist())]
    body = "\n".join(map(json.dumps, rows)).encode()
    query = "level=8&lon=x&lat=y&column=cell"
    answer = post(client, body, "application/x-ndjson", query).raise_for_status()
    codes = beidou.encode(*places.T, 8).astype(str).tolist()
    found = [json.loads(line) for line in answer.text.splitlines()]
    assert found == [{**row, "cell": code} for row, code in zip(rows, codes, strict=True)]


def test_arrow_in_bulk(client: TestClient, places: Any) -> None:
    table = pa.table({"n": pa.array(range(ROWS)), "lon": places[:, 0], "lat": places[:, 1]})
    body = io.BytesIO()
    with pa.ipc.new_stream(body, table.schema) as writer:
        writer.write_table(table, max_chunksize=7_777)
    answer = post(client, body.getvalue(), bulk.ARROW).raise_for_status()
    found = pa.ipc.open_stream(answer.content).read_all()
    assert found.drop_columns(["code"]).equals(table)
    assert found["code"].to_pylist() == beidou.encode(*places.T, 8).astype(str).tolist()


def test_degrees_minutes_seconds_in_a_table(client: TestClient) -> None:
    body = "lon,lat\n116°18'45.37\"E,39°59'35.38\"N\n116.3125,39.99\n".replace('"', '""')
    body = "\n".join(
        line if "°" not in line else '"' + line.replace(",", '","') + '"'
        for line in body.split("\n")
    )
    found = post(client, body.encode(), "text/csv").raise_for_status().text.splitlines()
    assert found[1].endswith(",N50J47539B825534")
    assert found[2].endswith("," + beidou.encode(116.3125, 39.99, 8))


def test_empty_tables(client: TestClient) -> None:
    assert post(client, b"lon,lat\n", "text/csv").text == "lon,lat,code\n"
    assert post(client, b"", "application/x-ndjson").content == b""


def test_the_length_is_announced(client: TestClient) -> None:
    """So that an answer that breaks off can be told from a whole one."""
    headers = {"content-type": "text/csv", "accept-encoding": "identity"}
    answer = client.post("/grid/beidou/encode", content=b"lon,lat\n1,2\n", headers=headers)
    assert int(answer.headers["content-length"]) == len(answer.content)


GOOD = b"1,2\n" * 40_000


@pytest.mark.parametrize(
    ("kind", "body", "status", "said"),
    [
        ("text/csv", b"lon,lat\n" + GOOD + b"181,2\n", 422, "row 40001: longitude is off"),
        ("text/csv", b"lon,lat\n" + GOOD + b"1,89\n" + GOOD, 422, "row 40001: a polar cap"),
        ("text/csv", b"lon,lat\n1,2\n1\n", 422, "row 2: it has 1 fields"),
        ("text/csv", b"lon,lat\n1,2\n,\n", 422, "row 2: longitude"),
        ("text/csv", b"lon,lat\n1,2\nnan,1\n", 422, "row 2: longitude"),
        ("text/csv", b"x,lat\n1,2\n", 422, "'lon' is not among x, lat"),
        ("text/csv", b"lon,lat,code\n1,2,3\n", 422, "a column 'code' already"),
        ("text/csv", b"lon,lat\n\xff,2\n", 422, "UTF-8"),
        ("text/csv", b"", 422, "'lon'"),
        ("application/x-ndjson", b'{"lon":1,"lat":2}\n{"lon":1}\n', 422, "row 2: the column 'lat'"),
        ("application/x-ndjson", b'{"lon":1,"lat":2}\n{"lon":1\n', 422, "row 2: it is not JSON"),
        ("application/x-ndjson", b'{"lon":null,"lat":2}\n', 422, "row 1: longitude"),
        ("application/x-ndjson", b"[1]\n", 422, "row 1: it is not a JSON object"),
        (bulk.ARROW, b"rubbish", 422, "Arrow"),
        ("application/json", b"{}", 415, "text/csv"),
    ],
)
def test_a_bad_row_is_named(
    client: TestClient, kind: str, body: bytes, status: int, said: str
) -> None:
    answer = post(client, body, kind)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["detail"]


def test_an_arrow_stream_that_breaks_off(client: TestClient) -> None:
    body = io.BytesIO()
    table = pa.table({"lon": [1.0] * 1000, "lat": [2.0] * 1000})
    with pa.ipc.new_stream(body, table.schema) as writer:
        writer.write_table(table, max_chunksize=100)
    assert post(client, body.getvalue()[:-2000], bulk.ARROW).status_code == 422


def test_in_bulk_over_the_wire(city_url: str, places: Any) -> None:
    """A client that sends the whole of its table before it reads anything."""
    lines = b"".join(b"%.9f,%.9f\n" % tuple(place) for place in places.tolist())

    def chunks() -> Iterator[bytes]:
        yield b"lon,lat\n"
        for _ in range(10):
            yield lines

    with httpx.Client(base_url=city_url, timeout=120) as client:
        answer = post(client, chunks(), "text/csv").raise_for_status()  # type: ignore[arg-type]
    assert answer.text.count("\n") == 10 * ROWS + 1
    last = places[-1]
    assert answer.text.endswith(beidou.encode(*np.round(last, 9).tolist(), 8) + "\n")
