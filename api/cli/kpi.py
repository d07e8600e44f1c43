"""``cim kpi``: indicators of governance, now, and written down day by day (治理指标)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import typer
from rich.table import Table

from api.cli.database import writing
from api.cli.terminal import Json, answer, print_json, say
from layers import kpi
from layers.kpi import Kpi

__all__ = ["group"]

group = typer.Typer(help="Shares with code, governed, and on the map (赋码率、治理率、上图率).")


@group.callback(invoke_without_command=True)
def show(context: typer.Context, as_json: Json = False) -> None:
    """Show the indicators of every layer and business table as they are now."""
    if context.invoked_subcommand is not None:
        return
    with writing() as connection:  # it makes temporary tables
        found = kpi.measure(connection)
    if as_json:
        print_json({"kpis": [asdict(each) | each.shares() for each in found]})
        return
    columns = ("department", "kind", "name", "rows", "赋码率", "治理率", "上图率", "上图/已治理")
    table = Table(*columns, box=None, pad_edge=False)
    for each in sorted(found, key=lambda k: (k.department or "~", k.kind, k.name)):
        shares = map(_share, each.shares().values())
        table.add_row(each.department or "—", each.kind, each.name, f"{each.rows:,}", *shares)
    answer.print(table if found else "There is no layer and no table.")


@group.command("record")
def record() -> None:
    """Write today's indicators down; once a day, for the curve over time."""
    with writing() as connection:
        found: Sequence[Kpi] = kpi.record(connection)
    say(f"{len(found)} layers and tables recorded")


def _share(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"
