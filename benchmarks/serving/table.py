"""The table that is printed: ratios first (结果表)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from serving.load import Measured
from serving.questions import Question

_HEAD = ("", "/ pygeoapi", "/ tipg", "/ bare", "ours", "bare", "pygeoapi", "tipg")


def render(asked: Sequence[Question], found: Mapping[str, Mapping[str, Measured]]) -> str:
    """A Markdown table: ratios of ours, then requests a second (p99 in ms) of each."""
    rows = [_HEAD, tuple("---" for _ in _HEAD)]
    rows += [(question.name, *_cells(question.name, found)) for question in asked]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    return "\n".join(
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in rows
    )


def _cells(name: str, found: Mapping[str, Mapping[str, Measured]]) -> list[str]:
    ours = found["ours"][name]
    others = [found[server].get(name) for server in ("pygeoapi", "tipg", "bare")]
    ratios = [f"{ours.per_second / other.per_second:.2f}" if other else "" for other in others[2:]]
    times = [f"{ours.per_second / other.per_second:.1f}x" if other else "" for other in others[:2]]
    return [
        *times,
        *ratios,
        *(_speed(found[s].get(name)) for s in ("ours", "bare", "pygeoapi", "tipg")),
    ]


def _speed(measured: Measured | None) -> str:
    return f"{measured.per_second:,.0f} ({measured.p99_ms:.1f})" if measured else ""
