"""``cim table``: business tables without geometry, loaded or registered (业务表)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.cli.caller import Document, Who, Why
from api.cli.database import reading, writing
from api.cli.pairs import pairs
from api.cli.terminal import Json, answer, print_json, say
from api.fusion import documents
from cim.actions import Action
from cim.fusion import business, registering
from cim.fusion.business import Said
from layers.business.load import Mode, TableFile, load

__all__ = ["group"]

group = typer.Typer(
    help="Load, register and list business tables (业务表), to be fused with layers.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Option("--table", help="Name of the table: a-z, 0-9 and _.")]
Title = Annotated[str | None, typer.Option(help="Title in Chinese; at first the name.")]
TitleEn = Annotated[str | None, typer.Option(help="Title in English; at first the Chinese one.")]
Owner = Annotated[str | None, typer.Option(help="Department that answers for it (责任部门).")]
Grade = Annotated[str | None, typer.Option(help="general1 to general4, important or core.")]
Source = Annotated[str | None, typer.Option(help="Where it comes from, for people.")]
Key = Annotated[str | None, typer.Option(help="Column that tells rows from each other.")]
Grades = Annotated[
    list[str] | None,
    typer.Option("--column-grade", help="COLUMN=GRADE: it has a higher one; repeatable."),
]
Items = Annotated[
    list[str] | None,
    typer.Option("--item", help="COLUMN=FIELD: the data item of the catalog it is; repeatable."),
]
Types = Annotated[
    list[str] | None,
    typer.Option("--type", help="COLUMN=text, integer, number, date or datetime; repeatable."),
]
Which = Annotated[str, typer.Argument(help="Name of the table.")]


@group.command("load")
def load_table(
    file: Annotated[Path, typer.Argument(help="A CSV file, in UTF-8 or GBK, or Parquet.")],
    table: Name,
    who: Who,
    title: Title = None,
    title_en: TitleEn = None,
    owner: Owner = None,
    grade: Grade = None,
    key: Key = None,
    source: Source = None,
    column_grade: Grades = None,
    item: Items = None,
    column_type: Types = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of a CSV; found by itself where it is UTF-8 or GBK.")
    ] = None,
    mode: Annotated[
        Mode, typer.Option(help="replace: the file is the whole table. upsert: a part of it.")
    ] = "replace",
    why: Why = None,
    document: Document = None,
    as_json: Json = False,
) -> None:
    """Load a file as a business table, or bring a table to what its file now says.

    What is fused with it is linked anew at once. What is not given stays as it is; the first time
    an owner and a grade are asked for.
    """
    said = Said(
        *(table, title, title_en, owner, grade, key, source),
        grades=pairs("--column-grade", column_grade),
        items=pairs("--item", item),
    )
    wanted = TableFile(file, said, mode, encoding, pairs("--type", column_type))
    with writing() as connection:
        report = load(connection, wanted, Action(who, why, document))
    if as_json:
        print_json(asdict(report))
        return
    told = f"{table}: {report.read:,} rows read, {report.added:,} added, {report.changed:,} changed"
    say(
        f"{told}, {report.removed:,} removed" + (f" ({report.encoding})" if report.encoding else "")
    )


@group.command("register")
def register_table(
    relation: Annotated[str, typer.Argument(help="SCHEMA.TABLE or view of the database.")],
    table: Name,
    who: Who,
    title: Title = None,
    title_en: TitleEn = None,
    owner: Owner = None,
    grade: Grade = None,
    key: Key = None,
    source: Source = None,
    column_grade: Grades = None,
    item: Items = None,
    why: Why = None,
    document: Document = None,
) -> None:
    """Make a table or view of the database a business table where it stands. Nothing is copied."""
    said = Said(
        *(table, title, title_en, owner, grade, key, source),
        grades=pairs("--column-grade", column_grade),
        items=pairs("--item", item),
    )
    with writing() as connection:
        found = registering.register(connection, relation, said, Action(who, why, document))
    say(f"{table}: {found.relation} registered, {len(found.columns)} columns, {found.grade}")


@group.command("list")
def list_tables(as_json: Json = False) -> None:
    """List the business tables."""
    with reading() as connection:
        found = business.listed(connection)
    if as_json:
        print_json({"tables": [documents.table(each) for each in found]})
        return
    table = Table("table", "title", "owner", "grade", "key", "rows from", box=None, pad_edge=False)
    for each in found:
        came = each.load.file if each.load else each.relation
        key = each.key_field or "—"
        table.add_row(each.name, each.title_zh, each.owner, each.grade, key, came)
    answer.print(table if found else "There is no business table.")


@group.command("show")
def show_table(name: Which) -> None:
    """Show a table, its columns with their types and grades, and its last load, as JSON."""
    with reading() as connection:
        print_json(documents.table(business.get(connection, name)))


@group.command("drop")
def drop_table(name: Which) -> None:
    """Take a table away that no fusion reads. Rows of a registered one stay where they are."""
    with writing() as connection:
        business.drop(connection, name)
    say(f"{name}: dropped")
