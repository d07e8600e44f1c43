"""``cim class``: the class table and its changes (实体分类)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

import typer
from rich.table import Table
from sqlalchemy import Connection

from api.classes.documents import columns, describe_changes
from api.cli.caller import Who, Why
from api.cli.database import reading, writing
from api.cli.terminal import Json, answer, print_json, say
from cim import class_table, registry
from cim.class_table import Change
from cim.classes import EntityClass
from cim.database.sql import run
from cim.errors import UnknownClass

__all__ = ["group"]

group = typer.Typer(help="List, add, change and deprecate entity classes.", no_args_is_help=True)

Code = Annotated[str, typer.Argument(help="Class code of 6 digits, such as 990101.")]
Geometry = Annotated[str | None, typer.Option(help="point, line, polygon or any.")]
Gbt13923 = Annotated[str | None, typer.Option(help="Class of GB/T 13923; empty for none.")]
CimBig = Annotated[str | None, typer.Option(help="Big class of the CIM catalogue.")]
CimMiddle = Annotated[str | None, typer.Option(help="Middle class of the CIM catalogue.")]
CimSmall = Annotated[str | None, typer.Option(help="Small class of the CIM catalogue.")]
KeyScheme = Annotated[
    str | None, typer.Option(help="Scheme that keys are normally written in; empty for none.")
]
Tolerance = Annotated[
    float | None,
    typer.Option(
        help="What makes two of them one: metres (points, lines), shared part of the area, 0 to 1."
    ),
]
Conf = Annotated[str | None, typer.Option(help="How sure it is: H, M or L.")]

T = TypeVar("T")


@group.command("list")
def list_classes(
    state: Annotated[
        Literal["active", "deprecated"] | None, typer.Option(help="Only those of this state.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the classes of this city."""
    with reading() as connection:
        classes = registry.read(connection).classes.values()
    found = [c for c in classes if state in {None, c.state}]
    if as_json:
        print_json({"classes": [columns(c) for c in found]})
        return
    heads = ("code", "name", "geometry", "key", "tolerance", "source", "conf", "version", "state")
    table = Table(*heads, box=None, pad_edge=False)
    for c in found:
        table.add_row(
            c.code,
            f"{c.name_zh} {c.name_en}",
            c.geometry,
            c.key_scheme or "—",
            "—" if c.tolerance is None else f"{c.tolerance:g}",
            c.source,
            c.conf,
            str(c.version),
            f"{c.state}, take {c.replaced_by}" if c.replaced_by else c.state,
        )
    answer.print(table if found else "There is no such class.")


@group.command("show")
def show(code: Code, as_json: Json = False) -> None:
    """Show a class, or one that was removed, with its history."""
    with reading() as connection:
        now = registry.read(connection).classes.get(code)
        statement = class_table.history(code)
        rows = run(connection, statement.sql, *statement.values)
    if not rows:
        raise UnknownClass(code)
    changes = [Change.read(row) for row in rows]
    if as_json:
        document = None if now is None else columns(now)
        print_json({"class": document, "changes": describe_changes(changes)})
        return
    for name, value in columns(now).items() if now else ():
        say(f"{name:<12} {'—' if value is None else value}")
    for change, moved in zip(changes, class_table.differences(changes), strict=True):
        what = "; ".join(f"{name}: {old} → {new}" for name, (old, new) in moved.items())
        parts = (change.why, what)
        told = "".join(f", {part}" for part in parts if part)
        say(
            f"v{change.found.version} {change.recorded_at:%Y-%m-%d %H:%M} "
            f"{change.kind} by {change.who}{told}"
        )


@group.command("add")
def add(
    code: Code,
    zh: Annotated[str, typer.Option(help="Chinese name.")],
    en: Annotated[str, typer.Option(help="English name.")],
    geometry: Annotated[str, typer.Option(help="point, line, polygon or any.")],
    who: Who,
    why: Why = None,
    gbt13923: Gbt13923 = None,
    cim_big: CimBig = None,
    cim_middle: CimMiddle = None,
    cim_small: CimSmall = None,
    key_scheme: KeyScheme = None,
    tolerance: Tolerance = None,
    source: Annotated[
        str | None,
        typer.Option(help="Table that it is taken from, such as cjt553; by default our own."),
    ] = None,
    conf: Conf = None,
) -> None:
    """Add a class: an own one under major 99, or one of an official table that you have."""
    links = {
        "gbt13923": gbt13923,
        "cim_big": cim_big,
        "cim_middle": cim_middle,
        "cim_small": cim_small,
        "key_scheme": key_scheme,
    }
    fields: dict[str, Any] = {"code": code, "name_zh": zh, "name_en": en, "geometry": geometry}
    fields |= {**links, "tolerance": tolerance, "source": source, "conf": conf}
    _tell(_writing(lambda connection: class_table.add(connection, fields, who, why)))


@group.command("change")
def change(
    code: Code,
    who: Who,
    why: Why = None,
    zh: Annotated[str | None, typer.Option(help="Chinese name.")] = None,
    en: Annotated[str | None, typer.Option(help="English name.")] = None,
    geometry: Geometry = None,
    gbt13923: Gbt13923 = None,
    cim_big: CimBig = None,
    cim_middle: CimMiddle = None,
    cim_small: CimSmall = None,
    key_scheme: KeyScheme = None,
    tolerance: Tolerance = None,
    no_tolerance: Annotated[
        bool, typer.Option("--no-tolerance", help="Several things may share a place.")
    ] = False,
    conf: Conf = None,
) -> None:
    """Rename a class, or change what it links to or what its duplicates are."""
    given = {
        "name_zh": zh,
        "name_en": en,
        "geometry": geometry,
        "gbt13923": gbt13923,
        "cim_big": cim_big,
        "cim_middle": cim_middle,
        "cim_small": cim_small,
        "key_scheme": key_scheme,
        "tolerance": tolerance,
        "conf": conf,
    }
    fields: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if no_tolerance:
        fields["tolerance"] = None
    _tell(_writing(lambda connection: class_table.change(connection, code, fields, who, why)))


@group.command("deprecate")
def deprecate(
    code: Code,
    who: Who,
    replaced_by: Annotated[str | None, typer.Option(help="Class to take instead.")] = None,
    why: Why = None,
) -> None:
    """Take nothing new into a class. What is in it stays, and its codes keep resolving."""
    _tell(
        _writing(lambda connection: class_table.deprecate(connection, code, replaced_by, who, why))
    )


@group.command("restore")
def restore(code: Code, who: Who, why: Why = None) -> None:
    """Make a deprecated class active again."""
    _tell(_writing(lambda connection: class_table.restore(connection, code, who, why)))


@group.command("remove")
def remove(code: Code, who: Who, why: Why = None) -> None:
    """Remove a class that nothing ever used. Its history stays."""
    _writing(lambda connection: class_table.remove(connection, code, who, why))
    say(f"{code}: removed")


def _writing(do: Callable[[Connection], T]) -> T:
    with writing() as connection:
        return do(connection)


def _tell(found: EntityClass) -> None:
    instead = f", take {found.replaced_by}" if found.replaced_by else ""
    say(f"{found.code} {found.name_zh}: version {found.version}, {found.state}{instead}")
