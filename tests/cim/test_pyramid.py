"""The pyramid of a layer: what writes leave of it is what would be worked out from the rows."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from cim import layer_table, pyramid
from cim.database.sql import run

# Longitude, latitude, width: dots, plots, a district, a river across blocks, at the edges of cells.
SIZES = (0.0, 0.0004, 0.004, 0.03, 0.7)


@pytest.fixture
def connection(engine: Engine) -> Any:
    with engine.begin() as connection:
        layer_table.create(connection, "plots", [])
        layer_table.finish(connection, "plots")
        yield connection


def write(connection: Connection, *squares: tuple[int, float, float, float]) -> None:
    """Insert squares of a number, west, south and side, or put them elsewhere."""
    for number, west, south, side in squares:
        run(
            connection,
            """
            INSERT INTO layer.plots (code, beidou_code, geom)
            VALUES ($1, 'x', ST_MakeEnvelope($2, $3, $4, $5, 4490))
            ON CONFLICT (code) DO UPDATE SET geom = EXCLUDED.geom
            """,
            f"420602990101{number:09}",
            west,
            south,
            west + side,
            south + side,
        )


def drawn(connection: Connection) -> tuple[list[Any], list[Any]]:
    cells = run(
        connection,
        "SELECT level, x, y, code, features, ST_AsText(geom) FROM cell.plots ORDER BY 1, 2, 3",
    )
    outlines = run(
        connection, "SELECT level, code, ST_AsText(geom) FROM outline.plots ORDER BY 1, 2"
    )
    return cells, outlines


def random_square(rng: random.Random, number: int) -> tuple[int, float, float, float]:
    side = rng.choice(SIZES) * rng.uniform(0.5, 1)
    return number, 112 + rng.uniform(0, 0.05), 32 + rng.uniform(0, 0.05), side


@pytest.mark.parametrize("seed", range(3))
def test_writes_leave_what_would_be_made_of_the_rows(connection: Connection, seed: int) -> None:
    rng = random.Random(seed)
    write(connection, *(random_square(rng, i) for i in range(40)))
    pyramid.refresh(connection, "plots")
    for _ in range(4):
        write(connection, *(random_square(rng, rng.randrange(60)) for _ in range(5)))
        gone = [f"420602990101{rng.randrange(60):09}" for _ in range(5)]
        run(connection, "DELETE FROM layer.plots WHERE code = ANY($1)", gone)
        _again(connection)
        left = drawn(connection)
        run(connection, "DELETE FROM cell.plots")
        run(connection, "DELETE FROM outline.plots")
        run(connection, "UPDATE layer.plots SET geom = geom")
        _again(connection)
        assert drawn(connection) == left
        check(connection)


def _again(connection: Connection) -> None:
    """Refresh within the transaction of the test, as one of its own."""
    run(connection, "DROP TABLE IF EXISTS settled, block, drawn, stale")
    pyramid.refresh(connection, "plots")


def check(connection: Connection) -> None:
    """Hold the pyramid against the rows, counted here: every feature once at each level."""
    rows = run(
        connection,
        "SELECT code, ST_XMin(geom) AS w, ST_YMin(geom) AS s, ST_XMax(geom) AS e,"
        " ST_YMax(geom) AS n, ST_Area(geom) AS area FROM layer.plots",
    )
    cells, outlines = drawn(connection)
    for level in range(pyramid.FIRST, pyramid.FINEST + 1):
        side = 360 / 2**level
        expected: dict[tuple[int, int], list[Any]] = defaultdict(list)
        large = set()
        for row in rows:
            if max(row.e - row.w, row.n - row.s) > side:
                large.add(row.code)
                continue
            x = math.floor(((row.w + row.e) / 2 + 180) / 360 * 2**level)
            y = math.floor((90 - (row.s + row.n) / 2) / 360 * 2**level)
            expected[x, y].append(row)
        here = {(c.x, c.y): c for c in cells if c.level == level}
        assert here.keys() == expected.keys()
        for place, found in here.items():
            assert found.features == len(expected[place])
            largest = max(row.area for row in expected[place])
            assert next(r.area for r in rows if r.code == found.code) == largest
        assert {o.code for o in outlines if o.level == level} == large


def test_a_write_that_is_not_yet_committed_is_seen_once_it_is(engine: Engine) -> None:
    """And nobody waits: writers only add, and the pyramid takes what it sees."""
    with engine.begin() as connection:
        layer_table.create(connection, "plots", [])
        layer_table.finish(connection, "plots")
    with engine.connect() as slow, slow.begin():
        write(slow, (1, 112.0, 32.0, 0.0001))
        with engine.begin() as quick:
            write(quick, (2, 112.0, 32.0, 0.0002))
        with engine.begin() as reader:
            pyramid.refresh(reader, "plots")
            assert {cell.features for cell in drawn(reader)[0]} == {1}
    with engine.begin() as reader:
        pyramid.refresh(reader, "plots")
        assert {cell.features for cell in drawn(reader)[0]} == {2}


def test_the_sum_of_stamps_moves_with_writes_and_not_with_settling(connection: Connection) -> None:
    def total() -> int:
        return int(run(connection, "SELECT coalesce(sum(stamp), 0) AS n FROM touched.plots")[0].n)

    seen = [total()]
    write(connection, (1, 112.0, 32.0, 0.0001), (2, 112.0, 32.0, 0.7))
    seen.append(total())
    pyramid.settle(connection, "plots")
    assert total() == seen[-1]
    run(connection, "DELETE FROM layer.plots")
    seen.append(total())
    assert seen == sorted(set(seen))
    assert not run(connection, "SELECT FROM touched.plots WHERE place && box '(0,0),(90,30)'")
