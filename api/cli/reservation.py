"""``cim reservation``: codes kept for a project (编码预留)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table

from api.cli.caller import Document, Who, Why
from api.cli.database import reading, writing
from api.cli.terminal import Json, answer, print_json, say
from cim import moments
from cim.actions import Action
from cim.assignment import reservations
from cim.assignment.reservations import Block, Reservation

__all__ = ["group"]

group = typer.Typer(help="Reserve codes for a project, and release them.", no_args_is_help=True)


@group.command("make")
def make(
    size: Annotated[int, typer.Argument(help="How many codes.")],
    project: Annotated[str, typer.Option(help="The project that they are for.")],
    class_code: Annotated[str, typer.Option("--class", help="Class code of 6 digits.")],
    division: Annotated[str, typer.Option(help="Division code of 6 digits (GB/T 2260).")],
    expires: Annotated[str, typer.Option(help="When it ends, as 2027-01-01 (RFC 3339).")],
    who: Who,
    department: Annotated[
        str | None, typer.Option(help="Department whose quota is charged.")
    ] = None,
    why: Why = None,
    document: Document = None,
    as_json: Json = False,
) -> None:
    """Reserve a block of codes of one division and class."""
    ends = moments.parse_instant(expires)
    block = Block(project, division, class_code, size, ends, department)
    with writing() as connection:
        action = Action(who, why, document)
        made = reservations.reserve(connection, connection.engine, block, action)
    if as_json:
        print_json(_document(made))
    else:
        say(f"reservation {made.id}: {made.first_code} to {made.last_code}, until {ends:%Y-%m-%d}")


@group.command("list")
def list_reservations(as_json: Json = False) -> None:
    """List the reservations that have not ended."""
    with reading() as connection:
        found = reservations.living(connection)
    if as_json:
        print_json({"reservations": [_document(one) for one in found]})
        return
    heads = ("reservation", "project", "department", "first", "last", "unused", "until", "who")
    table = Table(*heads, box=None, pad_edge=False)
    for one in found:
        table.add_row(
            str(one.id),
            one.project,
            one.department or "—",
            one.first_code,
            one.last_code,
            f"{one.unused:,}",
            f"{one.expires_at:%Y-%m-%d}",
            one.who,
        )
    answer.print(table if found else "There is no reservation.")


@group.command("release")
def release(
    reservation: Annotated[int, typer.Argument(help="Number of the reservation.")],
    who: Who,
    why: Why = None,
    document: Document = None,
) -> None:
    """End a reservation. Its unused codes are void, and the quota gets them back."""
    with writing() as connection:
        unused = reservations.release(connection, reservation, Action(who, why, document))
    say(f"reservation {reservation}: released, {unused:,} unused codes are void")


@group.command("expire")
def expire() -> None:
    """End every reservation whose time is over, as "cim up" does when it starts."""
    with writing() as connection:
        ended = reservations.expire(connection)
    say(f"{ended:,} reservations have expired")


def _document(one: Reservation) -> dict[str, Any]:
    return {**asdict(one), "first_code": one.first_code, "last_code": one.last_code}
