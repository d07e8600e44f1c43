"""``cim catalog suggest``, ``bind``, ``unbind``, ``history``: what a layer is in the catalog."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from api.catalog import documents
from api.cli.caller import Who, Why
from api.cli.database import reading, writing
from api.cli.pairs import pairs
from api.cli.terminal import Json, print_json, say
from cim import registry
from cim.access import ANONYMOUS
from cim.actions import Action
from cim.catalog import binding, history, suggest
from cim.catalog.binding import Wanted
from cim.catalog.suggest import Suggestion
from cim.database.sql import run
from layers import fusing

__all__ = ["bind_layer", "binding_history", "suggest_bindings", "unbind_layer"]

LayerName = Annotated[str, typer.Argument(help="Name of the layer.")]
Document = Annotated[str | None, typer.Option(help="The paper it rests on, for the history.")]
Pairs = Annotated[
    list[str] | None, typer.Option("--field", help="COLUMN=FIELD: the column is it; repeatable.")
]
Units = Annotated[
    list[str] | None,
    typer.Option("--unit", help="COLUMN=UNIT: what its values are in (UCUM); repeatable."),
]


def suggest_bindings(layer: LayerName, as_json: Json = False) -> None:
    """Suggest what a layer is, and which field each column, and say why. Nothing is bound."""
    with reading() as connection:
        found = registry.read(connection).layer(layer, ANONYMOUS)
        suggestions = suggest.suggest(connection, found)
    if as_json:
        told = [documents.suggestion(each, found, "") for each in suggestions]
        print_json({"layer": layer, "suggestions": told})
        return
    for each in suggestions:
        element = each.found.element
        say(f"{element.code} {element.name_zh}: {each.score:.2f}, {each.why_en}")
        for pair in each.pairs if each is suggestions[0] else ():
            say(f"  {pair.score:.2f} {pair.column} = {pair.field.code}: {pair.why_en}")
    if suggestions:
        say(f"After a look, bind it by: {_command(layer, suggestions[0])}")
    else:
        say("No element of the catalog is like it.")


def bind_layer(
    layer: LayerName,
    element: Annotated[str, typer.Option(help="Code of the element that it is.")],
    department: Annotated[str, typer.Option(help="Department that answers for it.")],
    grade: Annotated[str, typer.Option(help="general1 to general4, important or core.")],
    who: Who,
    field: Pairs = None,
    unit: Units = None,
    authoritative: Annotated[
        bool, typer.Option("--authoritative", help="It is the authoritative source of its fields.")
    ] = False,
    why: Why = None,
    document: Document = None,
    as_json: Json = False,
) -> None:
    """Bind a layer to an element, and its columns to fields: those that are named, no others."""
    wanted = Wanted(
        element,
        department,
        grade,
        authoritative,
        pairs("--field", field),
        pairs("--unit", unit),
    )
    with writing() as connection:
        bound = binding.bind(connection, layer, wanted, Action(who, why, document))
        fusing.after_binding(connection, layer)
        found = registry.read(connection).layers[layer]
    if as_json:
        told = documents.bound(found, bound, "")
        told.pop("links")
        print_json(told)
        return
    named = f"{bound.element.code} {bound.element.name_zh}"
    say(f"{layer}: {named}, {bound.department}, {bound.grade}, {len(bound.columns)} columns bound")
    if bound.missing:
        say(f"mandatory fields without a column: {', '.join(bound.missing)}")


def unbind_layer(layer: LayerName, who: Who, why: Why = None, document: Document = None) -> None:
    """Take the binding away: the layer is private to its owner again."""
    with writing() as connection:
        binding.unbind(connection, layer, Action(who, why, document))
        fusing.after_binding(connection, layer)
    say(f"{layer}: bound to nothing, private to its owner")


def binding_history(layer: LayerName, as_json: Json = False) -> None:
    """Tell what became of the binding of a layer."""
    with reading() as connection:
        statement = history.told(history.of_layer(layer))
        rows = run(connection, statement.sql, *statement.values)
    changes = [documents.change(row._asdict()) for row in rows]
    if as_json:
        print_json({"layer": layer, "changes": changes})
        return
    for each in changes:
        row = each["row"]
        what = f" to {row['element']}, {row['department']}, {row['grade']}" if row else ""
        parts = "".join(f", {each[name]}" for name in ("why", "document") if each[name])
        say(f"{each['recorded_at'][:16]} {each['kind']}{what} by {each['who']}{parts}")


def _command(layer: str, found: Suggestion) -> str:
    words = ["cim", "catalog", "bind", layer, "--element", found.found.element.code]
    words += ["--department", "…", "--grade", found.found.element.grade]
    for pair in found.pairs:
        words += ["--field", f"{pair.column}={pair.field.code}"]
    return shlex.join(words)
