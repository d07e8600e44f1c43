"""From one grid to another (网格互换): exact twins, and overlaps with their shares.

Seven levels of the BeiDou grid are levels of GeoSOT, cell for cell:

======  ==  ==  ==  ====  ====  =====  ======
BeiDou  4   5   6   7     8     9      10
GeoSOT  15  19  20  23    26    29     32
cell    1'  4"  2"  1/4"  1/32" 1/256" 1/2048"
======  ==  ==  ==  ====  ====  =====  ======

All other pairs of levels, and H3, only overlap; `overlaps` gives the cells of another grid that a
cell shares area with, and how much of its area lies in each.

>>> to_geosot("N48H67171CA372"), to_beidou("G001123223-032332-312031.31")
('G001123223-032332-312031.31', 'N48H67171CA372')
>>> [(found.code, round(found.share, 4)) for found in overlaps("N50J475", "geosot", 12)][:2]
[('G001310322-221', 0.04), ('G001310322-230', 0.3202)]
>>> to_geosot("N50J475")
Traceback (most recent call last):
...
gridcode.errors.LevelError: level 3 of beidou is no level of geosot in 'N50J475'; \
allowed: 4, 5, 6, 7, 8, 9, 10
"""

from __future__ import annotations

from typing import Any, NamedTuple, overload

import numpy as np
import shapely
from numpy.typing import NDArray

from gridcode.cell import system as system_of
from gridcode.cover import LIMIT, cover
from gridcode.cover.grid import grid
from gridcode.errors import LevelError

__all__ = ["TWINS", "Share", "overlaps", "to_beidou", "to_geosot"]

TWINS = {4: 15, 5: 19, 6: 20, 7: 23, 8: 26, 9: 29, 10: 32}
"""BeiDou level: GeoSOT level of the same cells."""


class Share(NamedTuple):
    """A cell of another grid, and the part of the area of the first cell that lies in it."""

    code: str
    share: float


@overload
def to_geosot(code: str) -> str: ...
@overload
def to_geosot(code: NDArray[Any]) -> NDArray[Any]: ...
def to_geosot(code: Any) -> Any:
    """The GeoSOT twin of a BeiDou cell of level 4 to 10.

    A code gives a code; an array (n,) of codes ASCII, of numbers (int64) numbers.  LevelError for
    other levels.
    """
    return _twin(code, ("beidou", "geosot"), TWINS)


@overload
def to_beidou(code: str) -> str: ...
@overload
def to_beidou(code: NDArray[Any]) -> NDArray[Any]: ...
def to_beidou(code: Any) -> Any:
    """The BeiDou twin of a GeoSOT cell of level 15, 19, 20, 23, 26, 29 or 32; as `to_geosot`."""
    return _twin(code, ("geosot", "beidou"), {there: here for here, there in TWINS.items()})


def _twin(code: Any, systems: tuple[str, str], twins: dict[int, int]) -> Any:
    source, target = (grid(name) for name in systems)
    column = np.array([code]) if isinstance(code, str) else np.asarray(code)
    as_numbers = column.dtype.kind in "iu"
    numbers = column.astype(np.int64) if as_numbers else source.integers_of(column)
    levels = source.levels_of(numbers)
    found = np.empty_like(numbers)
    for level in np.unique(levels).tolist():
        rows = np.flatnonzero(levels == level)
        if level not in twins:
            text = source.texts_of(numbers[rows[:1]])[0].decode()
            raise LevelError(
                f"level {level} of {systems[0]} is no level of {systems[1]}",
                text,
                None,
                ", ".join(map(str, twins)),
            )
        west, south, _, _ = source.sides(numbers[rows])
        lon, lat = source.axes(level)
        places = lon.above(west.astype(np.float64)), lat.above(south.astype(np.float64))
        found[rows] = target.integers_at(twins[level], *places)
    if as_numbers:
        return found
    texts = target.texts_of(found)
    return texts[0].decode() if isinstance(code, str) else texts


def overlaps(code: str, other: str, level: int, *, system: str = "beidou") -> list[Share]:
    """The cells of another grid that a cell shares area with, and the share of its area in each.

    Areas are those of the ellipsoid of CGCS2000: pieces are cut in the plane of longitude and
    latitude, where sides of cells are straight, and measured in its cylindrical equal-area
    projection.  Shares add up to 1.  TooManyCellsError if the other level is much too fine.
    """
    cell = system_of(system).decode(code)
    outline = cell.polygon()
    codes = cover(outline, level, "intersects", system=other, limit=LIMIT)
    shapes = [system_of(other).decode(found).polygon() for found in codes]
    areas = shapely.area(shapely.transform(shapely.intersection(shapes, outline), _equal_area))
    shares = areas / areas.sum()
    return [Share(*pair) for pair in zip(codes, shares.tolist(), strict=True) if pair[1] > 0]


_ECCENTRICITY = np.sqrt((2 - 1 / 298.257222101) / 298.257222101)


def _equal_area(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Degrees to a plane of true areas (Lambert's cylindrical projection of the ellipsoid)."""
    e = _ECCENTRICITY
    sine = np.sin(np.radians(places[:, 1]))
    height = (1 - e**2) * (sine / (1 - (e * sine) ** 2) + np.arctanh(e * sine) / e)
    return np.column_stack([places[:, 0], height])
