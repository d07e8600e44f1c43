"""Roots of the errors of ``cim`` (错误之根)."""

from __future__ import annotations


class CimError(Exception):
    """Root of all errors of the package."""


class UnknownEntry(CimError, LookupError):
    """A table of ours has no such row.

    table  what was looked up, in words
    key    the key that is not there
    """

    table = "entry"

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key

    def __str__(self) -> str:
        return f"no {self.table} {self.key!r}"
