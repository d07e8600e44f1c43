"""Errors of map styles (样式错误)."""

from __future__ import annotations

from collections.abc import Sequence

from cim.errors.root import CimError, UnknownEntry

MOST_FAULTS = 20  # of a document that are told


class StyleError(CimError):
    """Root of what cannot be done with a style."""


class StyleInvalid(StyleError, ValueError):
    """A style that breaks the rules of its encoding: each fault is a place and a reason."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        place, reason = faults[0]
        more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
        super().__init__(f"{place}: {reason}{more}")
        self.faults = list(faults[:MOST_FAULTS])


class UnknownStyle(UnknownEntry):
    """There is no style of this id, or none for this collection."""

    table = "style"


class StyleExists(StyleError):
    """A new style whose id is taken."""

    def __init__(self, style: str) -> None:
        super().__init__(f"there is a style {style!r}; PUT replaces it")


class StyleMade(StyleError):
    """A style that the program makes of its tables, which nobody can remove or rename."""

    def __init__(self, style: str) -> None:
        super().__init__(
            f"the style {style!r} is made from the class tables; PUT puts another in its place"
        )


class StyleMoved(StyleError):
    """The style is not the one that the writer has seen: somebody changed it meanwhile."""

    def __init__(self, style: str) -> None:
        super().__init__(
            f"the style {style!r} is not what If-Match or If-None-Match says; read it again"
        )
