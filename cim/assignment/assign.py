"""Answers requests for codes (赋码): assigned, existing, duplicate?, rejected.

The same request gets the same code, whoever asks and however many at once: what is known by its
source system and source id is `existing`, and nothing of it is changed. What may be something that
is there already waits for a reviewer as `duplicate?`. A request that breaks a rule is `rejected`
and says why; the others of its batch are answered all the same.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, Engine

from cim import class_table, registry
from cim.access import Caller
from cim.assignment import codes, features, guard, reservations, reviews, targets
from cim.assignment.answers import Answers, Batch, Outcome, Status
from cim.assignment.codes import FRESH, Target
from cim.assignment.geometry import STORED, GeometryCheck, GeometryRules
from cim.assignment.problems import Level, Problem, Problems
from cim.assignment.request import Request, rows_of
from cim.assignment.stage import Stage
from cim.classes import EntityClass
from cim.database.sql import run
from cim.errors import BatchTooLarge, LayerOfOtherClass, RowsElsewhere
from cim.layer import Layer

__all__ = ["MOST", "Batch", "Outcome", "Status", "assign"]

MOST = 50_000


def assign(
    connection: Connection,
    leases: Engine,
    batch: Batch,
    requests: Sequence[Request],
    first: int = 1,
) -> list[Outcome]:
    """Answer the requests in their order, at most `MOST`, all in the caller's transaction.

    `first` is the number of the first request, where they are a part of many.

    Raises UnknownClass, ClassDeprecated, LayerNotFound, LayerOfOtherClass, RowsElsewhere,
    QuotaExceeded, ReservationUnknown, ReservationUnfit and BatchTooLarge: then nothing is assigned.
    """
    if len(requests) > MOST:
        raise BatchTooLarge(len(requests), MOST)
    held = class_table.hold(connection, batch.class_code)
    answers = Answers(connection, batch, requests, first)
    answers.know_named()
    if not answers.are_missing:
        return answers.all()
    class_table.for_assignment(connection, batch.class_code)
    layer = _layer(connection, batch, held)
    target = _target(connection, batch, layer)
    repaired: dict[int, str] = {}
    answers.reject(_stage(connection, batch, layer, (requests, first), repaired))
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
    reviews.forget_assigned(connection, batch.source_system)
    if aliased:
        features.add_aliases(connection)
    answers.give_fresh(repaired)
    for one in suspicions:
        answers.suspect(target, one)
    return answers.all()


def _layer(connection: Connection, batch: Batch, held: EntityClass) -> Layer:
    if batch.layer is None:
        return targets.register(connection, held)
    layer = registry.read(connection).own(batch.layer, Caller(batch.action.who))
    if layer.source:
        raise RowsElsewhere(layer.name)
    if layer.class_code != held.code:
        raise LayerOfOtherClass(layer.name, layer.class_code, held.code)
    return layer


def _target(connection: Connection, batch: Batch, layer: Layer) -> Target:
    target = targets.of_layer(connection, layer, batch.action, batch.valid_from)
    return replace(target, source_system=batch.source_system, department=batch.department)


def _stage(
    connection: Connection,
    batch: Batch,
    layer: Layer,
    numbered: tuple[Sequence[Request], int],
    repaired: dict[int, str],
) -> Problems:
    """Stage the requests that can be; what is broken about the others.

    What was `repaired` of a row goes there.
    """

    def note(problem: Problem, level: Level) -> None:
        if level == "repaired":
            repaired[problem.row] = problem.reason

    requests, first = numbered
    problems = Problems(most=1 << 30, sink=note)
    stage = Stage(connection, layer.columns, problems)
    said = batch.source_system, batch.department
    check = GeometryCheck(STORED, problems, GeometryRules(batch.repair))
    stage.add(rows_of(requests, layer, problems, said, first, check))
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
    targets.grow(connection, target)
