"""Reference codes and short codes (参考网格码与短码, GB/T 39409-2020 clauses 7 and 8).

A reference code names a cell near a known one: the known cell, level 5 or finer, a hyphen, and the
offset to the target in cells of that level, one character for longitude and one for latitude:
``0`` to ``7`` towards east or north, ``A`` to ``G`` for 1 to 7 towards west or south, in every
quadrant.  For a target of a finer level, one pair of column and row within the cell follows for
each level between.  A short code is the same with a registered place name for the known cell.

Open in the standard, and chosen here: below the level of the known cell the pair is the column and
row of the target's own code, counted away from the equator and Greenwich (the standard draws the
northeast alone), two characters at level 6 as well.

>>> encode("N50J475493E", "N50J475491E"), decode("N50J475493E-B0")
('N50J475491E-20', 'N50J475491E')
>>> encode("N50J475493E255", "N50J475491E")
'N50J475491E-20-01-55'
>>> names = PlaceNames({"求是塔": "N50J475491E"})
>>> names.encode("N50J475493E", "求是塔"), names.decode("求是塔-20")
('求是塔-20', 'N50J475493E')
>>> encode("N50J47549AE", "N50J475491E")
Traceback (most recent call last):
...
gridcode.errors.OffsetError: 9 cells east and 0 north are out of reach in 'N50J47549AE'; \
allowed: 7 cells each way of level 5
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gridcode.beidou import caps
from gridcode.beidou.index import Index, read, write
from gridcode.beidou.levels import LEVELS, MAX_LEVEL
from gridcode.beidou.text import compact, level_of, validate
from gridcode.errors import LevelError, OffsetError, PlaceNameError, SymbolError

__all__ = ["MIN_LEVEL", "REACH", "PlaceNames", "decode", "encode"]

MIN_LEVEL = 5
REACH = 7
_EAST_NORTH, _WEST_SOUTH = "01234567", "0ABCDEFG"
_OFFSET = _EAST_NORTH + _WEST_SOUTH[1:]


def encode(code: str, reference: str) -> str:
    """The reference code of a cell, seen from a reference cell of the same or a higher level.

    LevelError if the reference is above level 5 or below the cell, OffsetError beyond 7 cells.
    """
    known = _reference(reference)
    return f"{write(known)}-{_offset(code, known)}"


def decode(text: str) -> str:
    """The code of the cell that a reference code names."""
    text = compact(text)
    reference, hyphen, offset = text.partition("-")
    if not hyphen:
        raise SymbolError("a reference code has a hyphen", text, len(text), "-")
    return _restore(_reference(reference), offset, text)


class PlaceNames(Mapping[str, str]):
    """A register of place names (地名网格码表): names, and their cells of level 5 or finer.

    A name is registered once, is no code itself and has no hyphen, which ends it in a short code.
    """

    def __init__(self, cells: Mapping[str, str] | None = None) -> None:
        self._cells: dict[str, str] = {}
        for name, code in (cells or {}).items():
            self.register(name, code)

    def __getitem__(self, name: str) -> str:
        if name not in self._cells:
            raise PlaceNameError("no such place is registered", name)
        return self._cells[name]

    def __contains__(self, name: object) -> bool:
        return name in self._cells

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def register(self, name: str, code: str) -> None:
        """Add a place; PlaceNameError if the name is taken or cannot be one."""
        if not name or name != name.strip() or "-" in name:
            raise PlaceNameError("this cannot be a place name", name, None, "text without hyphens")
        if name in self._cells:
            raise PlaceNameError(f"the name is taken by {self._cells[name]}", name)
        self._cells[name] = write(_reference(code))

    def encode(self, code: str, name: str) -> str:
        """The short code of a cell, seen from a registered place."""
        return f"{name}-{_offset(code, read(self[name]))}"

    def decode(self, text: str) -> str:
        """The code of the cell that a short code names."""
        name, hyphen, offset = text.strip().partition("-")
        if not hyphen:
            raise SymbolError("a short code has a hyphen", text, len(text), "-")
        offset = compact(offset)
        return _restore(read(self[name]), offset, f"{name}-{offset}")


def _reference(code: str) -> Index:
    text = validate(code)
    if level_of(text) < MIN_LEVEL:
        raise LevelError(
            f"a reference of level {level_of(text)} is too large", text, None, "level 5 to 10"
        )
    return read(text)


def _offset(code: str, known: Index) -> str:
    text = validate(code)
    if level_of(text) < known.level:
        raise LevelError(
            f"the target's level {level_of(text)} is above the reference",
            text,
            None,
            f"level {known.level} to {MAX_LEVEL}",
        )
    target = read(text)
    east, north = _steps(known, target.at(known.level))
    if max(abs(east), abs(north)) > REACH:
        raise OffsetError(
            f"{east} cells east and {north} north are out of reach",
            text,
            None,
            f"{REACH} cells each way of level {known.level}",
        )
    return "-".join([_symbol(east) + _symbol(north), *_inner(target, known.level)])


def _steps(start: Index, stop: Index) -> tuple[int, int]:
    """Cells east and north from one cell to another of its level, the short way around."""
    half = LEVELS[start.level - 1].lon_count
    east = (stop.column - start.column + half) % (2 * half) - half
    return east, stop.row - start.row


def _symbol(steps: int) -> str:
    return _EAST_NORTH[steps] if steps >= 0 else _WEST_SOUTH[-steps]


def _inner(target: Index, above: int) -> Iterator[str]:
    """Column and row within the parent, level by level below the reference."""
    for row in LEVELS[above : target.level]:
        cell = target.at(row.level)
        yield f"{cell.x % row.lon_split}{cell.y % row.lat_split}"


def _restore(known: Index, offset: str, text: str) -> str:
    start = text.find("-") + 1
    first, *inner = offset.split("-")
    if not re.fullmatch(f"[{_OFFSET}]{{2}}", first):
        raise SymbolError(f"{first!r} is no offset", text, start, f"two of {_OFFSET}")
    cell = _moved(known, (_read_steps(first[0]), _read_steps(first[1])), text)
    for number, pair in enumerate(inner):
        cell = _within(cell, pair, text, start + 3 * (number + 1))
    return write(cell)


def _read_steps(symbol: str) -> int:
    found = _EAST_NORTH.find(symbol)
    return found if found >= 0 else -_WEST_SOUTH.index(symbol)


def _moved(known: Index, steps: tuple[int, int], text: str) -> Index:
    cell = Index.placed(known.level, known.column + steps[0], known.row + steps[1])
    if caps.is_polar(cell.corner[1]):
        raise OffsetError("the offset leads into a polar cap", text, None, "cells below 88 degrees")
    return cell


def _within(cell: Index, pair: str, text: str, position: int) -> Index:
    if cell.level == MAX_LEVEL:
        raise LevelError("a reference code goes on below level 10", text, position, "0 to 10")
    row = LEVELS[cell.level]
    columns, rows = _EAST_NORTH[: row.lon_split], _EAST_NORTH[: row.lat_split]
    if not re.fullmatch(f"[{columns}][{rows}]", pair):
        raise SymbolError(
            f"{pair!r} is no cell of level {row.level}", text, position, f"one of {columns}, twice"
        )
    x, y = (row.lon_split * cell.x + int(pair[0]), row.lat_split * cell.y + int(pair[1]))
    return Index(row.level, cell.south, cell.west, x, y)
