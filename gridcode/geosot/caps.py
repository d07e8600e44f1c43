"""The polar caps of GeoSOT (极区剖分, GB/T 40087-2021): levels 8, 9 and 10 from 88 degrees on.

The standard makes all that lies beyond 88 degrees one cell of level 8, cuts it into four of level
9 and sixteen of level 10, and only sketches the rest: deeper levels raise `PolarError`.
``caps.csv`` holds the cells of the north; the southern ones are mirrored, their first digit is 2
more.  The kin of a cap is the standard's, not the beginning of the code: P03, G1020220020, is a
part of P0, G002022002.  Above level 8 the earth beyond 88 degrees is cut like the rest, so the
cap, which goes around the earth, has the earth (G) as its only ancestor.

>>> write(Angle(0, False), Angle(90 * 7372800, True), 10)
'G202022002-2'
>>> parent("G102022002-0", 9)
'G002022002'
>>> children("G202022001", 10)
['G202022001-0', 'G302022001-0', 'G202022001-2', 'G302022001-2']
>>> parent("G00202200", 7)
Traceback (most recent call last):
...
gridcode.errors.PolarError: a polar cap lies in no cell of level 7 in 'G00202200'; \
allowed: 0, 8 and 9
"""

from __future__ import annotations

from gridcode.cap import CapCell
from gridcode.cell import ExactBounds
from gridcode.coordinates import Angle
from gridcode.errors import PolarError, SymbolError
from gridcode.geosot.index import Index, punctuate
from gridcode.geosot.levels import CAP_LEVEL, CAP_START, rows_of

__all__ = [
    "CELLS",
    "MAX_CAP_LEVEL",
    "bounds",
    "cells",
    "check",
    "children",
    "is_polar",
    "parent",
    "touching",
    "write",
]

MAX_CAP_LEVEL = 10


def _mirror(code: str) -> str:
    return f"G{int(code[1]) + 2}{code[2:]}"


_ROWS = rows_of("caps.csv")
_NORTH = {
    "G" + punctuate(row["code"][1:]): CapCell(
        int(row["west"]), int(row["east"]), int(row["from_minute"]), int(row["to_minute"])
    )
    for row in _ROWS
}
CELLS = _NORTH | {_mirror(code): cell for code, cell in _NORTH.items()}
_BY_NAME = dict(zip((row["name"] for row in _ROWS), _NORTH, strict=True))
_PARENTS = {
    code: _BY_NAME[row["parent"]] for code, row in zip(_NORTH, _ROWS, strict=True) if row["parent"]
}
_PARENTS |= {_mirror(code): _mirror(above) for code, above in _PARENTS.items()}


def is_polar(lat: Angle, level: int) -> bool:
    """Whether a point of this latitude has a cap for its cell of this level."""
    return level >= CAP_LEVEL and lat.units >= CAP_START


def level_of(code: str) -> int:
    """The level of a code in printed form."""
    return len(code.replace("-", "").replace(".", "")) - 1


def cells(level: int, south: bool) -> list[str]:
    """The codes of one cap at a level, in the order of the standard's names."""
    return [code for code in CELLS if level_of(code) == level and is_south(code) == south]


def is_south(code: str) -> bool:
    """Which cap."""
    return code[1] in "23"


def write(lon: Angle, lat: Angle, level: int) -> str:
    """The code of the cell of level 8 to 10 that owns a point of a cap; PolarError below."""
    if level > MAX_CAP_LEVEL:
        raise _deeper(level)
    return next(code for code in cells(level, lat.negative) if CELLS[code].holds(lon, lat))


def _deeper(level: int, text: str = "") -> PolarError:
    return PolarError(
        f"a polar cap has no level {level}: the standard only sketches it",
        text,
        None,
        f"levels 0 to {MAX_CAP_LEVEL} from 88 degrees to the pole",
    )


def check(index: Index) -> None:
    """SymbolError if a cell beyond 88 degrees is none of the table, PolarError if it is deeper."""
    code = index.at(min(index.level, MAX_CAP_LEVEL)).code
    if code not in CELLS:
        allowed = ", ".join(cells(level_of(code), is_south(code)))
        raise SymbolError("the polar cap has no such cell", index.code, CAP_LEVEL, allowed)
    if index.level > MAX_CAP_LEVEL:
        raise _deeper(index.level, index.code)


def bounds(code: str) -> ExactBounds:
    """The exact place of a cell in degrees; west > east for those across the antimeridian."""
    return CELLS[code].bounds(is_south(code))


def parent(code: str, level: int) -> str:
    """The ancestor; PolarError for levels 1 to 7."""
    if level == 0:
        return "G"
    if level < CAP_LEVEL:
        raise PolarError(f"a polar cap lies in no cell of level {level}", code, None, "0, 8 and 9")
    while level_of(code) > level:
        code = _PARENTS[code]
    return code


def children(code: str, level: int) -> list[str]:
    """The descendants at a level, 9 or 10; PolarError below."""
    if level > MAX_CAP_LEVEL:
        raise _deeper(level, code)
    own = level_of(code)
    return [other for other in cells(level, is_south(code)) if parent(other, own) == code]


def touching(code: str, diagonal: bool) -> list[str]:
    """The other cells of the cap that share a side, or with diagonal a corner."""
    return [
        other
        for other in cells(level_of(code), is_south(code))
        if other != code and CELLS[other].touches(CELLS[code], diagonal)
    ]
