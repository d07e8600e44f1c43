"""The ingest log, and runs undone: a layer is again what it was, or nothing moves."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
import shapely
from sqlalchemy import Engine

from cim.access import ANONYMOUS
from cim.actions import Action
from cim.assignment.assign import Batch, assign
from cim.assignment.request import Request
from cim.database.sql import run
from cim.layer import Text
from cim.lifecycle.change import Change, change
from cim.lifecycle.succession import Step, merge_into
from layers import runs
from layers.errors import RowsRefused, RunKept, RunUnknown
from layers.load import VectorFile, load, remove
from layers.report import LoadReport
from layers.rollback import rollback
from layers.watch import Watch

Load = Callable[[VectorFile], LoadReport]
Plots = Callable[..., VectorFile]
Seen = Callable[[], dict[str, Any]]

BY = Action("clerk", "the wrong file")
NAMED = {"parcel": "code_19"}
NUMBERS = [f"420602001001GB0000{n}" for n in range(1, 6)]


@dataclass(frozen=True)
class Bench:
    """A layer of plots a to d with names and parcel numbers, loaded by the run `first`."""

    bring: Load
    plots: Plots
    seen: Seen
    engine: Engine
    first: LoadReport

    def undo(self, run_id: int) -> LoadReport:
        with self.engine.begin() as connection:
            return rollback(connection, run_id, BY)

    def rows(self, query: str, *values: object) -> list[Any]:
        with self.engine.connect() as connection:
            return run(connection, query, *values)

    def codes(self) -> dict[str, str]:
        return {item["number"]: item["code"] for item in self.seen()["items"]}


@pytest.fixture
def bench(bring: Load, plots: Plots, seen: Seen, engine: Engine) -> Bench:
    file = plots(["a", "b", "c", "d"], code_19=NUMBERS[:4], owner=["甲", "乙", "丙", "丁"])
    first = bring(replace(file, aliases=NAMED, name_field="owner"))
    return Bench(bring, plots, seen, engine, first)


CASES: dict[str, Callable[[Plots], VectorFile]] = {
    # moves a, renames b, leaves out c and d, adds e with the number of c
    "replace": lambda plots: replace(
        plots(
            ["a", "b", "e"],
            shift=0.0001,
            code_19=[NUMBERS[0], NUMBERS[1], NUMBERS[2]],
            owner=["甲", "戊", None],
        ),
        aliases=NAMED,
        title=Text("新", "New"),
        name_field="use",
    ),
    "other fields": lambda plots: plots(["a", "b", "e"], use=[1, 2, 3], owner=["甲", "乙", "己"]),
    "more fields": lambda plots: plots(
        ["a", "b", "c", "d"],
        code_19=NUMBERS[:4],
        owner=["甲", "乙", "丙", "丁"],
        storeys=[None, 4, None, 5],
    ),
    "no other codes": lambda plots: replace(
        plots(["a", "b", "c", "d"], code_19=[None] * 4, owner=["甲", "乙", "丙", "丁"]),
        aliases=NAMED,
    ),
    "append": lambda plots: replace(
        plots(["e"], code_19=[NUMBERS[4]], owner=["戊"]), aliases=NAMED, mode="append"
    ),
    "upsert": lambda plots: replace(
        plots(["b", "e"], code_19=[NUMBERS[4], NUMBERS[1]], storeys=[1, 2]),
        aliases=NAMED,
        mode="upsert",
    ),
    "delete": lambda plots: replace(plots(["b", "d"]), mode="delete"),
}


def living(state: dict[str, Any]) -> dict[str, Any]:
    """Without codes that are void."""
    return {**state, "entities": [row for row in state["entities"] if row.state != "void"]}


@pytest.mark.parametrize("case", CASES)
def test_what_a_run_did_is_undone(case: str, bench: Bench) -> None:
    before = bench.seen()
    report = bench.bring(CASES[case](bench.plots))
    assert bench.seen() != before, "the run did something"
    undone = bench.undo(report.run)
    assert living(bench.seen()) == before
    void = bench.rows("SELECT code, source_id FROM cim.entity WHERE state = 'void'")
    assert len(void) == report.added, "codes that the run gave are never given again"
    with bench.engine.connect() as connection:
        gone, kept = runs.get(connection, report.run), runs.get(connection, undone.run)
    assert (gone.state, gone.undone_by) == ("undone", undone.run)
    assert (kept.mode, kept.undoes) == ("rollback", report.run)
    assert (kept.who, kept.why) == ("clerk", "the wrong file")
    assert bench.rows(_OVERLAPS) == [], "versions follow each other in valid time"
    again = bench.bring(CASES[case](bench.plots))
    for count in ("added", "changed", "unchanged", "retired"):
        assert getattr(again, count) == getattr(report, count), "the file can be loaded again"
    bench.undo(again.run)
    assert living(bench.seen()) == before


_OVERLAPS = """
    SELECT a.code FROM version.plots a JOIN version.plots b
    ON b.code = a.code AND b.cim_version > a.cim_version WHERE a.cim_valid_to > b.cim_valid_from
"""


def test_the_first_load_is_undone(bench: Bench) -> None:
    """A layer that the run made goes; loaded again, its things have new codes."""
    codes = {row.code for row in bench.seen()["entities"]}
    bench.undo(bench.first.run)
    assert not any(bench.seen().values())
    kinds = bench.rows("SELECT kind FROM cim.event WHERE code = ANY($1)", list(codes))
    assert sorted(row.kind for row in kinds) == ["assigned"] * 4 + ["void"] * 4
    bench.bring(bench.plots(["a", "b"]))
    assert not {row.code for row in bench.seen()["entities"]} & codes


def test_a_run_that_reinstated_is_undone(bench: Bench) -> None:
    bench.bring(replace(bench.plots(["a"]), mode="delete"))
    before = bench.seen()
    report = bench.bring(replace(bench.plots(["a"]), mode="upsert"))
    assert report.added == 1
    bench.undo(report.run)
    assert bench.seen() == before


def test_runs_are_undone_from_the_last_to_the_first(bench: Bench) -> None:
    """Fields of other types and back: what was in them comes back through all of it."""
    states, numbers = [bench.seen()], []
    for use in ([1, 2, 3], ["x", "y", "z"], [1.5, 2.5, 3.5]):
        file = bench.plots(["a", "b", "e"], use=use, owner=["甲", None, "己"])
        numbers.append(bench.bring(file).run)
        states.append(bench.seen())
    with pytest.raises(RunKept, match="fields of plots changed later"):
        bench.undo(numbers[0])
    for number in reversed(numbers):
        states.pop()
        bench.undo(number)
        assert living(bench.seen()) == living(states[-1])


def test_valid_time_knows_nothing_of_an_undone_run(bench: Bench) -> None:
    later = datetime.now(UTC)
    file = replace(bench.plots(["a"], use=["wrong"]), mode="upsert", valid_from=later)
    bench.undo(bench.bring(file).run)
    rows = bench.rows(
        "SELECT use, cim_valid_from < cim_valid_to AS held FROM version.plots"
        " WHERE number = 'a' ORDER BY cim_version"
    )
    assert [tuple(row) for row in rows] == [("use a", True), ("wrong", False), ("use a", True)]


def test_later_changes_stand_against_it(bench: Bench) -> None:
    report = bench.bring(replace(bench.plots(["a", "e"], use=["x", "y"]), mode="upsert"))
    codes = bench.codes()
    later = bench.bring(replace(bench.plots(["a"], use=["z"]), mode="upsert"))
    with pytest.raises(RunKept, match=f"{codes['a']} is changed since .*run {later.run}, undo it"):
        bench.undo(report.run)
    bench.undo(later.run)
    with bench.engine.begin() as connection:
        change(connection, codes["e"], Change(properties={"use": "-"}), Action("surveyor"))
    before = bench.seen()
    with pytest.raises(RunKept, match=f"{codes['e']} is changed since .*by surveyor"):
        bench.undo(report.run)
    assert bench.seen() == before


def _alias(bench: Bench, code: str) -> None:
    with bench.engine.begin() as connection:
        insert = "INSERT INTO cim.alias (scheme, value, code) VALUES ('parcel', $1, $2)"
        run(connection, insert, NUMBERS[4], code)


def _merge(bench: Bench, code: str) -> None:
    with bench.engine.begin() as connection:
        merge_into(connection, [bench.codes()["d"]], code, Step(BY))


@pytest.mark.parametrize(("later", "reason"), [(_alias, "other codes of"), (_merge, "merged into")])
def test_what_leaves_no_event_stands_against_it(
    later: Callable[[Bench, str], None], reason: str, bench: Bench
) -> None:
    report = bench.bring(replace(bench.plots(["e"]), mode="append"))
    later(bench, bench.codes()["e"])
    with pytest.raises(RunKept, match=reason):
        bench.undo(report.run)


def test_a_layer_that_others_use_stays(bench: Bench) -> None:
    batch = Batch("planning", "990101", BY, layer="plots", guard=False)
    request = Request("p1", shapely.box(112.05, 32.05, 112.06, 32.06))
    with bench.engine.begin() as connection:
        (outcome,) = assign(connection, bench.engine, batch, [request])
    with pytest.raises(RunKept, match=f"{outcome.code} is in the layer, which would go"):
        bench.undo(bench.first.run)


def test_only_what_was_done_is_undone(bench: Bench) -> None:
    with pytest.raises(RunUnknown):
        bench.undo(9999)
    report = bench.bring(replace(bench.plots(["e"]), mode="append"))
    undone = bench.undo(report.run)
    with pytest.raises(RunKept, match=f"run {undone.run} has undone it"):
        bench.undo(report.run)
    with pytest.raises(RunKept, match="load that file again"):
        bench.undo(undone.run)
    with bench.engine.begin() as connection:
        remove(connection, "plots", ANONYMOUS)
    with pytest.raises(RunKept, match="removed later"):
        bench.undo(bench.first.run)


def test_a_run_is_in_the_log(bench: Bench) -> None:
    file = replace(bench.plots(["e"]), mode="append", who="clerk", why="deeds", document="No. 7")
    report = bench.bring(file)
    with bench.engine.connect() as connection:
        done = runs.get(connection, report.run)
    content = file.path.read_bytes()
    assert (done.file, done.size) == (file.path.name, len(content))
    assert done.sha256 == hashlib.sha256(content).hexdigest()
    assert (done.who, done.why, done.document) == ("clerk", "deeds", "No. 7")
    assert (done.state, done.read, done.added, done.unchanged) == ("done", 1, 1, 0)
    assert done.duration > 0
    assert done.extent == pytest.approx((112.031, 32.01, 112.0315, 32.011))


def test_a_refused_file_is_in_the_log(bench: Bench) -> None:
    """By a transaction of its own, since that of the load is rolled back."""
    broken = replace(bench.plots(["a", ""]), mode="append", who="clerk")
    watch, started = Watch(), datetime.now(UTC)
    with pytest.raises(RowsRefused) as refused, bench.engine.begin() as connection:
        load(connection, bench.engine, broken, watch)
    with bench.engine.begin() as connection:
        no = runs.refuse(connection, broken, watch.findings, str(refused.value), started)
        page = runs.page("plots", 2)
        rows = [runs.Run.of(row) for row in run(connection, page.sql, *page.values)]
    assert [row.id for row in rows] == [no, bench.first.run]
    assert (rows[0].state, rows[0].read, rows[0].refused) == ("refused", 2, 2)
    assert rows[0].rules == {
        "refused": {"key.empty": 1, "key.there": 1},
        "repaired": {},
        "told": {},
        "noted": {},
    }
    assert "the key is empty" in str(rows[0].reason)
