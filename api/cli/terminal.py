"""What commands show to people (终端输出): answers on stdout, progress on stderr."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["Json", "answer", "print_json", "progress", "row_bar", "say", "step"]

# A table keeps its addresses whole, for copying, even where the terminal is narrow.
answer = Console(width=max(Console().width, 160))
progress = Console(stderr=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for programs.")]


@contextmanager
def step(words: str) -> Iterator[None]:
    """Tell that ``words`` is being done, and then how long it took."""
    begin = time.monotonic()
    with progress.status(words):
        yield
    progress.print(f"{words}: {time.monotonic() - begin:.1f} s")


def bars_on_stderr(*, beside_lines: bool = False) -> Progress:
    """Bars of what is done of a number, `beside_lines` of an answer on the same terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=progress,
        transient=True,
        disable=not progress.is_terminal,
        redirect_stdout=beside_lines,
    )


@contextmanager
def row_bar(words: str) -> Iterator[Callable[[int], None]]:
    """A bar that gets rows done so far."""
    with bars_on_stderr() as bars:
        task = bars.add_task(words, total=None)
        yield lambda rows: bars.update(task, completed=rows)


def say(line: str) -> None:
    """Print an answer of one line as it is."""
    answer.print(line, soft_wrap=True, markup=False, highlight=False)


def print_json(document: Mapping[str, object]) -> None:
    """Print ``document`` as it is, without colour or folding."""
    print(json.dumps(document, ensure_ascii=False, indent=2, default=_iso))


def _iso(value: Any) -> str:
    return str(value.isoformat())
