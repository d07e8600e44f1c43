"""The past: features and codes as they were, against versions that were put in by hand."""

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from cim.database.sql import run
from cim.registry import Text
from cim.settings import Settings
from layers.load import VectorFile, load

ITEMS = "/collections/plots/items"
A, B, C = (f"42060299010100000000{n}" for n in (1, 2, 3))
HERE, THERE = "112.005,32.005", "112.055,32.005"


def square(west: float) -> shapely.Polygon:
    return shapely.box(west, 32.0, west + 0.01, 32.01)


@pytest.fixture(scope="module")
def engine(module_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Three plots since 2020-01-01. A changed its use and moved on 2022-01-01, B was merged into C
    on 2023-01-01, which is there since.
    """
    folder = tmp_path_factory.mktemp("past")
    frame = gpd.GeoDataFrame(
        {"n": ["a", "b", "c"], "landuse": ["07", "01", "01"]},
        geometry=[square(112.05), square(112.02), square(112.03)],
        crs=4490,
    )
    frame.to_file(folder / "plots.gpkg")
    file = VectorFile(
        folder / "plots.gpkg",
        "plots",
        Text("地块", "Plots"),
        key="n",
        class_code="990101",
        division="420602",
    )
    with module_engine.begin() as connection:
        load(connection, module_engine, file)
        for statement in _HISTORY:
            run(connection, statement)
    return module_engine


_OLD = "cim_version, cim_recorded_at, cim_valid_from, geom, n, landuse"
_HISTORY = (
    f"""
    INSERT INTO history.plots (code, beidou_code, {_OLD}, cim_valid_to)
    SELECT code, beidou_code, 1, '2020-01-05', '2020-01-01',
           ST_SetSRID(ST_MakeEnvelope(112.0, 32.0, 112.01, 32.01), 4490), n, '01', '2022-01-01'
    FROM layer.plots WHERE n = 'a'
    """,
    "UPDATE layer.plots SET cim_version = 2, cim_valid_from = '2022-01-01' WHERE n = 'a'",
    f"""
    INSERT INTO history.plots (code, beidou_code, {_OLD}, cim_valid_to)
    SELECT code, beidou_code, 1, '2020-01-05', '2020-01-01', geom, n, landuse, '2023-01-01'
    FROM layer.plots WHERE n = 'b'
    """,
    "DELETE FROM layer.plots WHERE n = 'b'",
    "UPDATE layer.plots SET cim_valid_from = '2023-01-01' WHERE n = 'c'",
    "UPDATE cim.layer SET feature_count = 2 WHERE name = 'plots'",
    f"UPDATE cim.entity SET state = 'merged' WHERE code = '{B}'",
    f"DELETE FROM cim.cover WHERE code = '{B}'",
    f"""
    WITH known AS (
        INSERT INTO cim.action (who, why, document) VALUES ('资规局', '合并', '襄资规〔2023〕1号')
        RETURNING id
    ), happened AS (
        INSERT INTO cim.event (turn, code, kind, valid_at, action_id)
        SELECT cim.turn(), e.code, e.kind, e.valid_at, id
        FROM known, (VALUES ('{A}', 'assigned', '2020-01-01'::timestamptz),
                            ('{B}', 'assigned', '2020-01-01'), ('{A}', 'changed', '2022-01-01'),
                            ('{C}', 'assigned', '2023-01-01'), ('{B}', 'merged', '2023-01-01'))
             AS e (code, kind, valid_at)
    )
    INSERT INTO cim.succession (predecessor, successor, valid_at, action_id)
    SELECT '{B}', '{C}', '2023-01-01', id FROM known
    """,
)


@pytest.fixture(scope="module")
def past(engine: Engine, open_folder: Path) -> Iterator[TestClient]:
    url = engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    settings = Settings(home=open_folder / "past", database_url=url)
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def uses(client: TestClient, query: str) -> dict[str, str]:
    """Land use by code, walking all pages of one feature each."""
    found, url = {}, f"{ITEMS}?limit=1&{query}"
    while url:
        page = client.get(url).raise_for_status().json()
        found |= {f["id"]: f["properties"]["landuse"] for f in page["features"]}
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    return found


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2019-12-31", {}),
        ("2020-01-01T00:00:00Z", {A: "01", B: "01"}),
        ("2021-12-31T23:59:59Z", {A: "01", B: "01"}),
        ("2022-01-01T00:00:00Z", {A: "07", B: "01"}),
        ("2022-01-01", {A: "07", B: "01"}),  # a day: as it was in the end
        ("2023-01-01T00:00:00Z", {A: "07", C: "01"}),
        ("2021-06-01/2022-06-01", {A: "07", B: "01"}),
        ("2021-06-01/..", {A: "07", B: "01", C: "01"}),
        ("../2021-06-01", {A: "01", B: "01"}),
        ("2024-01-01/..", {A: "07", C: "01"}),
    ],
)
def test_items_as_they_were(past: TestClient, time: str, expected: dict[str, str]) -> None:
    assert uses(past, f"datetime={time}") == expected
    everywhere = uses(past, f"datetime={time}&bbox=111,31,113,33")
    assert everywhere == expected
    residential = {code: use for code, use in expected.items() if use == "07"}
    assert uses(past, f"datetime={time}&landuse=07") == residential


def test_a_box_selects_what_was_in_it_then(past: TestClient) -> None:
    box = "bbox=112.001,32.001,112.009,32.009"
    assert uses(past, f"{box}&datetime=2021-01-01") == {A: "01"}
    assert uses(past, f"{box}&datetime=2021-01-01/2024-01-01") == {}
    assert uses(past, box) == {}


def test_without_a_time_it_is_the_present(past: TestClient) -> None:
    assert uses(past, "") == {A: "07", C: "01"}
    assert past.get(f"{ITEMS}?limit=1").json()["numberMatched"] == 2


def test_number_matched_is_counted_or_absent(past: TestClient) -> None:
    whole = past.get(f"{ITEMS}?datetime=2021-06-01/..").json()
    assert whole["numberMatched"] == whole["numberReturned"] == 3
    assert "numberMatched" not in past.get(f"{ITEMS}?datetime=2021-06-01/..&limit=2").json()


def test_one_item_as_it_was(past: TestClient) -> None:
    then = past.get(f"{ITEMS}/{A}?datetime=2021-01-01").raise_for_status().json()
    assert then["properties"]["landuse"] == "01"
    page = past.get(f"{ITEMS}?datetime=2021-01-01").json()["features"]
    assert {k: v for k, v in then.items() if k != "links"} == page[0]
    here = next(link["href"] for link in then["links"] if link["rel"] == "self")
    assert past.get(here).json() == then
    assert past.get(f"{ITEMS}/{B}?datetime=2021-01-01").status_code == 200
    for address in (f"{ITEMS}/{B}", f"{ITEMS}/{B}?datetime=2023-01-01T00:00:00Z"):
        assert past.get(address).status_code == 404


def test_the_collection_says_when_it_begins(past: TestClient) -> None:
    for body in (
        past.get("/collections/plots").json(),
        *past.get("/collections").json()["collections"],
    ):
        assert body["extent"]["temporal"] == {"interval": [["2020-01-01T00:00:00Z", None]]}
