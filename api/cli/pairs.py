"""Options such as COLUMN=VALUE, given as often as needed (键值选项)."""

from __future__ import annotations

import typer

__all__ = ["pairs"]


def pairs(option: str, given: list[str] | None) -> dict[str, str]:
    """Values by what stands before the last =; a misuse where there is none, or one is twice."""
    split = [each.rpartition("=") for each in given or []]
    for name, equals, value in split:
        if not (name and equals and value):
            raise typer.BadParameter(f"{option} is COLUMN=…, not {name}{equals}{value!r}")
    if len({name for name, _, _ in split}) < len(split):
        raise typer.BadParameter(f"{option} names a column twice")
    return {name: value for name, _, value in split}
