"""Areas that two features share (重叠): found among the areas of a tile, in degrees.

>>> import shapely
>>> shapes = shapely.box([0, 1, 1.9], [0, 0, 0], [1, 2, 3], [1, 1, 1])
>>> [(pair.one, pair.other, pair.shape.bounds) for pair in overlaps(shapes, loose(shapes))]
[(1, 2, (1.9, 0.0, 2.0, 1.0))]
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

_AT_ONCE = 20_000  # pairs that are intersected at once


class Pair(NamedTuple):
    """Places of two areas, and what they share."""

    one: int
    other: int
    shape: Any


def loose(shapes: NDArray[Any]) -> NDArray[np.bool_]:
    """Which areas have edges that are not quite a neighbour's, and not free either.

    Of two areas that overlap at least one has. So have areas that only lack a vertex on the border
    of their neighbour.
    """
    if not len(shapes):
        return np.zeros(0, bool)
    return np.asarray(~shapely.is_empty(shapely.coverage_invalid_edges(shapes)))


def overlaps(shapes: NDArray[Any], edges_loose: NDArray[np.bool_]) -> Iterator[Pair]:
    """Pairs of areas that share some area, each pair once."""
    suspected = np.flatnonzero(edges_loose)
    if not len(suspected):
        return
    tree = shapely.STRtree(shapes)
    for some in np.array_split(suspected, len(suspected) // 500 + 1):
        one, other = tree.query(shapes[some])
        one = some[one]
        # A pair of two that are suspected is found from both.
        wanted = (one != other) & (~edges_loose[other] | (one < other))
        one, other = one[wanted], other[wanted]
        for at in range(0, len(one), _AT_ONCE):
            yield from _shared(shapes, one[at : at + _AT_ONCE], other[at : at + _AT_ONCE])


def _shared(
    shapes: NDArray[Any], one: NDArray[np.int64], other: NDArray[np.int64]
) -> Iterator[Pair]:
    common = shapely.intersection(shapes[one], shapes[other])
    for i in np.flatnonzero(shapely.area(common) > 0).tolist():
        first, second = sorted((int(one[i]), int(other[i])))
        yield Pair(first, second, areas_of(common[i]))


def areas_of(shape: Any) -> Any:
    """The parts of a shape that have an area."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    parts = parts[shapely.get_dimensions(parts) == 2]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
