"""Decides a review of a suspected duplicate (审核决定): the same thing, or a different one."""

import json
from dataclasses import replace
from datetime import datetime

import shapely
from sqlalchemy import Connection, Engine

from cim.actions import Action
from cim.assignment import reservations, reviews
from cim.assignment.assign import Batch, Outcome, assign
from cim.assignment.request import Request
from cim.assignment.reviews import Decision, Review


def decide(
    connection: Connection, leases: Engine, review_id: int, decision: Decision, action: Action
) -> Outcome:
    """Write the decision down; the answer to the request that waited for it.

    A request that is found different is asked again: it is assigned a code, or suspected to be
    something else. Raises ReviewUnknown, ReviewDecided, and what `assign` raises.
    """
    review = reviews.get(connection, review_id)
    reviews.close(connection, review, decision, action)
    batch = _batch(review, action)
    if batch.reservation not in {None, *(held.id for held in reservations.living(connection))}:
        batch = replace(batch, reservation=None)  # it ended while the request waited
    (outcome,) = assign(connection, leases, batch, [_request(review)])
    return outcome


def _batch(review: Review, action: Action) -> Batch:
    said = review.request
    valid_from = said["valid_from"]
    return Batch(
        review.source_system,
        review.class_code,
        action,
        layer=said["layer"],
        department=said["department"],
        reservation=said["reservation"],
        valid_from=None if valid_from is None else datetime.fromisoformat(valid_from),
        repair=said.get("repair", False),
    )


def _request(review: Review) -> Request:
    said = review.request
    return Request(
        review.source_id,
        shapely.from_geojson(json.dumps(said["geometry"])),
        said["name"],
        said["division"],
        said["aliases"],
        said["properties"],
        said["code"],
    )
