"""What can be wrong with a grid code, a coordinate or a request (错误).

::

    GridCodeError (ValueError)
    ├── CoordinateError        a coordinate that cannot be read or is off the earth
    ├── LevelError             a level that the grid, or the call, does not have
    ├── CodeError              a text that is not a code
    │   ├── LengthError        no code has this length
    │   └── SymbolError        a character that may not stand where it stands
    ├── PolarError             a cell of the polar caps that the standard leaves open
    ├── OffsetError            a target that a reference code cannot reach
    ├── PlaceNameError         a place name that is not registered, or registered twice
    ├── MixedSystemsError      cells of two grids where one grid is needed
    └── TooManyCellsError      a cover with more cells than the caller allows

Every error keeps what it is about: ``text`` (the offending text), ``position`` (0-based, in that
text), ``allowed`` (what would have been right) and, for columns, ``row`` (0-based); all of them
stand in the message too.  Errors survive pickling, since workers of a distributed dataframe raise
them.
"""

from __future__ import annotations

__all__ = [
    "CodeError",
    "CoordinateError",
    "GridCodeError",
    "LengthError",
    "LevelError",
    "MixedSystemsError",
    "OffsetError",
    "PlaceNameError",
    "PolarError",
    "SymbolError",
    "TooManyCellsError",
]


class GridCodeError(ValueError):
    """The root: what is wrong, in which text, at which place, and what was allowed."""

    def __init__(
        self,
        problem: str,
        text: str = "",
        position: int | None = None,
        allowed: str = "",
        row: int | None = None,
    ) -> None:
        super().__init__(problem, text, position, allowed, row)
        self.problem = problem
        self.text = text
        self.position = position
        self.allowed = allowed
        self.row = row

    def __str__(self) -> str:
        where = f" in {self.text!r}" if self.text else ""
        if self.position is not None:
            where += f" at position {self.position}"
        allowed = f"; allowed: {self.allowed}" if self.allowed else ""
        return f"{self.problem}{where}{allowed}"


class CoordinateError(GridCodeError):
    """A coordinate that cannot be read or is off the earth."""


class LevelError(GridCodeError):
    """A level that the grid, or the call, does not have."""


class CodeError(GridCodeError):
    """A text that is not a code."""


class LengthError(CodeError):
    """No code has this length."""


class SymbolError(CodeError):
    """A character that may not stand where it stands."""


class PolarError(GridCodeError):
    """A cell of the polar caps that the standard leaves open."""


class OffsetError(GridCodeError):
    """A target that a reference code cannot reach."""


class PlaceNameError(GridCodeError):
    """A place name that is not registered, or registered twice."""


class MixedSystemsError(GridCodeError):
    """Cells of two grids where one grid is needed."""


class TooManyCellsError(GridCodeError):
    """A cover with more cells than the caller allows."""
