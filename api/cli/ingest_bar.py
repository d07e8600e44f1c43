"""The bar of a load (入库进度条): what is being done, rows, rate, and the time that is left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from api.cli.terminal import progress
from layers.watch import Step, Told

__all__ = ["ingest_bar"]

_WORDS = {
    "wait": "waiting for another load of the layer",
    "read": "reading",
    "check": "checking",
    "write": "writing",
}


class _Rate(ProgressColumn):
    """Rows a second, while that is known."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} rows/s", style="progress.data.speed")


@contextmanager
def ingest_bar(name: str) -> Iterator[Told]:
    """A bar on stderr, where that is a terminal; yields what tells it of the progress."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("passed"),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=progress, transient=True, disable=not progress.is_terminal
    ) as bars:
        task, before = bars.add_task(name, total=None), "read"

        def told(step: Step, rows: int, total: int | None) -> None:
            nonlocal task, before
            if step != before:  # a task that knew its total keeps it
                bars.remove_task(task)
                task, before = bars.add_task(name, total=None), step
            words = f"{name}: {_WORDS[step]}"
            if step == "wait" and not progress.is_terminal:
                progress.print(words)
            bars.update(task, description=words, completed=rows, total=total)

        yield told
