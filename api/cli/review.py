"""``cim review``: what may be there already, and what people decide (疑似重复审核)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

import typer
from rich.table import Table

from api.cli.caller import Document, Who, Why
from api.cli.database import reading, writing
from api.cli.terminal import Json, answer, print_json, say
from cim.actions import Action
from cim.assignment import deciding, reviews
from cim.assignment.reviews import Review

__all__ = ["group"]

group = typer.Typer(
    help="List and decide what may be a duplicate (疑似重复).", no_args_is_help=True
)

Number = Annotated[int, typer.Argument(help="Number of the review.")]


@group.command("list")
def list_reviews(
    after: Annotated[int, typer.Option(help="Those after the review of this number.")] = 0,
    limit: Annotated[int, typer.Option(help="So many at the most.", min=1, max=10_000)] = 100,
    as_json: Json = False,
) -> None:
    """List the reviews that wait for a decision, in the order in which they were asked."""
    with reading() as connection:
        found = reviews.waiting(connection, after, limit)
    if as_json:
        print_json({"reviews": [asdict(review) for review in found]})
        return
    table = Table("review", "asked", "class", "may be", "alike", box=None, pad_edge=False)
    for review in found:
        asked = f"{review.source_system} {review.source_id}"
        table.add_row(str(review.id), asked, review.class_code, review.candidate, _alike(review))
    answer.print(table if found else "No review waits.")


@group.command("show")
def show(review: Number, as_json: Json = False) -> None:
    """Show a review, open or decided, with what was asked."""
    with reading() as connection:
        found = reviews.get(connection, review)
    if as_json:
        print_json(asdict(found))
        return
    for name, value in _lines(found).items():
        say(f"{name:<14} {'—' if value is None else value}")


@group.command("decide")
def decide(
    review: Number,
    decision: Annotated[
        Literal["same", "different"], typer.Argument(help="Is it the candidate, or another thing?")
    ],
    who: Who,
    why: Why = None,
    document: Document = None,
) -> None:
    """Decide a review: the same thing gets the candidate's code, a different one its own."""
    with writing() as connection:
        action = Action(who, why, document)
        outcome = deciding.decide(connection, connection.engine, review, decision, action)
    told = f"review {review}: {decision}; {outcome.source_id} is {outcome.status}"
    told += f" {outcome.code}" if outcome.code else ""
    told += f", review {outcome.review}" if outcome.review else ""
    say(told + (f": {outcome.reason}" if outcome.reason else ""))


def _alike(review: Review) -> str:
    if "Polygon" in review.request["geometry"]["type"]:
        return f"{review.measure:.0%} of the area"
    return f"{review.measure:.2f} m apart"


def _lines(review: Review) -> dict[str, Any]:
    request = review.request
    return {
        "review": review.id,
        "asked": f"{review.source_system} {review.source_id}",
        "class": review.class_code,
        "layer": request["layer"],
        "name": request["name"],
        "properties": request["properties"] or None,
        "geometry": request["geometry"],
        "may be": review.candidate,
        "alike": _alike(review),
        "asked at": review.asked_at.isoformat(),
        "decision": review.decision,
        "decided by": review.who,
        "why": review.why,
    }
