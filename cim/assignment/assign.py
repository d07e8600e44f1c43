"""Answers requests for codes (赋码): assigned, existing, duplicate?, rejected.

The same request gets the same code, whoever asks and however many at once: what is known by its
source system and source id is `existing`, and nothing of it is changed. What may be something that
is there already waits for a reviewer as `duplicate?`. A request that breaks a rule is `rejected`
and says why; the others of its batch are answered all the same.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import shapely
from sqlalchemy import Connection, Engine

from cim import class_table, registry
from cim.access import Caller
from cim.actions import Action
from cim.assignment import codes, features, guard, reservations, reviews, targets
from cim.assignment.codes import FRESH, Target
from cim.assignment.guard import Suspicion
from cim.assignment.problems import Problems
from cim.assignment.request import Request, rows_of
from cim.assignment.stage import Stage
from cim.classes import EntityClass
from cim.database.sql import run
from cim.errors import BatchTooLarge, LayerOfOtherClass
from cim.registry import Layer

MOST = 50_000

Status = Literal["assigned", "existing", "duplicate?", "rejected"]


@dataclass(frozen=True, slots=True)
class Batch:
    """What requests have in common: their class, who asks, and how they are treated.

    source_system  the system that calls the things by their source ids
    layer          where their features go, the register of the class without it
    reservation    the reservation whose codes they take
    guard          whether the duplicate guard looks at them
    valid_from     since when they are what is said of them, now without it
    """

    source_system: str
    class_code: str
    action: Action
    layer: str | None = None
    department: str | None = None
    reservation: int | None = None
    guard: bool = True
    valid_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one request; `row` is its number, the first one being 1.

    code      the entity's, or of what it may be the same as
    state     of that entity
    review    the review that a `duplicate?` waits for
    reason    why it was rejected or suspected
    """

    row: int
    source_id: str
    status: Status
    code: str | None = None
    state: str | None = None
    review: int | None = None
    reason: str | None = None


def assign(
    connection: Connection,
    leases: Engine,
    batch: Batch,
    requests: Sequence[Request],
    first: int = 1,
) -> list[Outcome]:
    """Answer the requests in their order, at most `MOST`, all in the caller's transaction.

    `first` is the number of the first request, where they are a part of many.

    Raises UnknownClass, ClassDeprecated, LayerNotFound, LayerOfOtherClass, QuotaExceeded,
    ReservationUnknown, ReservationUnfit and BatchTooLarge: then nothing is assigned.
    """
    if len(requests) > MOST:
        raise BatchTooLarge(len(requests), MOST)
    held = class_table.hold(connection, batch.class_code)
    answers = _Answers(connection, batch, requests, first)
    answers.know_named()
    if not answers.are_missing:
        return answers.all()
    class_table.for_assignment(connection, batch.class_code)
    layer = _layer(connection, batch, held)
    target = _target(connection, batch, layer)
    answers.reject(_stage(connection, batch, layer, requests, first))
    answers.know(target)
    if batch.guard and answers.are_missing:
        guard.wait(connection, held)
        answers.know(target)  # the writer that this one waited for may have asked for the same
    if not answers.are_missing:
        return answers.all()
    aliased = any(request.aliases for request in requests)
    if aliased:
        answers.reject(_taken_aliases(connection, target))
    suspicions = guard.suspects(connection, target, held, len(requests)) if batch.guard else []
    answers.drop([one.row for one in suspicions])
    if batch.reservation is not None or any(request.code for request in requests):
        answers.reject(reservations.take(connection, target, batch.reservation))
    codes.give_new(connection, leases, target, f"{batch.source_system} for {batch.action.who}")
    codes.make_entities(connection, target)
    answers.give_existing()
    _write(connection, target)
    if batch.guard:
        reviews.forget_assigned(connection, batch.source_system)
    if aliased:
        features.add_aliases(connection)
    answers.give_fresh()
    for one in suspicions:
        answers.suspect(target, one)
    return answers.all()


def _layer(connection: Connection, batch: Batch, held: EntityClass) -> Layer:
    if batch.layer is None:
        return targets.register(connection, held)
    layer = registry.read(connection).layer(batch.layer, Caller(batch.action.who), "vector")
    if layer.class_code != held.code:
        raise LayerOfOtherClass(layer.name, layer.class_code, held.code)
    return layer


def _target(connection: Connection, batch: Batch, layer: Layer) -> Target:
    target = targets.of_layer(connection, layer, batch.action, batch.valid_from)
    return replace(target, source_system=batch.source_system, department=batch.department)


def _stage(
    connection: Connection, batch: Batch, layer: Layer, requests: Sequence[Request], first: int
) -> Problems:
    """Stage the requests that can be; what is broken about the others."""
    problems = Problems(most=1 << 30)
    stage = Stage(connection, layer.columns, problems)
    said = batch.source_system, batch.department
    stage.add(rows_of(requests, layer, problems, said, first))
    if len(requests) > 1:
        _note_doubled(connection, problems)
    return problems


def _note_doubled(connection: Connection, problems: Problems) -> None:
    doubled = run(
        connection,
        """
        SELECT cim_row, first_row FROM (
            SELECT cim_row, min(cim_row) OVER (PARTITION BY cim_source) AS first_row FROM stage) s
        WHERE cim_row > first_row
        """,
    )
    for row in doubled:
        problems.add(row.cim_row, "source_id", f"it stands in row {row.first_row} already")


def _taken_aliases(connection: Connection, target: Target) -> Problems:
    """Aliases of staged rows that another living entity has, or an earlier row.

    An alias of the same thing is none: somebody who asked for it at the same time was faster.
    """
    problems = Problems(most=1 << 30)
    taken = run(
        connection,
        """
        SELECT n.cim_row, n.scheme, n.value, a.code FROM stage_alias n JOIN stage s USING (cim_row)
        JOIN cim.alias a ON a.scheme = n.scheme AND a.value = n.value AND a.valid_to IS NULL
        JOIN cim.entity e ON e.code = a.code
        WHERE (e.source_system, e.source_id) IS DISTINCT FROM ($1, s.cim_source)
        UNION ALL
        SELECT cim_row, scheme, value, 'row ' || first_row FROM (
            SELECT cim_row, scheme, value,
                   min(cim_row) OVER (PARTITION BY scheme, value) AS first_row
            FROM stage_alias JOIN stage USING (cim_row)) n
        WHERE cim_row > first_row
        """,
        target.source_system,
    )
    for row in taken:
        problems.add(row.cim_row, f"aliases.{row.scheme}", f"{row.value} names {row.code} already")
    return problems


def _write(connection: Connection, target: Target) -> None:
    """Everything that is said of entities that are new or were reserved."""
    features.add_rows(connection, target, FRESH)
    features.add_cells(connection, FRESH)
    features.set_names(connection)
    features.tell(connection, target, "assigned", FRESH)
    targets.grow(connection, target.layer_id)


_KNOWN = """
    SELECT e.source_id, e.code, e.state FROM cim.entity e
    WHERE e.source_system = $1 AND e.source_id = ANY($2::text[])
    UNION ALL
    SELECT o.source_id, e.code, e.state FROM cim.same_source o JOIN cim.entity e USING (code)
    WHERE o.source_system = $1 AND o.source_id = ANY($2::text[])
"""


class _Answers:
    """The outcomes so far; a row that has one leaves the stage."""

    def __init__(
        self, connection: Connection, batch: Batch, requests: Sequence[Request], first: int
    ) -> None:
        self._connection = connection
        self._batch = batch
        self._requests = dict(enumerate(requests, first))
        self._given: dict[int, Outcome] = {}

    def reject(self, problems: Problems) -> None:
        """Reject rows for the first of their problems."""
        for problem in problems.kept:
            why = f"{problem.field}: {problem.reason}" if problem.field else problem.reason
            if problem.row not in self._given:
                self._give(problem.row, "rejected", reason=why)
        self.drop({problem.row for problem in problems.kept})

    @property
    def are_missing(self) -> bool:
        return len(self._given) < len(self._requests)

    def know_named(self) -> None:
        """Answer requests whose source ids have codes, whatever else they say now."""
        rows_of = {str(request.source_id): row for row, request in self._requests.items()}
        known = run(self._connection, _KNOWN, self._batch.source_system, list(rows_of))
        for found in known:
            row = rows_of[found.source_id]
            other = found.code[6:12] != self._batch.class_code
            reason = f"it is of class {found.code[6:12]}" if other else None
            self._give(row, "existing", found.code, found.state, reason=reason)

    def know(self, target: Target) -> None:
        """Answer rows that the source has asked for before, or that were found to be the same."""
        codes.know(self._connection, target)
        codes.know_same(self._connection, target)
        self.give_existing()

    def give_existing(self) -> None:
        """Answer rows whose code was there before."""
        known = run(
            self._connection,
            "SELECT cim_row, code, state FROM stage_code WHERE state <> ALL($1)",
            list(FRESH),
        )
        for row in known:
            if row.cim_row not in self._given:
                self._give(row.cim_row, "existing", row.code, row.state)
        self.drop([row.cim_row for row in known])

    def give_fresh(self) -> None:
        for row in run(self._connection, "SELECT cim_row, code FROM stage_code"):
            self._give(row.cim_row, "assigned", row.code, "active")

    def suspect(self, target: Target, one: Suspicion) -> None:
        """Put a suspicion on the list of reviews; one against a rejected row rejects, too."""
        candidate = one.code or self._given[one.earlier_row or 0].code
        if candidate is None:
            reason = f"it may be the same as row {one.earlier_row}, which is rejected"
            self._give(one.row, "rejected", reason=reason)
            return
        request = self._requests[one.row]
        common = {"reservation": self._batch.reservation, "valid_from": self._batch.valid_from}
        review = reviews.ask(self._connection, target, request, common, candidate, one.measure)
        self._give(one.row, "duplicate?", candidate, "active", review, _described(request, one))

    def drop(self, rows: Collection[int]) -> None:
        if rows:
            for table in ("stage", "stage_code"):
                run(
                    self._connection,
                    f"DELETE FROM {table} WHERE cim_row = ANY($1::bigint[])",
                    list(rows),
                )

    def all(self) -> list[Outcome]:
        return [self._given[row] for row in self._requests]

    def _give(self, row: int, status: Status, *more: Any, reason: str | None = None) -> None:
        name = str(self._requests[row].source_id)
        outcome = Outcome(row, name, status, *more)
        self._given[row] = replace(outcome, reason=reason) if reason else outcome


def _described(request: Request, one: Suspicion) -> str:
    if shapely.get_dimensions(request.geometry) == 2:
        return f"{one.measure:.0%} of the area is shared"
    return f"{one.measure:.2f} m apart"
