"""Two who ask for the same thing at the same time: one is assigned, the other finds it there."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import shapely
from sqlalchemy import Engine

from cim.actions import Action
from cim.assignment.assign import Batch, Outcome, assign
from cim.assignment.request import Request
from cim.database.sql import run

BATCH = Batch("cameras", "990702", Action("writer"))
CAMERA = Request(
    "a", shapely.Point(112, 32), division="420606", aliases={"gb28181": "42060600001320000001"}
)


OTHER = Request("b", shapely.Point(112.1, 32), division="420606")


def _ask(engine: Engine, batch: Batch, request: Request = CAMERA) -> Outcome:
    with engine.begin() as connection:
        return assign(connection, engine, batch, [request])[0]


def _wait_for_waiters(engine: Engine, wanted: int) -> None:
    waiting = """
        SELECT count(*) AS n FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    for _ in range(200):
        with engine.connect() as connection:
            if run(connection, waiting)[0].n == wanted:
                return
        time.sleep(0.05)
    raise AssertionError("nobody waits")


@pytest.mark.parametrize("guard", [True, False])
def test_whoever_comes_second_finds_it_there(engine: Engine, guard: bool) -> None:
    batch = replace(BATCH, guard=guard)
    _ask(engine, batch, OTHER)  # makes the register of the class
    with ThreadPoolExecutor() as pool:
        with engine.begin() as first:
            (assigned,) = assign(first, engine, batch, [CAMERA])
            second = pool.submit(_ask, engine, batch)
            _wait_for_waiters(engine, 1)
        assert (second.result().status, second.result().code) == ("existing", assigned.code)


def test_an_alias_of_the_thing_itself_is_not_taken(engine: Engine) -> None:
    """The first one commits after the second has looked for the thing and before for its alias."""
    batch = replace(BATCH, guard=False)
    _ask(engine, batch, OTHER)
    hold = "LOCK TABLE cim.same_source IN ACCESS EXCLUSIVE MODE"
    with ThreadPoolExecutor() as pool:
        with engine.begin() as between:
            with engine.begin() as first:
                (assigned,) = assign(first, engine, batch, [CAMERA])
                held = pool.submit(run, between, hold)
                _wait_for_waiters(engine, 1)
                second = pool.submit(_ask, engine, batch)
                _wait_for_waiters(engine, 2)
            held.result()
        assert (second.result().status, second.result().code) == ("existing", assigned.code)
