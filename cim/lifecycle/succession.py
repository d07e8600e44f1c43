"""Merge and split (合并、分割): ends with successors.

The everyday case is a parcel that is subdivided: what comes out must be as large as what went in.
Areas (of lines, lengths) are compared, and a difference above 1 % - our own rule, no standard says
one - is refused unless it is forced with a reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import shapely
from sqlalchemy import Connection, Engine

from cim import divisions
from cim.access import Caller
from cim.actions import Action
from cim.assignment.assign import Batch, Outcome, assign
from cim.assignment.request import Request
from cim.database.sql import run
from cim.errors import AreasDiffer, SuccessionUnfit
from cim.layer import Layer
from cim.lifecycle import ending, living
from cim.lifecycle.living import Living
from cim.names import quoted

TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Step:
    """What a merge and a split have in common.

    source_system  of the successors, that of the predecessor without it
    valid_from     when it happened, now without it
    forced         why a difference of areas is right
    """

    action: Action
    source_system: str | None = None
    valid_from: datetime | None = None
    forced: str | None = None


def split(
    connection: Connection, leases: Engine, code: str, children: Sequence[Request], step: Step
) -> list[Outcome]:
    """Split an active entity into at least two new ones of its layer; their outcomes.

    Raises EntityUnknown, NotActive, AreasDiffer, ValidTimeDisorder, SuccessionUnfit.
    """
    if len(children) < 2:
        raise SuccessionUnfit("a split needs two successors or more")
    parent = living.find_one(connection, code, Caller(step.action.who))
    before = _shapes(connection, parent.layer, [code])
    _compare(before, [child.geometry for child in children], step)
    placed = [replace(child, division=child.division or code[:6]) for child in children]
    return _succeed(connection, leases, [parent], "split", placed, step)


def merge(
    connection: Connection, leases: Engine, codes: Sequence[str], into: Request, step: Step
) -> Outcome:
    """Merge at least two active entities of one layer into a new one; its outcome.

    Raises EntityUnknown, NotActive, AreasDiffer, ValidTimeDisorder, SuccessionUnfit.
    """
    if len(set(codes)) < 2:
        raise SuccessionUnfit("a merge needs two different predecessors or more")
    parents = living.find(connection, sorted(set(codes)), Caller(step.action.who))
    if len(parents) > 1:
        raise SuccessionUnfit("only entities of one layer can be merged into one")
    _compare(_shapes(connection, parents[0].layer, codes), [into.geometry], step)
    placed = replace(into, division=into.division or _division(codes))
    (outcome,) = _succeed(connection, leases, parents, "merged", [placed], step)
    return outcome


def merge_into(connection: Connection, codes: Sequence[str], into: str, step: Step) -> None:
    """Merge active entities into an active one that stays, such as a duplicate into the first.

    The one that stays is as it was; no areas are compared. Raises EntityUnknown, NotActive,
    ValidTimeDisorder, SuccessionUnfit.
    """
    if not codes or into in codes:
        raise SuccessionUnfit("a merge needs predecessors that are not the successor itself")
    caller = Caller(step.action.who)
    living.find_one(connection, into, caller)
    for parents in living.find(connection, sorted(set(codes)), caller):
        if {code[6:12] for code in parents.codes} != {into[6:12]}:
            raise SuccessionUnfit("only entities of one class can be merged into one")
        target = parents.target(connection, step.action, step.valid_from)
        ending.end_codes(connection, target, "merged", parents.codes)
        _link(connection, parents.codes, [into], target.action_id, target.valid_at)


def _succeed(
    connection: Connection,
    leases: Engine,
    parents: Sequence[Living],
    state: str,
    children: Sequence[Request],
    step: Step,
) -> list[Outcome]:
    """End the parents, assign the children, and link them."""
    (parent,) = parents
    why = f"{step.action.why}; {step.forced}" if step.action.why and step.forced else step.forced
    action = replace(step.action, why=why or step.action.why)
    target = parent.target(connection, action, step.valid_from)
    ending.end_codes(connection, target, state, parent.codes)
    batch = Batch(
        step.source_system or parent.source_system,
        target.class_code,
        action,
        layer=parent.layer.name,
        guard=False,
        valid_from=target.valid_at,
    )
    outcomes = assign(connection, leases, batch, children)
    for outcome in outcomes:
        if outcome.status != "assigned" or outcome.code is None:
            reason = outcome.reason or f"it is {outcome.code} already"
            raise SuccessionUnfit(f"successor {outcome.source_id!r}: {reason}")
    successors = [outcome.code for outcome in outcomes if outcome.code]
    _link(connection, parent.codes, successors, target.action_id, target.valid_at)
    return outcomes


def _link(
    connection: Connection,
    predecessors: Sequence[str],
    successors: Sequence[str],
    action_id: int,
    valid_at: datetime,
) -> None:
    run(
        connection,
        """
        INSERT INTO cim.succession (predecessor, successor, valid_at, action_id)
        SELECT p, s, $3, $4 FROM unnest($1::text[]) p, unnest($2::text[]) s
        """,
        list(predecessors),
        list(successors),
        valid_at,
        action_id,
    )


def _shapes(connection: Connection, layer: Layer, codes: Sequence[str]) -> list[shapely.Geometry]:
    rows = run(
        connection,
        f"SELECT ST_AsBinary(geom) AS wkb FROM layer.{quoted(layer.name)} WHERE code = ANY($1)",
        list(codes),
    )
    return [shapely.from_wkb(bytes(row.wkb)) for row in rows]


def _compare(
    before: Sequence[shapely.Geometry], after: Sequence[shapely.Geometry], step: Step
) -> None:
    """Areas, or lengths, in degrees: what counts is their ratio at one place.

    Areas must lie where the others lay, too, and not over each other.
    """
    if step.forced is not None or any(shape is None for shape in after):
        return  # a successor without a geometry is refused by name later
    size, sizes = _size(before), [_size(after)]
    if _are_areas([*before, *after]):
        sizes.append(_size([shapely.union_all(after).intersection(shapely.union_all(before))]))
    for found in sizes:
        if size and abs(found - size) > TOLERANCE * size:
            raise AreasDiffer(found / size, TOLERANCE)


def _are_areas(shapes: Sequence[shapely.Geometry]) -> bool:
    """Whether all of them are areas that can be laid over each other."""
    flat = np.array(shapes, dtype=object)
    return bool((shapely.get_dimensions(flat) == 2).all() and shapely.is_valid(flat).all())


def _size(shapes: Sequence[shapely.Geometry]) -> float:
    flat = np.array(shapes, dtype=object)
    area = float(shapely.area(flat).sum())
    return area or float(shapely.length(flat).sum())


def _division(codes: Sequence[str]) -> str:
    found = sorted({code[:6] for code in codes})
    return found[0] if len(found) == 1 else divisions.covering(found)
