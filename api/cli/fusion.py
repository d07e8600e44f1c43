"""``cim fusion``: tables joined to layers as collections of their own (融合关联)."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli import fusion_links
from api.cli.caller import Document, Who, Why
from api.cli.database import reading, writing
from api.cli.terminal import Json, print_json, say
from api.fusion import documents
from cim.actions import Action
from cim.database.sql import run
from cim.errors import FusionInvalid
from cim.fusion import business, definition, fused, told, upkeep, ways
from cim.fusion.definition import ACCEPT, MARGIN, REVIEW, Named, Wanted
from cim.fusion.fused import TAKES, Fusion
from cim.statement import Statement
from layers import kpi

__all__ = ["group"]

group = typer.Typer(
    help="Fuse business tables with layers, and decide what belongs together.",
    no_args_is_help=True,
)
group.command("unmatched")(fusion_links.unmatched)
group.command("links")(fusion_links.list_links)
group.command("accept")(fusion_links.accept)
group.command("reject")(fusion_links.reject)

Name = Annotated[str, typer.Argument(help="Name of the fused collection: a-z, 0-9 and _.")]
OfTable = Annotated[str, typer.Option("--table", help="Name of a business table.")]
By = Annotated[
    list[str],
    typer.Option(help=f"How rows are linked: {', '.join(ways.FORMS)}; repeatable, tried in order."),
]
Fields = Annotated[
    list[str],
    typer.Option(
        "--field",
        help="COLUMN, or COLUMN:TAKE of all rows of a feature: sum, count, min, max, avg; "
        "*:count is how many they are. Repeatable.",
    ),
]
Several = Annotated[
    str | None,
    typer.Option(
        help="Where several rows are of one feature: refuse, first by key, or latest:COLUMN."
    ),
]
Accept = Annotated[float, typer.Option(help="Score from which a link is taken at once.")]
Review = Annotated[float, typer.Option(help="Score from which people decide.")]
Margin = Annotated[float, typer.Option(help="How far ahead of the second the best must be.")]


@group.command("define")
def define(
    name: Name,
    layer: Annotated[str, typer.Option(help="Layer whose features it has.")],
    table: OfTable,
    by: By,
    field: Fields,
    who: Who,
    several: Several = None,
    accept: Accept = ACCEPT,
    review: Review = REVIEW,
    margin: Margin = MARGIN,
    title: Annotated[str, typer.Option(help="Title in Chinese.")] = "",
    title_en: Annotated[str, typer.Option(help="Title in English.")] = "",
    description: Annotated[str, typer.Option(help="What it holds, for people.")] = "",
    why: Why = None,
    document: Document = None,
) -> None:
    """Make a collection of a layer and a table. Attributes stay in the table; nothing is copied."""
    wanted = _wanted(table, (by, field, several), (accept, review, margin))
    named = Named(name, title, title_en, description)
    with writing() as connection:
        found = definition.define(connection, named, layer, [wanted], Action(who, why, document))
        kpi.record(connection, tables=[table])
        counts = _counts(connection, found, table)
    _tell(name, counts)


@group.command("add")
def add(
    name: Name,
    table: OfTable,
    by: By,
    field: Fields,
    who: Who,
    several: Several = None,
    accept: Accept = ACCEPT,
    review: Review = REVIEW,
    margin: Margin = MARGIN,
    why: Why = None,
    document: Document = None,
) -> None:
    """Put another table into a fused collection."""
    wanted = _wanted(table, (by, field, several), (accept, review, margin))
    with writing() as connection:
        found = definition.add(connection, name, wanted, Action(who, why, document))
        kpi.record(connection, tables=[table])
        counts = _counts(connection, found, table)
    _tell(name, counts)


@group.command("remove")
def remove(name: Name, table: OfTable) -> None:
    """Take a table out of a fused collection, with its links and what was decided of them."""
    with writing() as connection:
        definition.take_out(connection, name, table)
    say(f"{name}: without {table}")


@group.command("drop")
def drop(name: Name) -> None:
    """Take a fused collection away. Its layer and its tables stay as they are."""
    with writing() as connection:
        definition.drop(connection, name)
    say(f"{name}: dropped")


@group.command("list")
def list_fusions(as_json: Json = False) -> None:
    """List the fused collections."""
    with reading() as connection:
        found = fused.listed(connection)
    if as_json:
        print_json({"fusions": [_document(each) for each in found]})
        return
    for each in found:
        say(f"{each.name}: {each.base} with {', '.join(j.table.name for j in each.joins)}")
    if not found:
        say("There is no fusion.")


@group.command("refresh")
def refresh(
    name: Name,
    table: Annotated[str | None, typer.Option(help="This table alone.")] = None,
) -> None:
    """Look for all links anew. What people decided stands as long as the row says the same."""
    with writing() as connection:
        definition.joins_of(fused.get(connection, name), table)
        changed = upkeep.refresh(connection, name, table)
        found = fused.get(connection, name)
        joins = definition.joins_of(found, table)
        kpi.record(connection, tables=[join.table.name for join in joins])
        counts = _counts(connection, found, table)
    say(f"{name}: {changed:,} links changed")
    _tell(name, counts)


@group.command("report")
def report(name: Name, as_json: Json = False) -> None:
    """Count the rows and features that are linked, wait for review, match nothing, or are stale."""
    with reading() as connection:
        found = fused.get(connection, name)
        counts = _counts(connection, found, None)
    if as_json:
        print_json({**_document(found), "counts": counts})
        return
    _tell(name, counts)
    for table, each in counts.items():
        for row in each["reasons"]:
            what = row["how"] if row["state"] == "linked" else row["reason"]
            say(f"  {table}: {row['rows']:>9,} {row['state']} {what}")


def _document(found: Fusion) -> dict[str, Any]:
    told = documents.fusion(found, "")
    told.pop("links")
    return told


def _counts(connection: Any, found: Fusion, table: str | None) -> dict[str, dict[str, Any]]:
    counted = {}
    for join in definition.joins_of(found, table):
        business.check(connection, join.table)
        (row,) = _rows(connection, told.counts(found, join))
        reasons = [r._asdict() for r in _rows(connection, told.reasons(join))]
        counted[join.table.name] = {**row._asdict(), "reasons": reasons}
    return counted


def _rows(connection: Any, statement: Statement) -> list[Any]:
    return run(connection, statement.sql, *statement.values)


def _tell(name: str, counts: dict[str, dict[str, Any]]) -> None:
    for table, c in counts.items():
        say(
            f"{name}: {table}: {c['linked']:,} of {c['rows']:,} rows linked, {c['review']:,} for "
            f"review, {c['unmatched']:,} unmatched; {c['matched_features']:,} of "
            f"{c['features']:,} features have a row"
        )
        stale = c["ended"] + c["gone"] + c["unseen"]
        if stale:
            say(
                f"{name}: {table}: stale until the next refresh: {c['ended']:,} features gone, "
                f"{c['gone']:,} rows gone, {c['unseen']:,} rows new"
            )


def _wanted(
    table: str, said: tuple[list[str], list[str], str | None], scores: tuple[float, float, float]
) -> Wanted:
    by, fields, several = said
    rule, _, column = (several or "").partition(":")
    return Wanted(
        table,
        [ways.read(text) for text in by],
        [_field(text) for text in fields],
        rule or None,
        column,
        *scores,
    )


def _field(text: str) -> tuple[str, str]:
    column, colon, take = text.rpartition(":")
    if not colon or take not in TAKES:
        return text, ""
    if column == "*":
        if take != "count":
            raise FusionInvalid("fields", f"{text!r}: rows are counted, no more")
        return "", take
    return column, take
