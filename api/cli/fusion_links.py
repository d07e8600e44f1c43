"""``cim fusion links``, ``unmatched``, ``accept``, ``reject``: which row is of which feature."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from sqlalchemy import Connection

from api.cli.caller import Document, Who, Why
from api.cli.database import reading, writing
from api.cli.terminal import Json, print_json, say
from api.fusion import words
from api.fusion.csv_text import cell
from api.output import whole
from cim.actions import Action
from cim.database.sql import run
from cim.fusion import definition, fused, told
from cim.fusion.deciding import Link
from cim.fusion.fused import Fusion, Join
from cim.statement import Statement
from layers import fusing

__all__ = ["accept", "list_links", "reject", "unmatched"]

Name = Annotated[str, typer.Argument(help="Name of the fused collection.")]
Row = Annotated[str, typer.Argument(help="Key of the row in its table.")]
OfTable = Annotated[
    str | None, typer.Option("--table", help="Its table; not needed where there is one.")
]
Limit = Annotated[int, typer.Option(help="So many at the most.", min=1, max=10_000_000)]
After = Annotated[str, typer.Option(help="Those after this key.")]
_PAGE = 10_000


def unmatched(
    name: Name,
    side: Annotated[
        Literal["table", "layer"], typer.Option(help="Rows without a feature, or the other way.")
    ] = "table",
    table: OfTable = None,
    limit: Limit = 100,
    after: After = "",
    output: Annotated[Path | None, typer.Option(help="Write them to this CSV file.")] = None,
    as_json: Json = False,
) -> None:
    """List rows that no feature is found for, with the reason, or features that no row is of."""
    with reading() as connection:
        fusion, join = _join(connection, name, table)
        rows = list(_unmatched(connection, fusion, join, (side, after, limit)))
    columns = ("row", "reason", "basis") if side == "table" else ("code",)
    if output is not None:
        _write(output, columns, rows)
        say(f"{output}: {len(rows):,} rows")
    elif as_json:
        print_json({"fusion": name, "table": join.table.name, "side": side, "unmatched": rows})
    else:
        for row in rows:
            say("  ".join(str(row[column]) for column in columns))


def _unmatched(
    connection: Connection, fusion: Fusion, join: Join, asked: tuple[str, str, int]
) -> Iterator[dict[str, Any]]:
    side, after, limit = asked
    while limit > 0:
        size = min(limit, _PAGE)
        if side == "table":
            rows = _rows(connection, told.links(join, "unmatched", after, size))[:size]
            yield from ({"row": r.row_key, "reason": r.reason, "basis": r.basis} for r in rows)
        else:
            rows = _rows(connection, told.features(fusion, join, after, size))[:size]
            yield from ({"code": r.code} for r in rows)
        if len(rows) < size:
            return
        limit, after = limit - size, rows[-1][0]


def _write(output: Path, columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    with whole(output) as draft, draft.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)


def list_links(
    name: Name,
    state: Annotated[
        Literal["linked", "review", "unmatched"], typer.Option(help="Which of them.")
    ] = "review",
    table: OfTable = None,
    limit: Limit = 100,
    after: After = "",
    as_json: Json = False,
) -> None:
    """List links, by default those that wait for a decision, with their candidates."""
    with reading() as connection:
        _, join = _join(connection, name, table)
        rows = _rows(connection, told.links(join, state, after, limit))[:limit]
    links = [r._asdict() | {"candidates": json.loads(r.candidates)} for r in rows]
    if as_json:
        print_json({"fusion": name, "table": join.table.name, "state": state, "links": links})
        return
    for each in links:
        why = words.of(words.REASONS, each["reason"], "en") or f"by {each['how']}"
        say(f"{each['row_key']}: {each['code'] or '—'} {each['basis']}: {why}")
        for candidate in each["candidates"]:
            detail = candidate["detail"] or ""
            say(f"  {candidate['score']:.3f} {candidate['code']} {detail}")
    if not links:
        say("There is none.")


def accept(
    name: Name,
    row: Row,
    who: Who,
    table: OfTable = None,
    code: Annotated[
        str | None, typer.Option(help="Code of its feature; by default its best candidate.")
    ] = None,
    why: Why = None,
    document: Document = None,
) -> None:
    """Say that a row is of a feature. It stands as long as the row says the same."""
    with writing() as connection:
        _, join = _join(connection, name, table)
        place = (join.table.name, row)
        link = fusing.accept(connection, name, place, code, Action(who, why, document))
    _tell(name, link)


def reject(
    name: Name,
    row: Row,
    who: Who,
    table: OfTable = None,
    why: Why = None,
    document: Document = None,
) -> None:
    """Say that a row is of none of its candidates, nor of what it is linked to."""
    with writing() as connection:
        _, join = _join(connection, name, table)
        place = (join.table.name, row)
        link = fusing.reject(connection, name, place, Action(who, why, document))
    _tell(name, link)


def _tell(name: str, link: Link) -> None:
    what = link.code if link.state == "linked" else words.of(words.REASONS, link.reason, "en")
    say(f"{name}: row {link.row_key} is {link.state}: {what}")


def _join(connection: Connection, name: str, table: str | None) -> tuple[Fusion, Join]:
    fusion = fused.get(connection, name)
    joins = definition.joins_of(fusion, table)
    if len(joins) > 1:
        tables = ", ".join(join.table.name for join in joins)
        raise typer.BadParameter(f"{name} has several tables: name one of {tables} with --table")
    return fusion, joins[0]


def _rows(connection: Connection, statement: Statement) -> list[Any]:
    return run(connection, statement.sql, *statement.values)
