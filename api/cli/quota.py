"""``cim quota``: how many codes a department may have (部门配额)."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from api.cli.database import reading, writing
from api.cli.terminal import Json, answer, print_json, say
from cim import class_table, quotas
from cim.quotas import ALL_CLASSES

__all__ = ["group"]

group = typer.Typer(help="Set and list the quotas of departments.", no_args_is_help=True)


@group.command("set")
def allow(
    department: Annotated[str, typer.Argument(help="Name of the department.")],
    codes: Annotated[int, typer.Argument(help="How many codes it may have in all.", min=0)],
    class_code: Annotated[
        str | None, typer.Option("--class", help="Of this class; of all classes without it.")
    ] = None,
) -> None:
    """Set how many codes a department may have. What it has used stays counted."""
    with writing() as connection:
        if class_code is not None:
            class_table.get(connection, class_code)
        quotas.allow(connection, department, class_code or ALL_CLASSES, codes)
    of = f" of class {class_code}" if class_code else ""
    say(f"{department}: {codes:,} codes{of}")


@group.command("list")
def list_quotas(as_json: Json = False) -> None:
    """List the quotas, and what is used of them."""
    with reading() as connection:
        found = quotas.all_of(connection)
    if as_json:
        print_json({"quotas": [quota._asdict() for quota in found]})
        return
    table = Table("department", "class", "codes", "used", "left", box=None, pad_edge=False)
    for quota in found:
        numbers = (quota.codes, quota.used, max(quota.codes - quota.used, 0))
        shown = (f"{number:,}" for number in numbers)
        table.add_row(quota.department, quota.class_code or "all", *shown)
    answer.print(table if found else "There is no quota.")
