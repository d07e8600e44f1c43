"""Ground between features that belongs to none of them (缝隙), enclosed by them.

What a tile leaves free falls into pieces. A piece within the tile is a gap; one that reaches its
border may go on in the next tile, and is kept until all tiles were seen. A piece that is much wider
than gaps are is a part of none, and only where it meets the border is kept: what is connected with
it there is no gap either. So memory does not grow with the free ground around a layer.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from cim import metres
from layers.coverage.tiling import Box

_MUCH = 4  # times as wide as a gap, which may be wider in one tile than in another


class Gaps:
    """Gaps no wider than that, in metres, of tile after tile in degrees."""

    def __init__(self, width: float) -> None:
        self._width = width
        self._pieces: list[Any] = []
        self._open: list[Any] = []

    def of_tile(
        self, box: Box, shapes: NDArray[Any], edges_loose: NDArray[np.bool_]
    ) -> NDArray[Any]:
        """The gaps within a tile, whose areas these are; the others come at the `end`."""
        pieces = _free(box, shapes, edges_loose)
        widths = metres.widths(metres.in_metres(pieces))
        west, south, east, north = shapely.bounds(pieces).T
        reaches = (
            (west <= box.west) | (south <= box.south) | (east >= box.east) | (north >= box.north)
        )
        wide = widths > _MUCH * self._width
        self._pieces.extend(pieces[reaches & ~wide])
        border = shapely.boundary(box.shape())
        self._open.extend(shapely.intersection(shapely.boundary(pieces[reaches & wide]), border))
        return np.asarray(pieces[~reaches & (widths <= self._width)])

    def end(self, boxes: Sequence[Box]) -> Iterator[Any]:
        """The gaps across the borders of the tiles, which were these."""
        if not self._pieces:
            return
        around = shapely.boundary(shapely.union_all([box.shape() for box in boxes]))
        free = shapely.STRtree([*self._open, around])
        merged = shapely.get_parts(shapely.union_all(self._pieces))
        for gap in merged[metres.widths(metres.in_metres(merged)) <= self._width]:
            meets = free.geometries[free.query(gap, predicate="intersects")]
            if not shapely.length(shapely.intersection(gap, meets)).sum() > 0:
                yield gap


def _free(box: Box, shapes: NDArray[Any], edges_loose: NDArray[np.bool_]) -> NDArray[Any]:
    """The pieces of a box that no area has."""
    # Areas whose edges fit are joined at a tenth of the cost.
    joined = [shapely.coverage_union_all(shapes[~edges_loose]), *shapes[edges_loose]]
    left = shapely.difference(box.shape(), shapely.union_all(joined))
    pieces = shapely.get_parts(left)
    return np.asarray(pieces[shapely.get_dimensions(pieces) == 2])
