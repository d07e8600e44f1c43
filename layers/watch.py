"""Whoever looks on while a file is loaded (入库进度)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from layers.findings import Findings

Step = Literal["wait", "read", "check", "write"]
Told = Callable[[Step, int, int | None], None]


def _silent(step: Step, rows: int, total: int | None) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Watch:
    """`progress(step, rows, total)` is called now and then; `findings` are there for the report.

    `rows` are those done in the step, of `total` where that is known.
    """

    progress: Told = _silent
    findings: Findings = field(default_factory=Findings)
