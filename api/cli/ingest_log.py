"""``cim layer runs`` and ``cim layer rollback``: the ingest log, and runs undone (入库日志)."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from api.cli.caller import Document, Who, Why
from api.cli.database import reading, writing
from api.cli.ingest import tell
from api.cli.terminal import Json, answer, print_json
from cim.actions import Action
from cim.database.sql import run
from layers import runs
from layers.rollback import rollback
from layers.runs import Run

__all__ = ["list_runs", "undo"]

Layer = Annotated[str | None, typer.Argument(help="Name of the layer; all of them without it.")]
Limit = Annotated[int, typer.Option(help="So many at the most, the newest first.", min=1)]
Number = Annotated[int, typer.Argument(help='Number of the run, as "cim layer runs" shows it.')]


def list_runs(layer: Layer = None, limit: Limit = 20, as_json: Json = False) -> None:
    """List what was loaded, refused and undone, the newest first."""
    page = runs.page(layer, limit)
    with reading() as connection:
        found = [Run.of(row) for row in run(connection, page.sql, *page.values)]
    if as_json:
        print_json({"runs": [each.describe() for each in found]})
        return
    table = Table(*_HEADS, box=None, pad_edge=False)
    for each in found:
        table.add_row(*_row(each))
    answer.print(table if found else "Nothing was loaded yet.")


def undo(number: Number, who: Who, why: Why = None, document: Document = None) -> None:
    """Undo a run: its layer is again what it was before.

    Codes that the run gave are void and never used again. What touched the same features later
    must be undone first.
    """
    with writing() as connection:
        report = rollback(connection, number, Action(who, why, document))
        done = runs.get(connection, report.run)
    tell(done)


_HEADS = (
    *("run", "layer", "mode", "state", "file", "read", "added", "changed", "retired"),
    *("repaired", "refused", "who", "when", "seconds"),
)


def _row(found: Run) -> tuple[str, ...]:
    state = f"{found.state} by {found.undone_by}" if found.undone_by else found.state
    mode = f"{found.mode} of {found.undoes}" if found.undoes else found.mode
    counts = (found.read, found.added, found.changed, found.retired, found.repaired, found.refused)
    return (
        str(found.id),
        found.layer,
        mode,
        state,
        found.file or "—",
        *(f"{count:,}" for count in counts),
        found.who,
        f"{found.started_at:%Y-%m-%d %H:%M}",
        f"{found.duration:.1f}",
    )
