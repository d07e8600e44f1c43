"""``cim catalog``: the data element catalog, its versions, bindings of layers (数据要素目录)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Connection

from api.catalog import documents
from api.cli.bindings import bind_layer, binding_history, suggest_bindings, unbind_layer
from api.cli.caller import Who, Why
from api.cli.database import reading, writing
from api.cli.terminal import Json, answer, print_json, say
from cim import registry
from cim.access import ANONYMOUS
from cim.actions import Action
from cim.catalog import builtin, compare, files, versions
from cim.catalog import reading as catalog_reading
from cim.catalog.model import Catalog, Head
from cim.catalog.reading import FoundElement
from cim.database.sql import run
from cim.errors import UnknownElement
from layers import fusing

__all__ = ["group"]

BUILT_IN = "built-in"

group = typer.Typer(
    help="Load, compare and read the data element catalog; bind layers to it.",
    no_args_is_help=True,
)
group.command("suggest")(suggest_bindings)
group.command("bind")(bind_layer)
group.command("unbind")(unbind_layer)
group.command("history")(binding_history)

Version = Annotated[
    str,
    typer.Argument(
        help="CATALOG@VERSION, CATALOG for its current one, built-in, or a path with a /."
    ),
]


@group.command("load")
def load(
    source: Annotated[str, typer.Argument(help="A folder of CSV, a JSON file, or built-in.")],
    who: Who,
    why: Why = None,
    use: Annotated[bool, typer.Option("--use", help="Put it to use at once.")] = False,
    as_json: Json = False,
) -> None:
    """Load a version of a catalog. The first one of a catalog is current at once."""
    catalog = builtin.catalog() if source == BUILT_IN else files.read(Path(source))
    by = Action(who, why)
    with writing() as connection:
        loaded = versions.load(connection, catalog, by)
        if use:
            _use(connection, loaded.head.reference, by)
    current = loaded.current or use
    if as_json:
        told = {"reference": loaded.head.reference, "new": loaded.new, "current": current}
        print_json(told)
        return
    state = "current" if current else f'not in use; run: cim catalog use "{loaded.head.reference}"'
    counts = f"{len(catalog.elements):,} elements, {len(catalog.fields):,} fields"
    say(f"{loaded.head.reference}: {'loaded' if loaded.new else 'unchanged'}, {counts}, {state}")


@group.command("use")
def use(
    reference: Annotated[str, typer.Argument(help="CATALOG@VERSION.")], who: Who, why: Why = None
) -> None:
    """Make a version the current one of its catalog."""
    with writing() as connection:
        head = _use(connection, reference, Action(who, why))
    say(f"{head.reference}: current")


def _use(connection: Connection, reference: str, by: Action) -> Head:
    head = versions.use(connection, reference, by)
    fusing.after_version(connection, head.catalog)
    return head


@group.command("diff")
def diff(before: Version, after: Version, as_json: Json = False) -> None:
    """Tell what differs between two versions, and which layers each difference touches."""
    with reading() as connection:
        old, new = _version(connection, before), _version(connection, after)
        layers = registry.read(connection).visible(ANONYMOUS)
    found = compare.differences(old, new, layers)
    if as_json:
        told = [documents.difference(each) for each in found]
        print_json({"from": old.head.reference, "to": new.head.reference, "differences": told})
        return
    for each in found:
        moved = "; ".join(f"{n}: {_shown(a)} → {_shown(b)}" for n, (a, b) in each.changed.items())
        touched = f"  touches {', '.join(each.layers)}" if each.layers else ""
        line = f"{each.kind} {each.table} {each.code} {each.name_zh}"
        say(f"{line}{': ' if moved else ''}{moved}{touched}")
    if not found:
        say("Nothing differs.")


@group.command("list")
def list_elements(
    all_versions: Annotated[
        bool, typer.Option("--versions", help="List the versions instead of the elements.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the elements of the current catalogs, with the layers that are bound to them."""
    with reading() as connection:
        if all_versions:
            _list_versions(connection, as_json=as_json)
            return
        rows = run(connection, catalog_reading.outlines().sql)
        layers = registry.read(connection).visible(ANONYMOUS)
    found = [catalog_reading.outline(row.document) for row in rows]
    if as_json:
        print_json({"catalogs": [documents.outline(each, layers, "") for each in found]})
        return
    table = Table(
        "element", "name", "category", "fields", "grade", "sure", "layers", box=None, pad_edge=False
    )
    for each in found:
        categories = {category.code: category.name_zh for category in each.categories}
        for element, fields in each.elements:
            bound = [la for la in layers if la.binding and la.binding.element.code == element.code]
            table.add_row(
                element.code,
                f"{element.name_zh} {element.name_en}",
                categories[element.category],
                str(fields or "—"),
                element.grade,
                element.certainty,
                ", ".join(layer.name for layer in bound) or "—",
            )
    answer.print(table if found else "No catalog is loaded.")


@group.command("show")
def show(
    code: Annotated[str, typer.Argument(help="Code of an element, or of one of its fields.")],
    as_json: Json = False,
) -> None:
    """Show an element with its fields, or one field."""
    with reading() as connection:
        found, is_field = _found(connection, code)
        layers = registry.read(connection).visible(ANONYMOUS)
    described = (documents.field if is_field else documents.element)(found, layers, "")
    described.pop("links")
    if as_json:
        print_json(described)
        return
    for name, value in described.items():
        if name not in {"fields", "layers", "columns", "domain", "category"}:
            say(f"{name:<18} {_shown(value)}")
    for each in described.get("fields", ()):
        unit = f" {each['unit']}" if each["unit"] else ""
        of = f" {each['code_list']}" if each["code_list"] else ""
        named = f"{each['code']} {each['name_zh']}"
        say(f"  {each['mandatory']} {named}: {each['type']}{of}{unit}, {each['grade']}")
    for each in (*described.get("layers", ()), *described.get("columns", ())):
        column = f".{each['column']}" if "column" in each else ""
        owns = ", authoritative" if each["authoritative"] else ""
        say(f"  layer {each['layer']}{column}: {each['department']}{owns}, {each['grade']}")


def _found(connection: Connection, code: str) -> tuple[FoundElement, bool]:
    """What has the code: an element, or an element with that field alone."""
    for build in (catalog_reading.of_element, catalog_reading.of_field):
        statement = build(code)
        for row in run(connection, statement.sql, *statement.values):
            return catalog_reading.element(row.document), build is catalog_reading.of_field
    raise UnknownElement(code)


def _version(connection: Connection, named: str) -> Catalog:
    if named == BUILT_IN:
        return builtin.catalog()
    if "/" in named or named.endswith(".json"):
        return files.read(Path(named))
    return versions.read(connection, named)


def _list_versions(connection: Connection, *, as_json: bool) -> None:
    found = [documents.version(r._asdict(), "") for r in run(connection, versions.listed().sql)]
    if as_json:
        print_json({"versions": found})
        return
    for each in found:
        state = "current" if each["current"] else "not in use"
        counts = f"{each['elements']:,} elements, {each['fields']:,} fields"
        by = f"loaded {each['loaded_at'][:10]} by {each['loaded_by']}"
        say(f"{each['reference']} {each['name_zh']}: {state}, {counts}, {by}")


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "—"
    return "—" if value in {None, ""} else str(value)
