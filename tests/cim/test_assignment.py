"""What assignment and lives answer where things meet: reviews overtaken, classes gone, texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from sqlalchemy import Engine

from cim import class_table
from cim.actions import Action
from cim.assignment import reviews
from cim.assignment.assign import Batch, Outcome, assign
from cim.assignment.deciding import decide
from cim.assignment.request import Request
from cim.database.sql import run
from cim.errors import AreasDiffer, ClassDeprecated, FutureTime, NotActive, ReviewUnknown
from cim.lifecycle import succession
from cim.lifecycle.change import Change, change
from cim.lifecycle.end import end
from cim.lifecycle.succession import Step

ME = Action("tester", "because")
STOPS = Batch("bus", "990409", ME)
PLOTS = Batch("cadastre", "990101", ME)


def stop(name: str, metres: float = 0) -> Request:
    return Request(name, shapely.Point(112 + metres / 94_500, 32), division="420606")


def plot(name: str, west: float, east: float) -> Request:
    return Request(name, shapely.box(west, 32, east, 32.001), division="420606")


def ask(engine: Engine, batch: Batch, *requests: Request) -> list[Outcome]:
    with engine.begin() as connection:
        return assign(connection, engine, batch, requests)


def code_of(engine: Engine, batch: Batch, request: Request) -> str:
    (outcome,) = ask(engine, batch, request)
    assert outcome.code is not None
    return outcome.code


def test_what_has_a_code_keeps_it_whatever_is_said_of_it(engine: Engine) -> None:
    code = code_of(engine, STOPS, stop("a"))
    unplaced = replace(stop("a"), geometry=None)
    nowhere = replace(stop("a", 90_000), division=None)
    other_class = replace(STOPS, class_code="990703")
    for batch, request in ((STOPS, unplaced), (STOPS, nowhere), (other_class, stop("a"))):
        (outcome,) = ask(engine, batch, request)
        assert (outcome.status, outcome.code) == ("existing", code)
    assert outcome.reason == "it is of class 990409"


def test_a_deprecated_class_takes_nothing_new_and_keeps_what_it_has(engine: Engine) -> None:
    code = code_of(engine, STOPS, stop("a"))
    with engine.begin() as connection:
        class_table.deprecate(connection, "990409", None, "tester")
    assert code_of(engine, STOPS, stop("a")) == code
    with pytest.raises(ClassDeprecated):
        ask(engine, STOPS, stop("b", 50))


def test_one_bad_text_rejects_one_row(engine: Engine) -> None:
    good, bad = ask(engine, STOPS, stop("a"), stop("b\0", 50))
    assert (good.status, bad.status) == ("assigned", "rejected")
    assert "NUL" in str(bad.reason)


@pytest.mark.parametrize(("metres", "guard"), [(50, True), (1, False)])
def test_a_review_goes_when_its_thing_gets_a_code(
    engine: Engine, metres: float, guard: bool
) -> None:
    first = code_of(engine, STOPS, stop("a"))
    (suspected,) = ask(engine, STOPS, stop("b", 1))
    assert (suspected.status, suspected.code) == ("duplicate?", first)
    assert suspected.review is not None
    second = code_of(engine, replace(STOPS, guard=guard), stop("b", metres))
    assert second != first
    with engine.begin() as connection, pytest.raises(ReviewUnknown):
        decide(connection, engine, suspected.review, "same", ME)
    assert code_of(engine, STOPS, stop("b")) == second


def test_nothing_becomes_the_same_as_what_has_ended(engine: Engine) -> None:
    first = code_of(engine, STOPS, stop("a"))
    (suspected,) = ask(engine, STOPS, stop("b", 1))
    assert suspected.review is not None
    with engine.begin() as connection:
        end(connection, [first], "retired", ME)
    with engine.connect() as connection, pytest.raises(NotActive):
        decide(connection, engine, suspected.review, "same", ME)
    with engine.begin() as connection:
        assert [one.id for one in reviews.waiting(connection)] == [suspected.review]
        answer = decide(connection, engine, suspected.review, "different", ME)
    assert answer.status == "assigned"


def test_numbers_of_any_size_stay(engine: Engine) -> None:
    code = code_of(engine, STOPS, replace(stop("a"), properties={"n": 2**70, "x": 1e20}))
    with engine.begin() as connection:
        assert change(connection, code, Change(name="乙"), ME)
        (row,) = run(connection, "SELECT attributes FROM item.assigned_990409")
    assert row.attributes == {"n": 2**70, "x": 10**20}


def test_what_lies_ahead_is_not_recorded(engine: Engine) -> None:
    code = code_of(engine, STOPS, stop("a"))
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with engine.connect() as connection:
        with pytest.raises(FutureTime):
            change(connection, code, Change(name="乙"), ME, tomorrow)
        with pytest.raises(FutureTime):
            end(connection, [code], "retired", ME, tomorrow)
    with pytest.raises(FutureTime):
        ask(engine, replace(STOPS, valid_from=tomorrow), stop("b", 50))


@pytest.mark.parametrize(
    "children",
    [
        [plot("w", 113, 113.001), plot("e", 113.001, 113.002)],
        [plot("w", 112, 112.001), plot("e", 112, 112.001)],
        [plot("w", 112, 112.001), plot("e", 112.001, 112.0015)],
    ],
    ids=["elsewhere", "over each other", "too small"],
)
def test_parts_of_a_plot_make_it_up(engine: Engine, children: list[Request]) -> None:
    code = code_of(engine, PLOTS, plot("p", 112, 112.002))
    with engine.connect() as connection, pytest.raises(AreasDiffer):
        succession.split(connection, engine, code, children, Step(ME))
    with engine.begin() as connection:
        parts = succession.split(connection, engine, code, children, Step(ME, forced="measured"))
    assert [part.status for part in parts] == ["assigned", "assigned"]
