"""What commands show to people (终端输出): answers on stdout, progress on stderr."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console

__all__ = ["Json", "answer", "print_json", "progress", "say", "step"]

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


def print_json(document: Mapping[str, object]) -> None:
    """Print ``document`` as it is, without colour or folding."""
    print(json.dumps(document, ensure_ascii=False, indent=2))


def say(line: str) -> None:
    """Print one line as it is, however long."""
    answer.print(line, soft_wrap=True, markup=False, highlight=False)
