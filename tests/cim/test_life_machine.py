"""Random lives: assign, review, change, split, merge, retire, resolve, against a model in memory.

Things are strips of land along a line, whole numbers of units long, so that the model knows by
arithmetic what the guard must suspect and which areas add up. After each step the database must say
what the model says: codes, states, successors, what is on the map, what was when, and the feed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine

from cim import registry, resolve, schemes
from cim.access import ANONYMOUS
from cim.actions import Action
from cim.assignment import reviews
from cim.assignment.assign import Batch, assign
from cim.assignment.deciding import decide
from cim.assignment.request import Request
from cim.database.connect import engine_of
from cim.database.sql import run
from cim.errors import NotActive
from cim.lifecycle import changes, succession
from cim.lifecycle.change import Change, change
from cim.lifecycle.end import end
from cim.lifecycle.succession import Step

UNIT = 0.001
ME = Action("tester", "because")
BATCH = Batch("cadastre", "990101", ME)
LAYER = "assigned_990101"
STRIPS = st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda s: (s[0], s[0] + s[1]))
IDS = st.sampled_from([f"p{n}" for n in range(10)])


@dataclass
class Thing:
    """What the model knows of an entity."""

    source_id: str
    strip: tuple[int, int]
    name: str | None = None
    state: str = "active"
    successors: set[str] = field(default_factory=set)


def _land(strip: tuple[int, int]) -> Any:
    return shapely.box(112 + strip[0] * UNIT, 32, 112 + strip[1] * UNIT, 32 + UNIT)


def _alike(one: tuple[int, int], other: tuple[int, int]) -> float:
    """The shared part of the larger one."""
    shared = max(min(one[1], other[1]) - max(one[0], other[0]), 0)
    return shared / max(one[1] - one[0], other[1] - other[0])


def _is_clear(share: float) -> bool:
    """Whether rounding does not decide on which side of the tolerance it lies."""
    return abs(share - 0.8) > 1e-9


class Lives(RuleBasedStateMachine):
    new_engine: Callable[[], Engine]

    codes = Bundle("codes")

    @initialize()
    def begin(self) -> None:
        self.engine = self.new_engine()
        self.things: dict[str, Thing] = {}
        self.known: dict[str, str] = {}
        self.different: set[tuple[str, str]] = set()
        self.told: list[tuple[str, str]] = []
        self.fresh = 0

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.dispose()

    def _suspect(self, source_id: str, strip: tuple[int, int]) -> set[str]:
        """The codes that the guard may name, the likeliest ones."""
        near = {
            code: share
            for code, thing in self.things.items()
            if thing.state == "active"
            and (share := _alike(strip, thing.strip)) > 0.8
            and (source_id, code) not in self.different
        }
        return {code for code, share in near.items() if share == max(near.values())}

    def _live(self) -> list[str]:
        return sorted(code for code, thing in self.things.items() if thing.state == "active")

    def _new(self, code: str, thing: Thing) -> None:
        assert code not in self.things, "a code is given once"
        self.things[code] = thing
        self.known[thing.source_id] = code
        self.told.append((code, "assigned"))

    @rule(target=codes, source_id=IDS, strip=STRIPS, name=st.sampled_from([None, "甲地", "乙地"]))
    def ask(self, source_id: str, strip: tuple[int, int], name: str | None) -> Any:
        if not all(_is_clear(_alike(strip, thing.strip)) for thing in self.things.values()):
            return multiple()
        request = Request(source_id, _land(strip), name, "420606")
        with self.engine.begin() as connection:
            (outcome,) = assign(connection, self.engine, BATCH, [request])
        suspects = self._suspect(source_id, strip)
        if source_id in self.known:
            assert (outcome.status, outcome.code) == ("existing", self.known[source_id])
            assert outcome.state == self.things[self.known[source_id]].state
        elif suspects:
            assert outcome.status == "duplicate?"
            assert outcome.code in suspects
        else:
            assert outcome.status == "assigned"
            assert outcome.code is not None
            self._new(outcome.code, Thing(source_id, strip, name))
        assert outcome.code is not None
        return outcome.code

    @rule(data=st.data(), same=st.booleans())
    def review(self, data: st.DataObject, same: bool) -> None:
        with self.engine.begin() as connection:
            waiting = reviews.waiting(connection)
        if not waiting:
            return
        one = data.draw(st.sampled_from(waiting))
        strip = _strip_of(one.request["geometry"])
        if not all(_is_clear(_alike(strip, thing.strip)) for thing in self.things.values()):
            return
        with self.engine.begin() as connection:
            outcome = decide(connection, self.engine, one.id, "same" if same else "different", ME)
        if one.source_id in self.known:
            assert (outcome.status, outcome.code) == ("existing", self.known[one.source_id])
        elif same:
            assert (outcome.status, outcome.code) == ("existing", one.candidate)
            self.known[one.source_id] = one.candidate
        else:
            self.different.add((one.source_id, one.candidate))
            suspects = self._suspect(one.source_id, strip)
            assert outcome.status == ("duplicate?" if suspects else "assigned")
            assert outcome.code is not None
            if not suspects:
                self._new(outcome.code, Thing(one.source_id, strip, one.request["name"]))

    @rule(code=codes, name=st.sampled_from(["丙地", "丁地"]), strip=st.none() | STRIPS)
    def change(self, code: str, name: str, strip: tuple[int, int] | None) -> None:
        thing = self.things[code]
        new = Change(None if strip is None else _land(strip), name)
        with self.engine.connect() as connection:
            if thing.state != "active":
                with pytest.raises(NotActive):
                    change(connection, code, new, ME)
                return
            changed = change(connection, code, new, ME)
            connection.commit()
        moved = strip is not None and strip != thing.strip
        assert changed == (name != thing.name or moved)
        thing.name, thing.strip = name, strip or thing.strip
        if changed:
            self.told.append((code, "changed"))

    @rule(code=codes, state=st.sampled_from(["retired", "void"]))
    def end(self, code: str, state: Any) -> None:
        thing = self.things[code]
        with self.engine.connect() as connection:
            if thing.state != "active":
                with pytest.raises(NotActive):
                    end(connection, [code], state, ME)
                return
            assert end(connection, [code], state, ME) == 1
            connection.commit()
        thing.state = state
        self.told.append((code, state))

    @rule(code=codes)
    def split(self, code: str) -> None:
        thing = self.things[code]
        start, stop = thing.strip
        if thing.state != "active" or stop - start < 2:
            return
        parts = [(start, start + 1), (start + 1, stop)]
        children = [Request(self._fresh_id(), _land(part)) for part in parts]
        with self.engine.begin() as connection:
            outcomes = succession.split(connection, self.engine, code, children, Step(ME))
        thing.state = "split"
        self.told.append((code, "split"))
        self._succeed([thing], outcomes, parts)

    @precondition(lambda self: len(self._live()) > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        chosen = data.draw(st.permutations(self._live()))[:2]
        things = [self.things[code] for code in sorted(chosen)]
        length = sum(thing.strip[1] - thing.strip[0] for thing in things)
        strip = (0, length)
        into = Request(self._fresh_id(), _land(strip))
        with self.engine.begin() as connection:
            moved = Step(ME, forced="they are put together elsewhere")
            outcome = succession.merge(connection, self.engine, chosen, into, moved)
        for code in sorted(chosen):
            self.things[code].state = "merged"
            self.told.append((code, "merged"))
        self._succeed(things, [outcome], [strip])

    def _fresh_id(self) -> str:
        self.fresh += 1
        return f"new{self.fresh}"

    def _succeed(self, parents: list[Thing], outcomes: Any, strips: Any) -> None:
        for outcome, strip in zip(outcomes, strips, strict=True):
            self._new(outcome.code, Thing(outcome.source_id, strip))
            for parent in parents:
                parent.successors.add(outcome.code)

    @invariant()
    def the_map_shows_what_lives(self) -> None:
        if not self.things:
            return
        with self.engine.connect() as connection:
            rows = run(
                connection,
                f"SELECT code, entity_name, ST_AsBinary(geom) AS wkb FROM item.{LAYER}",
            )
            covered = run(connection, "SELECT DISTINCT code FROM cim.cover ORDER BY code")
        shown = {row.code: (row.entity_name, shapely.from_wkb(bytes(row.wkb))) for row in rows}
        assert sorted(shown) == self._live() == [row.code for row in covered]
        for code, (name, land) in shown.items():
            assert name == self.things[code].name
            assert land.normalize().equals_exact(_land(self.things[code].strip).normalize(), 1e-9)

    @invariant()
    def every_code_resolves(self) -> None:
        with self.engine.connect() as connection:
            known = registry.read(connection)
            for code, thing in self.things.items():
                statement = resolve.find(schemes.identify(code), known, ANONYMOUS)
                (row,) = run(connection, statement.sql, *statement.values)
                assert (row.code, row.state) == (code, thing.state)
            links = run(connection, "SELECT predecessor, successor FROM cim.succession")
        expected = {(c, s) for c, thing in self.things.items() for s in thing.successors}
        assert {tuple(link) for link in links} == expected

    @invariant()
    def the_feed_tells_all_in_order(self) -> None:
        heard: list[tuple[str, str]] = []
        for _ in range(100):  # the feed waits for every transaction of the server
            heard = self._heard()
            if len(heard) == len(self.told):
                break
            time.sleep(0.1)
        assert heard == self.told

    def _heard(self) -> list[tuple[str, str]]:
        with self.engine.connect() as connection:
            heard = []
            since, more = changes.BEGINNING, True
            while more:
                statement = changes.page(since, 3, ANONYMOUS)
                rows = run(connection, statement.sql, *statement.values)
                more = len(rows) > 3
                for row in rows[:3]:
                    heard.append((row.code, row.kind))
                    since = changes.Position(row.turn, row.id)
        return heard

    @invariant()
    def every_serial_is_explained(self) -> None:
        with self.engine.connect() as connection:
            leases = run(connection, "SELECT first, last FROM cim.lease ORDER BY first")
        leased = [n for lease in leases for n in range(lease.first, lease.last + 1)]
        assert leased == list(range(1, len(leased) + 1)), "leases follow each other without a gap"
        assert {int(code[12:]) for code in self.things} <= set(leased)

    @invariant()
    def versions_do_not_overlap(self) -> None:
        if not self.things:
            return
        with self.engine.connect() as connection:
            overlapping = run(
                connection,
                f"""
                SELECT a.code FROM version.{LAYER} a JOIN version.{LAYER} b
                ON a.code = b.code AND a.cim_version < b.cim_version
                AND a.cim_valid_to > b.cim_valid_from
                """,
            )
            counts = run(
                connection, f"SELECT code, count(*) AS n FROM version.{LAYER} GROUP BY code"
            )
        assert not overlapping
        changed = dict.fromkeys(self.things, 1)
        for code, kind in self.told:
            changed[code] += kind == "changed"
        assert {row.code: row.n for row in counts} == changed


def _strip_of(geometry: dict[str, Any]) -> tuple[int, int]:
    west, _, east, _ = shapely.geometry.shape(geometry).bounds
    return round((west - 112) / UNIT), round((east - 112) / UNIT)


def test_random_lives(new_database: Callable[[], str]) -> None:
    class Machine(Lives):
        new_engine = staticmethod(lambda: engine_of(new_database()))

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
