"""What tests of formats look at: the rows that a file became, and what refused it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely

from layers.errors import RowsRefused
from layers.findings import Findings

Rows = list[dict[str, Any]]


class Found:
    """What was found in a file, and the rows of the layer that it became."""

    def __init__(self, findings: Findings, rows: Rows) -> None:
        self.findings = findings
        self.rows = rows
        self.shapes = [shapely.from_wkb(bytes.fromhex(row["geom"])) for row in rows]

    def __getitem__(self, column: str) -> list[Any]:
        return [row[column] for row in self.rows]


Take = Callable[..., Found]


def refused(take: Take, path: Path, **how: Any) -> list[tuple[int, str | None, str, str]]:
    """The problems that refuse a file: row, field, rule and reason."""
    with pytest.raises(RowsRefused) as error:
        take(path, **how)
    return sorted(
        [(one.row, one.field, one.rule, one.reason) for one in error.value.problems],
        key=lambda problem: problem[0],
    )


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path
