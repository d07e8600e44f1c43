"""``cim layer register``, ``refresh`` and ``status``: tables that are layers (原位登记)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.cli.caller import Document, Who, Why
from api.cli.database import opened, reading
from api.cli.ingest import tell
from api.cli.ingest_bar import ingest_bar
from api.cli.terminal import Json, answer, print_json, say
from api.cli.vector_file import Alias, Division, aliases_of
from api.output import whole
from cim import registry
from cim.access import ANONYMOUS
from cim.actions import Action
from cim.layer import Text
from layers import runs
from layers.errors import LayerLoaded
from layers.findings import Findings
from layers.registered import place, status
from layers.registered.advice import Advice
from layers.registered.fit import Registration
from layers.registered.refresh import Refreshed, refresh
from layers.registered.register import register
from layers.registered.status import Standing
from layers.report_file import write_report
from layers.runs import Run
from layers.watch import Watch

__all__ = ["follow", "register_table", "tell_status"]

MOST_TOLD = 20
_stderr = Console(stderr=True, highlight=False, width=max(Console(stderr=True).width, 120))

Source = Annotated[str, typer.Argument(help='schema.table; odd names in quotes: "国土"."图斑 1".')]
Name = Annotated[str, typer.Option("--layer", help="Name of the layer: a-z, 0-9 and _.")]
Registered = Annotated[str, typer.Argument(help="Name of the layer.")]
Title = Annotated[
    str, typer.Option(help="Title in Chinese; kept when not given, at first the layer's name.")
]
TitleEn = Annotated[
    str, typer.Option(help="Title in English; kept when not given, at first the Chinese one.")
]
Description = Annotated[
    str, typer.Option(help="What the layer holds, for people; kept when not given.")
]
Key = Annotated[
    str | None, typer.Option(help="Column that names a row, each another; the primary key.")
]
Geometry = Annotated[
    str | None, typer.Option(help="Column of the geometry, where the table has several.")
]
Crs = Annotated[
    str | None, typer.Option(help="CRS such as EPSG:4546, where the table does not tell its own.")
]
Class = Annotated[
    str | None, typer.Option("--class", help="Class code of 6 digits, such as 990101.")
]
NameField = Annotated[
    str | None, typer.Option(help="Column that names a row for people, and for search.")
]
Gone = Annotated[
    bool, typer.Option("--gone", help="Most rows are meant to be gone: retire their codes.")
]
Report = Annotated[
    Path | None, typer.Option(help="Write what was found in every row to this file, as JSON.")
]


def register_table(
    source: Source,
    layer: Name,
    who: Who,
    title: Title = "",
    title_en: TitleEn = "",
    description: Description = "",
    key: Key = None,
    geometry: Geometry = None,
    crs: Crs = None,
    name_field: NameField = None,
    class_code: Class = None,
    alias: Alias = None,
    division: Division = None,
    why: Why = None,
    document: Document = None,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Make a layer of a table or view that stands in the same database, without its rows.

    Rows are read where they stand, as they are; each gets an entity code. Rows that come later get
    theirs by "cim layer refresh". The same command again takes the columns that the table has now.
    """
    wanted = Registration(
        place.read(source),
        layer,
        Text(title, title_en),
        Text(description, description) if description else None,
        key=key,
        geometry=geometry,
        crs=crs,
        class_code=class_code,
        aliases=aliases_of(alias),
        division=division,
        name_field=name_field,
        who=who,
        why=why,
        document=document,
    )
    with opened() as engine, ingest_bar(layer) as bar:
        watch = Watch(bar)
        with engine.begin() as connection:
            done = register(connection, engine, wanted, watch)
            ended = runs.get(connection, done.refreshed.report.run)
    more = {"advice": [one._asdict() for one in done.advice], "left_out": list(done.left_out)}
    _tell((ended, done.refreshed), watch.findings, report, more if as_json else None)
    _advise(done.advice)
    if done.left_out:
        _stderr.print(f"Columns that the layer does not show: {', '.join(done.left_out)}")


def follow(
    layer: Registered,
    who: Who,
    gone: Gone = False,
    why: Why = None,
    document: Document = None,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Give codes to new rows of a registered table, and retire those of rows that are gone."""
    with opened() as engine, ingest_bar(layer) as bar:
        watch = Watch(bar)
        with engine.begin() as connection:
            action = Action(who, why, document)
            done = refresh(connection, engine, layer, action, watch, gone=gone)
            ended = runs.get(connection, done.report.run)
    _tell((ended, done), watch.findings, report, {} if as_json else None)


def tell_status(
    layer: Annotated[str | None, typer.Argument(help="Name of the layer; all without it.")] = None,
    as_json: Json = False,
) -> None:
    """Tell how registered tables stand: rows without a code, and what keeps them from being read.

    The exit status is 1 where one cannot be read.
    """
    with reading() as connection:
        held = registry.read(connection)
        if layer is not None and held.layer(layer, ANONYMOUS).source is None:
            raise LayerLoaded(layer)
        layers = [la for la in held.visible(ANONYMOUS) if la.source and layer in {None, la.name}]
        found = [status.standing(connection, each) for each in layers]
    if as_json:
        print_json({"layers": [_described(each) for each in found]})
    else:
        _show(found)
    if any(each.fault for each in found):
        raise typer.Exit(1)


def _tell(
    done: tuple[Run, Refreshed],
    findings: Findings,
    report: Path | None,
    document: dict[str, Any] | None,
) -> None:
    """Tell what a refresh did: as JSON where there is a document for it."""
    run, refreshed = done
    if report is not None:
        with whole(report) as path:
            write_report(run, findings, path, refreshed.keys)
    _tell_refused(findings, refreshed.keys)
    if document is not None:
        print_json({**run.describe(), "without_code": refreshed.without, **document})
        return
    tell(run)
    if refreshed.without:
        say(f"{refreshed.without:,} rows have no code and are not shown")


def _tell_refused(findings: Findings, keys: dict[int, str]) -> None:
    if not findings.problems.count:
        return
    table = Table("key", "field", "value", "what", title="rows refused", box=None)
    for one in findings.problems.kept[:MOST_TOLD]:
        table.add_row(keys.get(one.row, "—"), one.field or "—", one.value or "—", one.reason)
    _stderr.print(table)
    if findings.problems.count > MOST_TOLD:
        _stderr.print(f"… {findings.problems.count:,} in all; --report writes them to a file")


def _advise(advice: tuple[Advice, ...]) -> None:
    for one in advice:
        mend = f"; its owner mends it: {one.statement};" if one.statement else ""
        _stderr.print(f"warning: {one.what}{mend}", soft_wrap=True, markup=False)


def _described(one: Standing) -> dict[str, Any]:
    return {**asdict(one), "advice": [each._asdict() for each in one.advice]}


def _show(found: list[Standing]) -> None:
    heads = ("layer", "table", "kind", "SRID", "rows", "without code", "gone", "refreshed")
    table = Table(*heads, box=None, pad_edge=False)
    for one in found:
        counts = (one.rows, one.without, one.gone)
        table.add_row(
            one.layer,
            one.table,
            one.kind or "—",
            str(one.srid),
            *("—" if count is None else f"{count:,}" for count in counts),
            f"{one.refreshed:%Y-%m-%d %H:%M}" if one.refreshed else "—",
        )
    answer.print(table if found else "No table is registered.")
    for one in found:
        if one.fault:
            say(f"{one.layer}: cannot be read or followed: {one.fault}")
        if one.unshown:
            say(f"{one.layer}: columns that it does not show: {', '.join(one.unshown)}")
        _advise(one.advice)
