"""Errors of filters (过滤条件错误)."""

from __future__ import annotations

from cim.errors.root import CimError


class FilterInvalid(CimError, ValueError):
    """A filter cannot be read, or asks for what there is not.

    place   the character of a text, counted from 1, or the JSON pointer of a document
    reason  what is wrong there
    """

    def __init__(self, place: int | str, reason: str) -> None:
        where = f"character {place}" if isinstance(place, int) else (place or "the top")
        super().__init__(f"at {where}: {reason}")
        self.place = place
        self.reason = reason


class PropertyUnknown(FilterInvalid):
    """A filter names a property that there is not."""
