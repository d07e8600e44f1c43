"""``cim changes``: what happened to entities, in order (变更订阅)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any

import orjson
import typer
from sqlalchemy import Connection

from api.cli.database import reading
from cim.access import ANONYMOUS
from cim.database.sql import run
from cim.lifecycle import changes
from cim.lifecycle.changes import BEGINNING, Position

__all__ = ["tell_changes"]

_PAGE = 1000


def tell_changes(
    since: Annotated[
        str | None, typer.Option(help="After this position, that of the last line known.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="So many at the most.", min=0)] = None,
) -> None:
    """Print what happened to entities, a JSON object a line, from the oldest to the newest."""
    begin = Position.parse(since) if since else BEGINNING
    with reading() as connection:
        for change in islice(_changes(connection, begin), limit):
            sys.stdout.buffer.write(orjson.dumps(change, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.flush()


def _changes(connection: Connection, since: Position) -> Iterator[dict[str, Any]]:
    while True:
        statement = changes.page(since, _PAGE, ANONYMOUS)
        rows = run(connection, statement.sql, *statement.values)
        yield from map(changes.change, rows[:_PAGE])
        if len(rows) <= _PAGE:
            return
        since = Position(rows[_PAGE - 1].turn, rows[_PAGE - 1].id)
