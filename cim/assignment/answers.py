"""The answers to a batch of requests (赋码结果), as they become known.

A request that has its answer leaves the stage, so that what follows looks at the others alone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import shapely
from sqlalchemy import Connection

from cim.actions import Action
from cim.assignment import codes, reviews
from cim.assignment.codes import FRESH, Target
from cim.assignment.guard import Suspicion
from cim.assignment.problems import Problems
from cim.assignment.request import Request
from cim.database.sql import run

Status = Literal["assigned", "existing", "duplicate?", "rejected"]


@dataclass(frozen=True, slots=True)
class Batch:
    """What requests have in common: their class, who asks, and how they are treated.

    source_system  the system that calls the things by their source ids
    layer          where their features go, the register of the class without it
    reservation    the reservation whose codes they take
    guard          whether the duplicate guard looks at them
    repair         whether invalid geometries are repaired; without it they are rejected
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
    repair: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one request; `row` is its number, the first one being 1.

    code      the entity's, or of what it may be the same as
    state     of that entity
    review    the review that a `duplicate?` waits for
    reason    why it was rejected or suspected, or what was repaired
    """

    row: int
    source_id: str
    status: Status
    code: str | None = None
    state: str | None = None
    review: int | None = None
    reason: str | None = None


_KNOWN = """
    SELECT e.source_id, e.code, e.state FROM cim.entity e
    WHERE e.source_system = $1 AND e.source_id = ANY($2::text[])
    UNION ALL
    SELECT o.source_id, e.code, e.state FROM cim.same_source o JOIN cim.entity e USING (code)
    WHERE o.source_system = $1 AND o.source_id = ANY($2::text[])
"""


class Answers:
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
        rows_of = {
            request.source_id: row
            for row, request in self._requests.items()
            if isinstance(request.source_id, str) and "\0" not in request.source_id
        }
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

    def give_fresh(self, repaired: Mapping[int, str]) -> None:
        """Answer rows that got their code; `repaired` says what was of some of them."""
        for row in run(self._connection, "SELECT cim_row, code FROM stage_code"):
            reason = repaired.get(row.cim_row)
            self._give(row.cim_row, "assigned", row.code, "active", reason=reason)

    def suspect(self, target: Target, one: Suspicion) -> None:
        """Put a suspicion on the list of reviews; one against a rejected row rejects, too."""
        candidate = one.code or self._given[one.earlier_row or 0].code
        if candidate is None:
            reason = f"it may be the same as row {one.earlier_row}, which is rejected"
            self._give(one.row, "rejected", reason=reason)
            return
        request = self._requests[one.row]
        batch = self._batch
        common = {
            "reservation": batch.reservation,
            "valid_from": batch.valid_from,
            "repair": batch.repair,
        }
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
