"""``cim entity``: codes for the things of a file, and the life of entities (赋码与生命周期)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.table import Table
from sqlalchemy import Connection

from api.cli import batch, succession
from api.cli.caller import Document, ValidFrom, Who, Why, moment
from api.cli.database import reading, writing
from api.cli.terminal import Json, answer, print_json, say
from api.cli.vector_file import shapes
from api.errors import InvalidParameter
from cim import entity_code
from cim.access import Caller
from cim.actions import Action
from cim.assignment import targets
from cim.database.sql import run
from cim.errors import EntityUnknown
from cim.layer import Layer
from cim.lifecycle import changes, living
from cim.lifecycle.change import Change
from cim.lifecycle.change import change as change_entity
from cim.lifecycle.end import end

__all__ = ["group"]

group = typer.Typer(
    help="Assign codes to things, and change, end, split and merge them.", no_args_is_help=True
)
group.command("assign")(batch.assign_codes)
group.command("split")(succession.split)
group.command("merge")(succession.merge)

Code = Annotated[str, typer.Argument(help="An entity code, of 21 or 22 characters.")]
Codes = Annotated[list[str], typer.Argument(help="Entity codes, of 21 or 22 characters.")]
Name = Annotated[str | None, typer.Option(help="A new name.")]
Properties = Annotated[
    list[str] | None,
    typer.Option(
        "--property", help="NAME=VALUE; nothing after = takes it away. Repeatable.", metavar="TEXT"
    ),
]
Shape = Annotated[
    str | None,
    typer.Option(
        "--geometry", help="A new place: WKT or GeoJSON in degrees, or a file with one feature."
    ),
]


@group.command("change")
def change(
    code: Code,
    who: Who,
    name: Name = None,
    properties: Properties = None,
    geometry: Shape = None,
    valid_from: ValidFrom = None,
    why: Why = None,
    document: Document = None,
) -> None:
    """Give an active entity a new name, other properties or a new place; the old version is kept.

    What is not named stays.
    """
    if name is None and not properties and geometry is None:
        raise typer.BadParameter("name what is new: --name, --property or --geometry")
    canonical, action = entity_code.validate(code), Action(who, why, document)
    shape = None if geometry is None else _one_shape(geometry)
    with writing() as connection:
        layer = living.find_one(connection, canonical, Caller(who)).layer
        new = Change(shape, name, _properties(layer, properties or []))
        changed = change_entity(connection, canonical, new, action, moment(valid_from))
    say(f"{canonical}: {'changed' if changed else 'nothing was different'}")


@group.command("retire")
def retire(
    codes: Codes,
    who: Who,
    valid_from: ValidFrom = None,
    why: Why = None,
    document: Document = None,
) -> None:
    """End the lives of things that are gone. Their codes keep resolving."""
    _end(codes, "retired", Action(who, why, document), valid_from)


@group.command("void")
def void(
    codes: Codes,
    who: Who,
    valid_from: ValidFrom = None,
    why: Why = None,
    document: Document = None,
) -> None:
    """Void codes that should never have been given. They keep resolving, as void."""
    _end(codes, "void", Action(who, why, document), valid_from)


def _end(
    codes: list[str],
    state: Literal["retired", "void"],
    action: Action,
    valid_from: str | None,
) -> None:
    found = [entity_code.validate(code) for code in codes]
    with writing() as connection:
        ended = end(connection, found, state, action, moment(valid_from))
    say(f"{ended:,} {state}")


@group.command("history")
def history(code: Code, as_json: Json = False) -> None:
    """Show what happened to an entity: when, who did it, why, and what came of it."""
    canonical = entity_code.validate(code)
    with reading() as connection:
        found = _history(connection, canonical)
    if as_json:
        print_json({"code": canonical, "changes": found})
        return
    table = Table("change", "valid at", "recorded at", "who", "why", box=None, pad_edge=False)
    for event in found:
        table.add_row(
            event["change"],
            f"{event['valid_at']:%Y-%m-%d %H:%M}",
            f"{event['recorded_at']:%Y-%m-%d %H:%M}",
            event["who"],
            _reasons(event),
        )
    answer.print(table)


def _history(connection: Connection, code: str) -> list[dict[str, Any]]:
    statement = changes.of(code)
    found = [changes.change(row) for row in run(connection, statement.sql, *statement.values)]
    if not found and not run(connection, "SELECT FROM cim.entity WHERE code = $1", code):
        raise EntityUnknown(code)
    return found


def _reasons(event: dict[str, Any]) -> str:
    links = {"into": event.get("successors"), "from": event.get("predecessors")}
    told = [f"{word} {', '.join(codes)}" for word, codes in links.items() if codes]
    return "; ".join(filter(None, [event["why"], event["document"], *told])) or "—"


def _one_shape(text: str) -> Any:
    found = shapes(text)
    if len(found) != 1:
        where = Path(text).name
        raise InvalidParameter("geometry", f"{where} has {len(found)} features, not one")
    return found[0]


def _properties(layer: Layer, pairs: list[str]) -> dict[str, Any]:
    """Values as their columns take them: JSON, or the text itself."""
    split = [pair.partition("=") for pair in pairs]
    for name, equals, value in split:
        if not (name and equals):
            raise typer.BadParameter(f"--property is NAME=VALUE, not {name}{equals}{value!r}")
    return {name: _value(layer, name, text) for name, _, text in split}


def _value(layer: Layer, name: str, text: str) -> Any:
    column = None if targets.is_register(layer) else layer.column(name)
    if text == "":
        return None
    if column is not None and column.type == "text":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
