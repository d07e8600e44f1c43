"""OGC API - EDR: what it answers is what the database holds, in three formats, bounded, refused."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from covjson_pydantic.coverage import CoverageCollection
from owslib.ogcapi.edr import EnvironmentalDataRetrieval
from starlette.testclient import TestClient

from api.cli.sample import SAMPLES
from cim import series
from cim.doubts import names
from cim.settings import Settings
from layers.observations.file import ObservationFile
from layers.observations.load import load

STATIONS = "/collections/hydro_stations"
JULY = "2024-07-14T00:00:00Z/2024-07-14T02:00:00Z"


@pytest.fixture(scope="module")
def database(city: Settings) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(str(city.database_url)) as connection:
        connection.execute("SET timezone = 'UTC'")
        yield connection


@pytest.fixture(scope="module")
def codes(client: TestClient) -> dict[str, str]:
    """The code of each station by its key."""
    page = client.get(f"{STATIONS}/items?limit=100").json()
    return {f["properties"]["station"]: f["id"] for f in page["features"]}


def truth(database: psycopg.Connection[Any], code: str, *where: str) -> list[tuple[Any, ...]]:
    """Parameter, time, value and flags of a station as the database has them."""
    terms = " AND ".join(("d.station = %s", *where))
    return database.execute(
        f"""
        SELECT d.parameter, o.time, o.value, o.flags
        FROM cim.observation o JOIN cim.datastream d ON d.id = o.datastream_id
        WHERE {terms} ORDER BY 1, 2
        """,
        (code,),
    ).fetchall()


def read(body: str) -> list[tuple[Any, ...]]:
    """The same out of CoverageJSON, as another program reads it."""
    found = CoverageCollection.model_validate_json(body)
    assert found.parameters is not None
    rows = []
    for coverage in found.coverages:
        [parameter] = [name for name in coverage.ranges if not name.endswith("_flags")]
        values, flags = (coverage.ranges[name] for name in (parameter, f"{parameter}_flags"))
        assert coverage.domain.axes.t is not None
        times = coverage.domain.axes.t.values
        for row in zip(times, values.values, flags.values, strict=True):  # type: ignore[union-attr]
            rows.append((parameter, *row))
    return rows


def test_a_location_as_coverage_json_is_what_the_database_holds(
    client: TestClient, database: psycopg.Connection[Any], codes: dict[str, str]
) -> None:
    for code in codes.values():
        answer = client.get(f"{STATIONS}/locations/{code}").raise_for_status()
        assert answer.headers["content-type"] == "application/prs.coverage+json"
        rows = read(answer.text)
        assert len(rows) > 50_000
        assert rows == truth(database, code)


def test_geojson_and_csv_say_the_same(
    client: TestClient, database: psycopg.Connection[Any], codes: dict[str, str]
) -> None:
    code, when = codes["SMPL0003"], "2024-07-13T12:00:00Z/2024-07-14T12:00:00Z"
    expected = truth(
        database, code, "o.time >= '2024-07-13 12:00Z'", "o.time <= '2024-07-14 12:00Z'"
    )
    assert len(expected) == 75
    assert max(value for _, _, value, _ in expected) == 6245, "the slipped decimal is there"
    here = f"{STATIONS}/locations/{code}?datetime={when}"
    page = client.get(f"{here}&f=GeoJSON").raise_for_status()
    assert page.headers["content-type"] == "application/geo+json"
    features = page.json()["features"]
    told = [
        (p["parameter-name"][0], datetime.fromisoformat(p["datetime"]), p["value"], p["flags"])
        for p in (feature["properties"] for feature in features)
    ]
    assert told == [(*row[:3], names(row[3])) for row in expected]
    stages = [f["properties"] for f in features if f["properties"]["parameter-name"] == ["stage"]]
    assert {(p["label"], p["datum"], p["unit"]) for p in stages} == {("襄阳", "未载明", "m")}
    assert len({feature["id"] for feature in features}) == len(features)
    required = {"datetime", "parameter-name", "label", "edrqueryendpoint"}  # edrProperties.yaml
    assert all(required <= feature["properties"].keys() for feature in features)
    table = client.get(f"{here}&f=CSV").raise_for_status()
    assert table.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(table.text)))
    told = [
        (row["parameter"], datetime.fromisoformat(row["time"]), float(row["value"]), row["flags"])
        for row in lines
    ]
    assert told == [(*row[:3], "|".join(names(row[3]))) for row in expected]
    assert {float(row["longitude"]) for row in lines} == {112.135}


def test_the_csv_of_a_station_can_be_loaded_again(
    client: TestClient, codes: dict[str, str], city: Settings, tmp_path: Path
) -> None:
    from cim.database.connect import engine_of

    path = tmp_path / "again.csv"
    path.write_bytes(client.get(f"{STATIONS}/locations/{codes['SMPL0002']}?f=CSV").content)
    engine = engine_of(str(city.database_url))
    with engine.connect() as connection:
        report = load(connection, ObservationFile(path, "hydro_stations"))
        connection.rollback()
    engine.dispose()
    assert (report.added, report.changed, report.refused) == (0, 0, 0)
    assert report.unchanged == 52_632


@pytest.mark.parametrize(
    ("when", "hours"),
    [
        ("2024-07-14T01:00:00Z", [1]),
        ("2024-07-14T09:00:00%2B08:00", [1]),
        ("2024-07-14T00:30:00Z", []),
        (JULY, [0, 1, 2]),
        ("2024-07-14", list(range(24))),
        ("../2023-12-31T17:00:00Z", [16, 17]),
        ("2025-12-31T15:00:00Z/..", [15]),
        ("2031-01-01T00:00:00Z/..", []),
    ],
)
def test_times(client: TestClient, codes: dict[str, str], when: str, hours: list[int]) -> None:
    query = f"parameter-name=stage,stage_flags&datetime={when}"
    answer = client.get(f"{STATIONS}/locations/{codes['SMPL0003']}?{query}").raise_for_status()
    assert [time.hour for _, time, _, _ in read(answer.text)] == hours


def test_parameters_that_are_asked_for_alone(client: TestClient, codes: dict[str, str]) -> None:
    here = f"{STATIONS}/locations/{codes['SMPL0003']}?datetime={JULY}&parameter-name="
    found = client.get(f"{here}stage").json()
    assert list(found["parameters"]) == ["stage"]
    assert [list(coverage["ranges"]) for coverage in found["coverages"]] == [["stage"]]
    found = client.get(f"{here}stage,stage_flags,flow").json()
    assert [list(coverage["ranges"]) for coverage in found["coverages"]] == [
        ["flow"],
        ["stage", "stage_flags"],
    ]
    lines = client.get(f"{here}rainfall&f=csv").text.splitlines()
    assert [line.split(",")[5] for line in lines] == [
        "parameter",
        "rainfall",
        "rainfall",
        "rainfall",
    ]


def test_a_stage_tells_its_datum(client: TestClient, codes: dict[str, str]) -> None:
    query = f"datetime={JULY}&parameter-name=stage,flow"
    found = client.get(f"{STATIONS}/locations/{codes['SMPL0002']}?{query}").json()
    datums = {next(iter(c["ranges"])): c.get("datum") for c in found["coverages"]}
    assert datums == {"flow": None, "stage": {"name": "吴淞高程（样例）", "offset_m": -1.83}}
    listed = client.get(f"{STATIONS}/locations").json()["features"]
    [own] = [f["properties"] for f in listed if f["id"] == codes["SMPL0002"]]
    assert own["datum"] == {"stage": {"name": "吴淞高程（样例）", "offset_m": -1.83}}


def test_locations_are_the_stations_that_have_observations(
    client: TestClient, codes: dict[str, str]
) -> None:
    page = client.get(f"{STATIONS}/locations").raise_for_status().json()
    assert [feature["id"] for feature in page["features"]] == sorted(codes.values())
    for feature in page["features"]:
        told = feature["properties"]
        assert told["datetime"] == "2023-12-31T16:00:00Z/2025-12-31T15:00:00Z"
        assert told["parameter-name"] == ["flow", "rainfall", "stage"]
        endpoint = told["edrqueryendpoint"].removeprefix("http://testserver")
        assert endpoint == f"{STATIONS}/locations/{feature['id']}"
    names_of = {feature["properties"]["label"] for feature in page["features"]}
    assert names_of == {"老河口", "谷城", "襄阳", "张湾", "宜城"}


def test_locations_are_paged_and_filtered(client: TestClient, codes: dict[str, str]) -> None:
    seen, href = [], f"{STATIONS}/locations?limit=2"
    while href:
        page = client.get(href).raise_for_status().json()
        assert page["numberReturned"] == len(page["features"]) <= 2
        seen += [feature["id"] for feature in page["features"]]
        href = next((x["href"] for x in page["links"] if x["rel"] == "next"), "")
    assert seen == sorted(codes.values())

    def ids(query: str) -> list[str]:
        return [f["id"] for f in client.get(f"{STATIONS}/locations?{query}").json()["features"]]

    assert ids("bbox=112.1,32.0,112.2,32.05") == [codes["SMPL0003"]]
    assert ids("datetime=2031-01-01T00:00:00Z/..") == []
    assert len(ids("datetime=../2023-12-31T16:00:00Z&parameter-name=stage")) == 5


def test_a_position_is_that_of_the_nearest_station_near_enough(
    client: TestClient, codes: dict[str, str]
) -> None:
    here = f"{STATIONS}/position?datetime={JULY}&coords="
    at = client.get(f"{STATIONS}/locations/{codes['SMPL0003']}?datetime={JULY}").json()
    for coords in (
        "POINT(112.135 32.0275)",
        "point (112.1300 32.0300)",
        "POINT Z(112.135 32.0275 5)",
    ):
        assert client.get(here + coords).raise_for_status().json() == at
    away = client.get(f"{here}POINT(112.135 32.04)")  # 1.4 km
    assert away.status_code == 404
    assert "within 1,000 m" in away.json()["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "position",
        "position?coords=POINT(32)",
        "position?coords=POINT(200 32)",
        "position?coords=POINT(nan 32)",
        "position?coords=MULTIPOINT((112 32),(113 32))",
        "position?coords=POINT(112.135 32.0275)&crs=EPSG:4490",
        "position?coords=POINT(112.135 32.0275)&z=3",
        "locations?parameter-name=gossip",
        "locations?limit=0",
        "locations?token=42",
        "locations?bbox=1,2,3",
        "locations/{code}?datetime=yesterday",
        "locations/{code}?parameter-name=",
        "locations/{code}?f=netcdf",
        "locations/{code}?limit=3",
    ],
)
def test_what_cannot_be_read_is_refused(
    client: TestClient, codes: dict[str, str], query: str
) -> None:
    answer = client.get(f"{STATIONS}/{query.format(code=codes['SMPL0003'])}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_is_not_there(client: TestClient) -> None:
    assert client.get(f"{STATIONS}/locations/420602990203999999999").status_code == 404
    parcels = client.get("/collections/parcels/locations")
    assert parcels.status_code == 404
    assert parcels.json()["detail"] == "collection 'parcels' has no observations"
    assert client.get("/collections/nothing/locations").status_code == 404


def test_an_answer_is_bounded_and_says_so(
    client: TestClient, codes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.observations import answers

    monkeypatch.setattr(series, "MOST_VALUES", 20)
    monkeypatch.setattr(answers, "MOST_VALUES", 20)
    here = f"{STATIONS}/locations/{codes['SMPL0003']}?datetime=2024-07-14"
    for kind in ("CoverageJSON", "GeoJSON", "CSV"):
        refused = client.get(f"{here}&f={kind}")
        assert refused.status_code == 413
        assert "more than 20 values" in refused.json()["detail"]
        few = f"{STATIONS}/locations/{codes['SMPL0003']}?datetime={JULY}&f={kind}"
        client.get(few).raise_for_status()


def test_the_collection_tells_its_queries_parameters_and_times(client: TestClient) -> None:
    body = client.get(STATIONS, headers={"Accept-Language": "en"}).json()
    assert body["extent"]["temporal"]["interval"] == [
        ["2023-12-31T16:00:00Z", None],
        ["2023-12-31T16:00:00Z", "2025-12-31T15:00:00Z"],
    ]
    assert body["data_queries"].keys() == {"locations", "position"}
    for name, query in body["data_queries"].items():
        told = query["link"]
        assert told["variables"]["query_type"] == name
        assert set(told["variables"]["output_formats"]) <= set(body["output_formats"])
        asked = told["href"] + ("" if name == "locations" else "?coords=POINT(112.135 32.0275)")
        answer = client.get(f"{asked}{'&' if '?' in asked else '?'}datetime={JULY}")
        assert answer.status_code == 200
    stage = body["parameter_names"]["stage"]
    assert stage["type"] == "Parameter"
    assert stage["observedProperty"] == {"id": "stage", "label": "Stage"}
    assert stage["unit"]["symbol"] == {"value": "m", "type": "http://www.opengis.net/def/uom/UCUM/"}
    assert "data_queries" not in client.get("/collections/parcels").json()
    [listed] = [
        c
        for c in client.get("/collections", headers={"Accept-Language": "en"}).json()["collections"]
        if c["id"] == "hydro_stations"
    ]
    own = [each for each in body["links"] if each in listed["links"]]
    assert {**listed, "links": own} == {**body, "links": own}


def test_a_station_shows_its_latest_readings(
    client: TestClient, database: psycopg.Connection[Any], codes: dict[str, str]
) -> None:
    code = codes["SMPL0002"]
    page = client.get(f"{STATIONS}/items?limit=100").json()["features"]
    [listed] = [feature["properties"] for feature in page if feature["id"] == code]
    answer = client.get(f"{STATIONS}/items/{code}").json()
    alone = answer["properties"]
    resolved = client.get(f"/resolve?code={code}").json()["feature"]["properties"]
    assert listed == alone == resolved
    for parameter in ("stage", "flow", "rainfall"):
        _, time, value, flags = [row for row in truth(database, code) if row[0] == parameter][-1]
        assert alone[f"latest_{parameter}"] == value
        assert datetime.fromisoformat(alone[f"latest_{parameter}_time"]) == time
        assert alone[f"latest_{parameter}_flags"] == names(flags)
    assert alone["latest_stage_datum"] == "吴淞高程（样例）"
    assert "latest_flow_datum" not in alone
    [related] = [link["href"] for link in answer["links"] if link["rel"] == "related"]
    assert client.get(related).status_code == 200
    own = [name for name in alone if not name.startswith("latest_")]
    assert "datum_correction_m" in own
    assert (
        client.get("/collections/parcels/items?limit=1")
        .json()["features"][0]["properties"]
        .keys()
        .isdisjoint({"cim_latest", "latest_stage"})
    )


def test_the_doubtful_values_of_the_sample_are_found_and_no_others(
    database: psycopg.Connection[Any],
) -> None:
    """`hydro_known_errors.csv` is the answer key; a gap has no value to doubt."""
    columns = {"stage_m": "stage", "flow_m3s": "flow", "rain_mm": "rainfall"}
    with (SAMPLES / "hydro_known_errors.csv").open() as file:
        wrong = [row for row in csv.DictReader(file) if row["kind"] != "gap"]
    flagged = set(
        database.execute(
            """
            SELECT e.source_id, d.parameter, o.time FROM cim.observation o
            JOIN cim.datastream d ON d.id = o.datastream_id JOIN cim.entity e ON e.code = d.station
            WHERE o.flags <> 0
            """
        ).fetchall()
    )
    expected = set()
    for row in wrong:
        first, last = (datetime.fromisoformat(row[end]).astimezone(UTC) for end in ("from", "to"))
        hours = database.execute(
            "SELECT h FROM generate_series(%s::timestamptz, %s, '1 hour') h", (first, last)
        ).fetchall()
        expected |= {(row["station"], columns[row["column"]], hour) for (hour,) in hours}
    assert expected <= flagged
    beside = flagged - expected
    assert beside == {("SMPL0005", "stage", datetime(2025, 2, 9, 17, tzinfo=UTC))}, (
        "the reading before the float stuck was the same already"
    )


def test_owslib_finds_and_asks(city_url: str) -> None:
    service = EnvironmentalDataRetrieval(city_url)
    assert service.data() == ["hydro_stations"]
    answer = service.query_data(
        "hydro_stations", "position", coords="POINT(112.135 32.0275)", datetime_=JULY
    )
    body = json.dumps(answer) if isinstance(answer, dict) else answer.read().decode()
    found = CoverageCollection.model_validate_json(body)
    ranges = [next(iter(coverage.ranges)) for coverage in found.coverages]
    assert ranges == ["flow", "rainfall", "stage"]
