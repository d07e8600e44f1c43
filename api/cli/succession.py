"""``cim entity split`` and ``merge``: ends of entities with successors (分割与合并)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from api.cli.caller import Document, ValidFrom, Who, Why, moment
from api.cli.database import writing
from api.cli.terminal import say
from api.cli.vector_file import Alias, Crs, Encoding, File, NameField, SourceLayer, aliases_of
from cim import entity_code
from cim.access import Caller
from cim.actions import Action
from cim.assignment.assign import Outcome
from cim.assignment.request import Request
from cim.errors import SuccessionUnfit
from cim.lifecycle import living
from cim.lifecycle import succession as successions
from cim.lifecycle.succession import Step
from layers.requests import BatchFile, read_all

__all__ = ["merge", "split"]

Key = Annotated[str, typer.Option(help="Field with what the source system calls a successor.")]
System = Annotated[
    str | None, typer.Option(help="The source system of the successors; the predecessor's.")
]
Force = Annotated[
    str | None,
    typer.Option(metavar="REASON", help="Why it is right that the areas differ by over 1 %."),
]


def split(
    code: Annotated[str, typer.Argument(help="The entity that is split.")],
    file: File,
    key: Key,
    who: Who,
    system: System = None,
    name_field: NameField = None,
    alias: Alias = None,
    source_layer: SourceLayer = None,
    crs: Crs = None,
    encoding: Encoding = None,
    force: Force = None,
    valid_from: ValidFrom = None,
    why: Why = None,
    document: Document = None,
) -> None:
    """Split an active entity into the features of a file, which get codes of their own."""
    step = Step(Action(who, why, document), system, moment(valid_from), force)
    wanted = BatchFile(
        file,
        key,
        name_field=name_field,
        aliases=aliases_of(alias),
        source_layer=source_layer,
        crs=crs,
        encoding=encoding,
    )
    canonical = entity_code.validate(code)
    with writing() as connection:
        children = _read(connection, canonical, wanted, who)
        outcomes = successions.split(connection, connection.engine, canonical, children, step)
    _tell(f"{canonical}: split into", outcomes)


def merge(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="CODE... [FILE]", help="The entities, and a file with what they become."
        ),
    ],
    who: Who,
    into: Annotated[
        str | None, typer.Option(help="The entity that they become, instead of a file.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Field with what the source system calls it.")
    ] = None,
    system: System = None,
    name_field: NameField = None,
    alias: Alias = None,
    source_layer: SourceLayer = None,
    crs: Crs = None,
    encoding: Encoding = None,
    force: Force = None,
    valid_from: ValidFrom = None,
    why: Why = None,
    document: Document = None,
) -> None:
    """Merge active entities into the one feature of a file, or into another one that stays."""
    step = Step(Action(who, why, document), system, moment(valid_from), force)
    if into is not None:
        _merge_into(words, into, step)
        return
    if len(words) < 2 or key is None:
        raise typer.BadParameter("name the entities, a FILE and its --key, or --into CODE")
    *codes, file = words
    wanted = BatchFile(
        Path(file),
        key,
        name_field=name_field,
        aliases=aliases_of(alias),
        source_layer=source_layer,
        crs=crs,
        encoding=encoding,
    )
    found = [entity_code.validate(code) for code in codes]
    with writing() as connection:
        made = _read(connection, found[0], wanted, who)
        if len(made) != 1:
            raise SuccessionUnfit(f"{file} has {len(made)} features; a merge has one successor")
        outcome = successions.merge(connection, connection.engine, found, made[0], step)
    _tell(f"{', '.join(found)}: merged into", [outcome])


def _merge_into(words: list[str], into: str, step: Step) -> None:
    codes, stays = [entity_code.validate(code) for code in words], entity_code.validate(into)
    with writing() as connection:
        successions.merge_into(connection, codes, stays, step)
    say(f"{', '.join(codes)}: merged into {stays}")


def _read(connection: Connection, code: str, file: BatchFile, who: str) -> list[Request]:
    """The features of the file, as the layer of the entity takes them."""
    return read_all(file, living.find_one(connection, code, Caller(who)).layer)


def _tell(words: str, outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        say(f"{words} {outcome.code} ({outcome.source_id})")
