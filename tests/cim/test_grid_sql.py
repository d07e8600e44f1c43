"""The SQL functions of the grids against the package: random places and every kind of edge."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import psycopg
import pytest
import shapely
from sqlalchemy import Connection, Engine

from cim.database.sql import driver, run
from gridcode import beidou, geosot
from gridcode.errors import GridCodeError

SYSTEMS: dict[str, Any] = {"beidou": beidou, "geosot": geosot}
LEVELS = {"beidou": range(11), "geosot": range(33)}

EDGE_LON = [
    0.0,
    -0.0,
    1e-12,
    -1e-12,
    6,
    -6,
    180,
    -180,
    179.9999999999,
    5.999999999999,
    120,
    -120,
    -60,
    128,
    -128,
    -64,
    112.14,
    105.38104166666666,
    34.62949232313368,
]
EDGE_LAT = [
    0.0,
    -0.0,
    1e-12,
    -1e-12,
    4,
    -4,
    88,
    -88,
    87.9999999999,
    88.5,
    -89.2,
    89.6,
    90,
    -90,
    32.02,
    88.53333333333333,
    37.63675726996528,
]


@pytest.fixture(scope="module")
def connection(module_engine: Engine) -> Any:
    with module_engine.connect() as connection:
        yield connection


def sql(connection: Connection, text: str, *values: Any) -> Any:
    """The value of an expression, or the error's first line where Python too must refuse."""
    try:
        with driver(connection).transaction():
            return run(connection, f"SELECT {text} AS value", *values)[0].value
    except psycopg.DataError:
        return None


def python(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except GridCodeError:
        return None


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_edge(connection: Connection, system: str) -> None:
    for lon, lat in itertools.product(EDGE_LON, EDGE_LAT):
        for level in LEVELS[system]:
            expected = python(lambda: SYSTEMS[system].encode(float(lon), float(lat), level))  # noqa: B023
            call = f"grid.{system}($1::float8, $2::float8, $3::int)"
            assert sql(connection, call, lon, lat, level) == expected, (lon, lat, level)
            number = expected and SYSTEMS[system].to_integer(expected)
            call = f"grid.{system}_integer($1::float8, $2::float8, $3::int)"
            assert sql(connection, call, lon, lat, level) == number, (lon, lat, level)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_million_places(connection: Connection, system: str) -> None:
    """Everywhere, and thickly around Xiangyang; each level has its share."""
    rng = np.random.default_rng(39409)
    half = 500_000
    lon = np.concatenate([rng.uniform(-180, 180, half), rng.uniform(110.7, 113.7, half)])
    lat = np.concatenate([rng.uniform(-87.99, 87.99, half), rng.uniform(31.2, 32.6, half)])
    level = np.resize(np.array(LEVELS[system])[1:], 2 * half)
    run(connection, "CREATE TEMP TABLE IF NOT EXISTS place (lon float8, lat float8, level int)")
    run(connection, "TRUNCATE place")
    with driver(connection).cursor() as cursor, cursor.copy("COPY place FROM STDIN BINARY") as copy:
        copy.set_types(["float8", "float8", "int4"])
        for row in zip(lon.tolist(), lat.tolist(), level.tolist(), strict=True):
            copy.write_row(row)
    rows = run(
        connection,
        f"""
        SELECT grid.{system}(lon, lat, level) AS code,
               grid.{system}_integer(lon, lat, level) AS number
        FROM place ORDER BY ctid
        """,
    )
    found = np.array([row.code for row in rows], dtype="S48")
    numbers = np.array([row.number for row in rows], dtype=np.int64)
    for n in LEVELS[system][1:]:
        chosen = level == n
        expected = SYSTEMS[system].encode(lon[chosen], lat[chosen], n)
        np.testing.assert_array_equal(found[chosen], expected.astype("S48"))
        expected = SYSTEMS[system].encode_integer(lon[chosen], lat[chosen], n)
        np.testing.assert_array_equal(numbers[chosen], expected)


@pytest.mark.parametrize("system", SYSTEMS)
def test_cells(connection: Connection, system: str) -> None:
    rng = np.random.default_rng(40087)
    codes = {"N", "S", "N000", "S00002"} if system == "beidou" else {"G", "G3", "G31", "G002022001"}
    for lon, lat in [
        *zip(rng.uniform(-180, 180, 40), rng.uniform(-90, 90, 40), strict=True),
        *itertools.product((-6.0, 0.0, 180.0), (-88.0, 0.0, 88.7, 90.0)),
    ]:
        for level in LEVELS[system]:
            code = python(lambda: SYSTEMS[system].encode(float(lon), float(lat), level))  # noqa: B023
            if code is not None:
                codes.add(code)
    for code in sorted(codes):
        wkb = sql(connection, f"ST_AsBinary(grid.{system}_cell($1))", code)
        expected = SYSTEMS[system].decode(code).polygon()
        assert shapely.equals_exact(
            shapely.normalize(shapely.from_wkb(bytes(wkb))), shapely.normalize(expected)
        ), code
        span = SYSTEMS[system].integer_range(SYSTEMS[system].to_integer(code))
        assert sql(connection, f"grid.{system}_span($1)", code) == list(span), code


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("beidou", "N50J4753F"),
        ("beidou", "N61A"),
        ("beidou", "N50W"),
        ("beidou", "N5"),
        ("beidou", ""),
        ("geosot", "G4"),
        ("geosot", "H1"),
        ("geosot", "G001310322-333333"),
        ("geosot", "G033333333"),
    ],
)
def test_what_is_no_code(connection: Connection, system: str, code: str) -> None:
    assert not SYSTEMS[system].is_valid(code)
    assert sql(connection, f"grid.{system}_cell($1)", code) is None
    assert sql(connection, f"grid.{system}_span($1)", code) is None


def test_geometries(connection: Connection) -> None:
    square = "ST_MakeEnvelope(112, 32, 112.2, 32.2, 4490)"
    assert sql(connection, f"grid.beidou({square}, 8)") == beidou.encode(112.1, 32.1, 8)
    assert sql(connection, "grid.beidou(ST_Point(112.1, 32.1, 4326))") == beidou.encode(112.1, 32.1)
    number = beidou.encode_integer(112.1, 32.1, 8)
    assert sql(connection, f"grid.beidou_integer({square}, 8)") == number
    number = geosot.encode_integer(112.1, 32.1)
    assert sql(connection, "grid.geosot_integer(ST_Point(112.1, 32.1, 4490))") == number
    with pytest.raises(psycopg.DataError, match="SRID 3857"), driver(connection).transaction():
        run(connection, "SELECT grid.beidou(ST_Point(1, 2, 3857), 8)")


def test_they_may_stand_in_an_index(connection: Connection) -> None:
    run(connection, "CREATE TEMP TABLE thing (geom geometry)")
    run(connection, "CREATE INDEX ON thing (grid.beidou(geom, 6))")
    run(connection, "CREATE INDEX ON thing (grid.geosot(geom, 20))")
    run(connection, "CREATE INDEX ON thing (grid.beidou_integer(geom))")
    run(connection, "CREATE INDEX ON thing (grid.geosot_integer(geom))")
