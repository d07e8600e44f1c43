"""Decides a review of a suspected duplicate (审核决定): the same thing, or a different one."""

import json
from typing import Literal

import shapely
from sqlalchemy import Connection, Engine

from cim.actions import Action
from cim.assignment import reviews
from cim.assignment.assign import Batch, Outcome, assign
from cim.assignment.request import Request
from cim.assignment.reviews import Review

Decision = Literal["same", "different"]


def decide(
    connection: Connection, leases: Engine, review_id: int, decision: Decision, action: Action
) -> Outcome:
    """Write the decision down; the answer to the request that waited for it.

    A request that is found different is asked again: it is assigned a code, or suspected to be
    something else. Raises ReviewUnknown, ReviewDecided, and what `assign` raises.
    """
    review = reviews.get(connection, review_id)
    reviews.close(connection, review, decision, action)
    (outcome,) = assign(connection, leases, _batch(review, action), [_request(review)])
    return outcome


def _batch(review: Review, action: Action) -> Batch:
    return Batch(
        review.source_system,
        review.class_code,
        action,
        layer=review.request["layer"],
        department=review.request["department"],
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
